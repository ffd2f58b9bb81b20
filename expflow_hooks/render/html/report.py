"""The folder of a report: the leaderboard as index.html, and a page for each run whose history is known."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from hashlib import blake2b

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.files import replace_file
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.ranking.difference import Difference, Side, compare
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.registry.codec import decode_experiment, encode_record
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.history import HistoryLine, revisions
from expflow_hooks.render.html.board import page
from expflow_hooks.render.html.run import run_page

INDEX = "index.html"
_RUNS = "runs"
_PLAIN_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")  # no upper case: some file systems hold A and a to be one
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def write_report(
    folder: str,
    ranking: Ranking,
    source: str,
    histories: Mapping[str, list[HistoryLine]],
    metrics: Metrics,
    title: str = "Leaderboard",
) -> None:
    """Write a leaderboard and the pages of its runs into a folder, which is made where it is not there.

    Each run's page shows the difference to the best, where the best's history is known too. Raises UnreadableError for
    a folder that cannot be written.
    """
    made = f"made {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC"
    _write(folder, INDEX, page(ranking, source, title, lambda name: address(name) if name in histories else None, made))
    best = ranking.ranked[0].experiment_id if ranking.ranked else ""
    for name, history in histories.items():
        beside = _beside(histories.get(best, ()), history, metrics) if name != best else None
        _write(folder, address(name), run_page(history, revisions(history), beside, f"../{INDEX}"))


def address(experiment_id: str) -> str:
    """Return the file of a run's page: its id where every file system accepts that as a name, else a digest of it."""
    if _PLAIN_ID.fullmatch(experiment_id) and experiment_id.split(".")[0] not in _DEVICES:
        return f"{_RUNS}/{experiment_id}.html"
    digest = blake2b(experiment_id.encode("utf-8", "surrogatepass"), digest_size=6, person=b"expflow-run").hexdigest()
    return f"{_RUNS}/_{digest}.html"


def _beside(best: Sequence[HistoryLine], history: Sequence[HistoryLine], metrics: Metrics) -> Difference | None:
    if not best:
        return None
    first, second = _present(best), _present(history)
    return compare(Side(first, [first]), Side(second, [second]), metrics)


def _present(history: Sequence[HistoryLine]) -> Experiment:
    return decode_experiment(encode_record(history[-1].record))


def _write(folder: str, name: str, text: str) -> None:
    path = os.path.join(folder, *name.split("/"))
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        replace_file(path, text.encode("utf-8", "backslashreplace"), follow=False)
    except OSError as error:
        raise UnreadableError(f"cannot write {path}: {error.strerror}") from None
