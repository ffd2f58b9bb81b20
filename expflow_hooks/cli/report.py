"""`expflow-hooks report`: the leaderboard as a page, and a page a run."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime, timezone
from hashlib import blake2b
from typing import Any

import click

from expflow_hooks.cli.compare import query_options, ranked
from expflow_hooks.cli.options import policy, source_option
from expflow_hooks.core.errors import OK, UNREADABLE, UnreadableError
from expflow_hooks.core.files import replace_file
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.difference import Difference, Side, compare
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.registry.codec import decode_experiment, encode_record
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.history import HistoryLine, revisions
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.wording import counted
from expflow_hooks.render.html.board import MOST_BELOW, page, summary
from expflow_hooks.render.html.run import run_page
from expflow_hooks.render.output import emit
from expflow_hooks.sources.open import is_registry, registry_to_read

MOST_ROWS = 1000
"""How many ranked rows a page has where neither `--top` nor the policy says."""

_RUNS = "runs"
_PLAIN_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")  # no upper case: some file systems hold A and a to be one
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


@click.command("report", epilog="Example: expflow-hooks report --output report --sort-by pde_mean")
@source_option
@query_options
@click.option("--output", "-o", "folder", default="report", show_default=True, metavar="DIR", help="The folder.")
@click.option("--title", default="Leaderboard", show_default=True, help="The page's heading.")
def command(folder: str, title: str, **options: Any) -> int:
    """Write the leaderboard as one self-contained page, index.html, and a page for each run.

    Nothing is loaded from anywhere, and it can be read whole without JavaScript.
    """
    rules = policy()
    top = options["top"] or rules.leaderboard.top or MOST_ROWS
    ranking, source = ranked(rules, {**options, "top": top})
    lines = _lines(options["source"], ranking, rules)
    made = f"made {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC"
    text = page(ranking, source.name, title, lambda name: _address(name) if name in lines else None, made)
    _write(folder, "index.html", text)
    _write_runs(folder, ranking, lines, rules)
    emit(f"{os.path.join(folder, 'index.html')}: {summary(ranking)}; {counted(len(lines), 'page')} of runs\n")
    return UNREADABLE if source.unreadable() else OK


def _lines(source: str | None, ranking: Ranking, rules: Policy) -> dict[str, list[HistoryLine]]:
    """Return the lines of every run on the page; a server has none."""
    if not is_registry(source, rules):
        return {}
    shown = (*ranking.ranked, *ranking.below[:MOST_BELOW])
    wanted = {name for row in shown for name in row.runs}
    return Registry(registry_to_read(source, rules), indexed=True).histories(wanted)


def _address(experiment_id: str) -> str:
    """Return where a run's page stands: under its id where every file system takes that, else under a digest of it."""
    if _PLAIN_ID.fullmatch(experiment_id) and experiment_id.split(".")[0] not in _DEVICES:
        return f"{_RUNS}/{experiment_id}.html"
    digest = blake2b(experiment_id.encode("utf-8", "surrogatepass"), digest_size=6, person=b"expflow-run").hexdigest()
    return f"{_RUNS}/_{digest}.html"


def _write_runs(folder: str, ranking: Ranking, lines: dict[str, list[HistoryLine]], rules: Policy) -> None:
    best = _experiments([ranking.ranked[0].experiment_id] if ranking.ranked else [], lines)
    for name, history in lines.items():
        text = run_page(history, revisions(history), _beside(best, history, rules), "../index.html")
        _write(folder, _address(name), text)


def _beside(best: Sequence[Experiment], history: Sequence[HistoryLine], rules: Policy) -> Difference | None:
    run = _present(history)
    if not best or best[0].experiment_id == run.experiment_id:
        return None
    return compare(Side(best[0], [best[0]]), Side(run, [run]), rules.metrics)


def _experiments(names: Sequence[str], lines: dict[str, list[HistoryLine]]) -> list[Experiment]:
    return [_present(lines[name]) for name in names if name in lines]


def _present(history: Sequence[HistoryLine]) -> Experiment:
    return decode_experiment(encode_record(history[-1].record))


def _write(folder: str, name: str, text: str) -> None:
    path = os.path.join(folder, *name.split("/"))
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        replace_file(path, text.encode("utf-8", "backslashreplace"), follow=False)
    except OSError as error:
        raise UnreadableError(f"cannot write {path}: {error.strerror}") from None
