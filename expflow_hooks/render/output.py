"""How the command line writes: any terminal, any locale, a closed pipe, a full disk; and progress on a terminal."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.files import replace_file
from expflow_hooks.render.escape import terminal
from expflow_hooks.render.table import Style

if TYPE_CHECKING:
    from expflow_hooks.core.registry.reader import Progress, Unreadable

_PLAIN = {"─": "-", "✓": "+", "✗": "x", "–": "-", "≤": "<=", "≥": ">=", "↑": "^", "↓": "v", "…": "...", "→": "->"}
_colour = ["auto"]
_SHOW_PROGRESS_FROM = 16 << 20  # bytes: a tenth of a second


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in text), error.end


def prepare_streams() -> None:
    """Let output pass under any locale: our own signs have plain forms, other characters are escaped."""
    codecs.register_error("expflow", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="expflow")


def quiet(stream: TextIO | None) -> None:
    """Make the interpreter's last flush of a stream silent, after its reader went away or its disk took no more."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]


def emit(text: str, output: str | None = None) -> None:
    """Write a result to the file `output` or to standard output.

    A reader that went away (`| head`) is no error; raises UnreadableError if the file or the disk takes no more.
    """
    try:
        if output is not None:
            _replace(output, text.encode("utf-8", "backslashreplace"))
        elif sys.stdout is None:
            raise OSError(9, "it is closed")
        else:
            sys.stdout.write(text)
            sys.stdout.flush()
    except BrokenPipeError:
        quiet(sys.stdout)
    except (OSError, ValueError) as error:
        quiet(sys.stdout)
        where = output or "standard output"
        raise UnreadableError(f"cannot write {where}: {getattr(error, 'strerror', None) or error}") from None


def emit_bytes(data: bytes, output: str | None = None) -> None:
    """Write what is no text to the file `output` or to standard output, which a terminal is not for."""
    if output is None and (sys.stdout is None or sys.stdout.isatty()):
        raise UsageError("this is no text for a terminal: name a file with --output")
    try:
        if output is not None:
            _replace(output, data)
        elif sys.stdout is not None:
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
    except BrokenPipeError:
        quiet(sys.stdout)
    except OSError as error:
        quiet(sys.stdout)
        raise UnreadableError(f"cannot write {output or 'standard output'}: {error.strerror or error}") from None


def _replace(path: str, data: bytes) -> None:
    """Write a file whole or not at all; what is no file, such as a pipe, is written as it stands."""
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            file.write(data)
    else:
        replace_file(path, data)


def choose_colour(choice: str) -> None:
    """Take the choice of `--color`: `auto`, `always` or `never`."""
    _colour[0] = choice


def look(output: str | None = None) -> Style:
    """Return how text is to look where it goes: fitted and coloured on a terminal, plain in a file or a pipe.

    `NO_COLOR` and a dumb terminal take the colour away (https://no-color.org), `COLUMNS` says the width.
    """
    on_terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    colour = {"always": True, "never": False}.get(_colour[0], on_terminal and not plain)
    if not on_terminal:
        return Style(None, colour and output is None)
    return Style(terminal_size()[0], colour)


def terminal_size() -> tuple[int, int]:
    """Return the terminal's columns and lines, 80 and 24 where it does not tell."""
    import shutil

    size = shutil.get_terminal_size()
    return size.columns or 80, size.lines or 24  # Python 3.10 gives a terminal without a size as one of nothing


def page(text: str, output: str | None = None) -> None:
    """Write a long list: on a terminal that it does not fit, through the pager, as git does; else like `emit`."""
    both = output is None and sys.stdout is not None and sys.stdout.isatty() and sys.stdin and sys.stdin.isatty()
    if both and text.count("\n") >= terminal_size()[1]:
        import click

        os.environ.setdefault("LESS", "FRX")
        click.echo_via_pager(text)
        return
    emit(text, output)


def warn(message: str) -> None:
    """Write one line to standard error."""
    try:
        print(f"expflow-hooks: {terminal(message)}", file=sys.stderr, flush=True)
    except (OSError, ValueError, AttributeError):
        quiet(sys.stderr)


def warn_unreadable(source: str, unreadable: Sequence[Unreadable], most: int = 5) -> None:
    """Warn of the lines that could not be read, each by its number."""
    for line, why, file in unreadable[:most]:
        warn(f"{file or source}:{line}: unreadable line, {why}; the other lines count")
    if len(unreadable) > most:
        warn(f"{source}: {len(unreadable) - most} more unreadable lines; `expflow-hooks run verify` lists them")


def progress(source: str, unit: str = "bytes") -> Progress | None:
    """Return a reporter for long reads, or None where standard error is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    if unit != "bytes":
        return _counting(source, unit)
    last = [0.0]

    def report(done: int, total: int) -> None:
        now = time.monotonic()
        if total < _SHOW_PROGRESS_FROM or (now - last[0] < 0.1 and done < total):
            return
        last[0] = now
        end = "\r\x1b[K" if done >= total else ""
        sys.stderr.write(f"\rreading {terminal(os.path.basename(source))}  {100 * done // total:3d}%{end}")
        sys.stderr.flush()

    return report


def _counting(source: str, unit: str) -> Progress:
    """Return a reporter for a source that does not know how much there is: the count so far, wiped away at the end."""

    def report(done: int, total: int) -> None:
        sys.stderr.write("\r\x1b[K" if total else f"\rreading {terminal(source)}  {done} {unit}")
        sys.stderr.flush()

    return report
