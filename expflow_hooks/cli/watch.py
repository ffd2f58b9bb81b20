"""`expflow-hooks watch`: the ranking, drawn again while jobs run."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import Any

import click

from expflow_hooks.cli.compare import query_options, ranked
from expflow_hooks.cli.options import policy, source_option
from expflow_hooks.core.errors import OK, UnreadableError, UsageError
from expflow_hooks.core.registry.location import STDIN
from expflow_hooks.render.escape import terminal
from expflow_hooks.render.options import color_option
from expflow_hooks.render.output import emit, look, terminal_size, warn
from expflow_hooks.render.ranking import render_ranking

_FIRST, _REST, _LINE = "\x1b[H", "\x1b[J", "\x1b[K"  # to the first cell; clear to the end of the screen, of the line


@click.command("watch", epilog="Example: expflow-hooks watch --sort-by pde_mean --every 10")
@source_option
@query_options
@click.option(
    "--every", type=click.FloatRange(min=0.2), default=5, show_default=True, metavar="SECONDS", help="How often."
)
@color_option
def command(every: float, **options: Any) -> int:
    """Rank experiments and draw the ranking again while jobs run, until Ctrl-C.

    Where standard output is no terminal the ranking is printed once.
    """
    if options["source"] == STDIN:
        raise UsageError("standard input can be read once: name a file to watch")
    text = _drawn(options)
    if sys.stdout is None or not sys.stdout.isatty():
        emit(text)
        warn("standard output is no terminal, so the ranking is printed once")
        return OK
    try:
        while True:
            emit(_screen(text, every))
            time.sleep(every)
            text = _drawn_again(options, text)
    except KeyboardInterrupt:
        emit("\n")
        return OK


def _drawn(options: dict[str, Any]) -> str:
    ranking, source = ranked(policy(), options)
    return render_ranking(ranking, source.name, "text", look=look())


def _drawn_again(options: dict[str, Any], before: str) -> str:
    """Return the ranking as it is now; where the source cannot be read for a moment, the last one with the reason."""
    try:
        return _drawn(options)
    except UnreadableError as error:
        reason = f"could not look again: {terminal(str(error))}"
        return before if before.endswith(reason + "\n") else before + reason + "\n"


def _screen(text: str, every: float) -> str:
    """Return one screen of text, drawn over the last one without a flicker."""
    columns, height = terminal_size()
    lines = text.splitlines()
    room = max(height - 2, 1)
    if len(lines) > room:
        lines = [*lines[: room - 1], f"{len(lines) - room + 1} more lines; --top shows fewer"]
    lines.append(f"{datetime.now():%H:%M:%S}, again every {every:g} s; Ctrl-C ends")
    return _FIRST + "".join(f"{line[:columns] if line.isascii() else line}{_LINE}\n" for line in lines) + _REST
