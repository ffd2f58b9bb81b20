"""What training code calls: `record` and `report_standard` for an experiment, `compare_scores` to rank experiments."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from expflow_hooks.core.errors import ExpflowError, UsageError
from expflow_hooks.core.metrics.gates import Gate
from expflow_hooks.core.metrics.standard import STANDARD_METRICS, check_standard
from expflow_hooks.core.policy.load import load_policy
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.ranking.query import GroupBy
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.core.results import ExperimentRecord, RankingResult
from expflow_hooks.render.ranking import ranking_json
from expflow_hooks.sources.base_group import to_compare
from expflow_hooks.sources.open import open_source, registry_path

if TYPE_CHECKING:
    from expflow_hooks.core.registry.record import Json, Number, State
    from expflow_hooks.core.registry.writer import Writer
    from expflow_hooks.sources.clearml.report import Report


@lru_cache(maxsize=8)
def _writer(path: str) -> Writer:
    """Return the one writer of a path: it remembers how far it knows the file, so that appending stays cheap."""
    from expflow_hooks.sources.writing import open_writer

    return open_writer(path)


def record(
    experiment_id: str,
    *,
    status: State | None = None,
    metrics: Mapping[str, Number] | None = None,
    params: Mapping[str, object] | None = None,
    tags: str | Iterable[str] | None = None,
    registry: str | os.PathLike[str] | None = None,
    replace: bool = False,
    **fields: Json,
) -> ExperimentRecord:
    """Add to what the registry has of an experiment and return the record as written.

    `metrics` are numbers in the metric's unit, `params` {path: value}, nested or flat: a key that is given replaces
    that key, all else stays; `replace` starts the record anew. Further fields (`name`, `project`, `commit`) are kept as
    they are. Without a status, an experiment is completed once it has metrics, and running before. Commit, branch,
    dirty and code are git's at the record that says running, else at the first one.

    Raises UsageError (a ValueError) for an unknown state or a value that JSON cannot hold, UnreadableError if the line
    cannot be written. Warns (ExpflowWarning) of names that are nearly known ones and of numbers that do not count.
    """
    from expflow_hooks.operations.recording import Surroundings, append_records

    policy = load_policy()
    path = registry_path(None if registry is None else os.fspath(registry), policy)
    named = {"status": status, "metrics": metrics, "params": params, "tags": tags}
    given = {"experiment_id": experiment_id, **named, **fields}
    (written,) = append_records(_writer(path), [given], Surroundings(path, policy), replace=replace)
    return cast("ExperimentRecord", written)


def compare_scores(
    source: str | None = None,
    *,
    project: str | None = None,
    tags: Iterable[str] = (),
    status: str | None = None,
    sort_by: str | None = None,
    ascending: bool | None = None,
    gates: Iterable[str | Gate] = (),
    group_by: GroupBy | None = None,
    base: str | None = None,
    top: int | None = None,
    policy: Policy | None = None,
) -> RankingResult:
    """Rank experiments by a metric and return what `compare-scores --format json` prints.

    `source` is a `.jsonl` path or `clearml`; `gates` read `pde_mean:lt:18.09`; `ascending` says that the smallest value
    is best, where the metric's own direction is not meant; `base` is what gates `pde_mean~base:lt:0` compare with, an
    experiment's id or a commit. What is not given comes from the policy.

    Raises UsageError for a bad gate or an unknown metric, UnreadableError for a source that cannot be read.
    """
    rules = policy if policy is not None else load_policy()
    query = make_query(
        rules,
        Selection(project, tuple(tags), status),
        sort_by=sort_by,
        ascending=ascending,
        gates=gates,
        group_by=group_by,
        top=top,
    )
    opened = open_source(source, rules, query)
    ranking = rank(*to_compare(opened, query, base))
    return ranking_json(ranking, opened.name, len(opened.unreadable()))


@overload
def report_standard(
    task: Any = ..., *, iteration: int | None = ..., timeout: float = ..., wait: Literal[True] = ..., **metrics: float
) -> dict[str, float]: ...
@overload
def report_standard(
    task: Any, *, iteration: int | None = ..., timeout: float = ..., wait: Literal[False], **metrics: float
) -> Report: ...
def report_standard(
    task: Any = None, *, iteration: int | None = None, timeout: float = 30.0, wait: bool = True, **metrics: float
) -> dict[str, float] | Report:
    """Check every name and value, then report them all; return what was reported once the server has it.

    `task` is a ClearML task, an object with a `report_scalar(title=, series=, value=, iteration=)` of its own, or None
    to check only. Units are those of `STANDARD_METRICS`. A task is reported at its last iteration unless `iteration`
    is given, since the server keeps the value of the highest one; and it is tagged, so that a real 0.0 is believed.
    With `wait=False` the answer is a handle, whose `close()` waits, as does the end of the interpreter.

    Raises ValueError for an unknown name or a value that does not count; nothing has been sent then. Raises
    UnreadableError where the server's last values or its tags are not the reported ones after `timeout` seconds.
    """
    reported = check_standard(metrics)
    own = None if task is None else getattr(task, "report_scalar", None)
    if task is not None and own is None:
        from expflow_hooks.sources.clearml.report import start_report

        report = start_report(task, reported, iteration, timeout, _clean_commit())
        return report.close() if wait else report
    if not wait:
        raise UsageError("wait=False goes with a ClearML task; here there is nothing to wait for")
    if own is not None:
        for name, value in reported.items():
            own(title=STANDARD_METRICS[name]["group"], series=name, value=value, iteration=iteration or 0)
    return reported


def _clean_commit() -> str | None:
    """Return the commit to which the work tree has no changes; None where it has some, or nobody can tell."""
    from expflow_hooks.git.provenance import provenance

    try:
        tree = provenance(registry_path(None, load_policy()))
    except ExpflowError:  # a broken policy is no reason to lose the numbers
        return None
    return tree.get("commit") if tree.get("dirty") is False else None
