"""What training code calls: `record` and `report_standard` for an experiment, `compare_scores` to rank experiments."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
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
from expflow_hooks.core.registry.location import is_folder
from expflow_hooks.core.results import ExperimentRecord
from expflow_hooks.render.notebook import ExperimentList, RankingTable
from expflow_hooks.sources.base_group import to_compare
from expflow_hooks.sources.open import open_source, registry_path

if TYPE_CHECKING:
    from expflow_hooks.core.registry.record import Json, Number, State
    from expflow_hooks.core.registry.writer import Writer
    from expflow_hooks.operations.tracking import Run
    from expflow_hooks.sources.clearml.report import PendingReport


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
    from expflow_hooks.operations.recording import Manner, Surroundings, append_records

    policy = load_policy()
    path = registry_path(None if registry is None else os.fspath(registry), policy)
    named = {"status": status, "metrics": metrics, "params": params, "tags": tags}
    given = {"experiment_id": experiment_id, **named, **fields}
    (written,) = append_records(_writer(path), [given], Surroundings(path, policy), Manner(replace=replace))
    return cast("ExperimentRecord", written)


def track(
    experiment_id: str,
    *,
    params: Mapping[str, object] | None = None,
    tags: str | Iterable[str] | None = None,
    task: Any = None,
    registry: str | os.PathLike[str] | None = None,
    folder: str | os.PathLike[str] = ".",
    **fields: Json,
) -> Run:
    """Return a run for a `with` statement: it is on the disk before its first step, and so is how it ended.

    It is recorded as running with `params`, commit and code; `run.report(pde_mean=15.0, ...)` checks, records and
    reports metrics; it ends as completed, as failed with the exception's type, or as stopped at SIGTERM and Ctrl-C.
    `train_time_min` is measured where nobody reported it. `task` is a ClearML task, an MLflow run, or an object with a
    `report_scalar(title=, series=, value=, iteration=)` of its own. `folder` is where the code is. A finished
    experiment of the same id starts anew; what an unfinished one said stays.

    Raises UsageError for what is no record, UnreadableError if the start cannot be written.
    """
    from expflow_hooks.operations.recording import Surroundings, check_record
    from expflow_hooks.operations.tracking import Run

    where = os.path.abspath(folder)
    policy = load_policy(where)
    path = registry_path(None if registry is None else os.fspath(registry), policy)
    path = os.path.abspath(path) + ("/" if is_folder(path) else "")  # the training may change the current folder
    given = {"experiment_id": experiment_id, "params": params, "tags": tags, **_ids(task), **fields}
    check_record({key: value for key, value in given.items() if value is not None})
    return Run(_writer(path), given, Surroundings(path, policy, where), None if task is None else partial(_send, task))


def _ids(task: Any) -> dict[str, str]:
    """Return the field that names a run of another tracker."""
    if run_id := getattr(getattr(task, "info", None), "run_id", None):
        return {"mlflow_run_id": str(run_id)}
    has_logger = task is not None and callable(getattr(task, "get_logger", None))
    return {"clearml_task_id": str(task.id)} if has_logger and getattr(task, "id", None) else {}


def _send(task: Any, metrics: Mapping[str, float], iteration: int | None) -> None:
    """Report metrics to a tracker; ClearML takes the standard ones, as `report_standard` does."""
    if run_id := _ids(task).get("mlflow_run_id"):
        from expflow_hooks.sources.mlflow.report import report

        report(run_id, metrics, iteration)
        return
    standard = {name: value for name, value in metrics.items() if name in STANDARD_METRICS}
    report_standard(task, iteration=iteration, wait=True, timeout=30.0, **standard)


def compare_scores(
    source: str | None = None,
    *,
    project: str | None = None,
    tags: str | Iterable[str] = (),
    status: str | None = None,
    sort_by: str | None = None,
    ascending: bool | None = None,
    gates: str | Gate | Iterable[str | Gate] = (),
    group_by: GroupBy | None = None,
    base: str | None = None,
    top: int | None = None,
    leaderboard: str | None = None,
    policy: Policy | None = None,
) -> RankingTable:
    """Rank experiments by a metric and return what `compare-scores --format json` prints.

    A notebook shows the mapping as a leaderboard; `to_pandas()` (extra `data`) and `to_csv()` give it to other tools.

    `source` is a `.jsonl` path or `clearml`; `gates` read `pde_mean:lt:18.09`; `ascending` says that the smallest value
    is best, where the metric's own direction is not meant; `base` is what gates `pde_mean~base:lt:0` compare with, an
    experiment's id or a commit. What is not given comes from the policy: of several leaderboards, from the one named.

    Raises UsageError for a bad gate or an unknown metric, UnreadableError for a source that cannot be read.
    """
    rules = policy if policy is not None else load_policy()
    if leaderboard or (rules.leaderboards and not sort_by):
        rules = rules.of_board(leaderboard)
    query = make_query(
        rules,
        Selection(project, (tags,) if isinstance(tags, str) else tuple(tags), status),
        sort_by=sort_by,
        ascending=ascending,
        gates=(gates,) if isinstance(gates, (str, Gate)) else gates,
        group_by=group_by,
        top=top,
    )
    opened = open_source(source, rules, query)
    ranking = rank(*to_compare(opened, query, base))
    return RankingTable(ranking, opened.name, len(opened.unreadable()))


def experiments(
    source: str | None = None,
    *,
    project: str | None = None,
    tags: str | Iterable[str] = (),
    status: State | None = None,
    where: str | Iterable[str] = (),
    since: str | None = None,
    policy: Policy | None = None,
) -> ExperimentList:
    """Return the records of experiments, each in its present state: a list that a notebook shows as a table.

    `source` is a `.jsonl` path, a folder of them or a tracker's SPEC; `where` holds conditions such as `lr<0.01`,
    `since` an age (`7d`) or a time. Deleted ones come only with `status="deleted"`. `to_pandas()` (extra `data`) and
    `to_csv()` have a column a field, a metric and a parameter.

    Raises UsageError for a condition that is none, UnreadableError for a source that cannot be read.
    """
    from expflow_hooks.core.registry.condition import parse_condition, parse_since
    from expflow_hooks.operations.listing import records_of

    conditions = [parse_condition(text) for text in ((where,) if isinstance(where, str) else where)]
    meant = Selection(
        project,
        (tags,) if isinstance(tags, str) else tuple(tags),
        status,
        conditions=(*conditions, *([parse_since(since)] if since else [])),
    )
    records, name = records_of(source, meant, policy if policy is not None else load_policy())
    kept = [one for one in records if status == "deleted" or one.get("status") != "deleted"]
    return ExperimentList(cast("list[ExperimentRecord]", kept), name)


@overload
def report_standard(
    task: Any = ..., *, iteration: int | None = ..., timeout: float = ..., wait: Literal[True] = ..., **metrics: float
) -> dict[str, float]: ...
@overload
def report_standard(
    task: Any, *, iteration: int | None = ..., timeout: float = ..., wait: Literal[False], **metrics: float
) -> PendingReport: ...
def report_standard(
    task: Any = None, *, iteration: int | None = None, timeout: float = 30.0, wait: bool = True, **metrics: float
) -> dict[str, float] | PendingReport:
    """Check every name and value, then report them all; return what was reported once the server has it.

    `task` is a ClearML task, an object with a `report_scalar(title=, series=, value=, iteration=)` of its own, or None
    to check only. Units are those of `STANDARD_METRICS`. A task is reported at its last iteration unless `iteration`
    is given, since the server keeps the value of the highest one; and it is tagged, so that a real 0.0 is believed.
    With `wait=False` the answer is a handle, whose `close()` waits, as does the end of the interpreter.

    Raises ValueError for an unknown name or a value that does not count; nothing has been sent then. Raises
    UnreadableError where the server's last values or its tags are not the reported ones after `timeout` seconds.
    """
    reported = check_standard(metrics)
    if wait and task is not None and (run_id := _ids(task).get("mlflow_run_id")):
        from expflow_hooks.sources.mlflow import report as mlflow

        mlflow.report(run_id, reported, iteration)
        return reported
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
    """Return the commit that the work tree equals; None where it has changes, or that cannot be determined."""
    from expflow_hooks.git.provenance import provenance

    try:
        tree = provenance(registry_path(None, load_policy()))
    except ExpflowError:  # a broken policy is no reason to lose the numbers
        return None
    return tree.get("commit") if tree.get("dirty") is False else None
