"""What the commands do with one ClearML task, of the server or of an offline session: read it, show it, record it."""

from __future__ import annotations

from collections.abc import Sequence

from expflow_hooks.cli.options import policy
from expflow_hooks.core.errors import OK, UsageError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.registry.experiment import Experiment, Selection
from expflow_hooks.core.registry.history import HistoryLine
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.render.output import emit, warn
from expflow_hooks.sources.base import CLEARML, Reading
from expflow_hooks.sources.clearml.read import read_task
from expflow_hooks.sources.clearml.records import add_task, check_pair, record_of
from expflow_hooks.sources.open import choose, is_registry, open_source, registry_path, registry_to_read


def read_one(
    task_id: str,
    source: str | None,
    needed: Sequence[str] = (),
    *,
    dirty: bool = True,
    rules: Policy | None = None,
) -> tuple[Experiment, str]:
    """Return one task as an experiment and its source's name; show the warnings."""
    rules = rules or policy()
    chosen = choose(source, rules)
    if chosen == CLEARML:
        experiment, warnings = read_task(task_id, rules, needed, dirty=dirty)
    else:
        experiment, warnings = _of_session(task_id, chosen, rules)
    for warning in warnings:
        warn(warning)
    return experiment, chosen


def check_belonging(experiment_id: str, task_id: str, source: str | None) -> None:
    """Raise UsageError if the registry links the experiment to another task, or the task to another experiment."""
    rules = policy()
    if is_registry(source, rules):
        registry = Registry(registry_to_read(source, rules), missing_ok=source is None)
        check_pair(registry, experiment_id, task_id, linked=False)


def _of_session(task_id: str, path: str, rules: Policy) -> tuple[Experiment, list[str]]:
    query = make_query(rules, Selection())
    opened = open_source(path, rules, query, Reading(judged=False))
    found = {experiment.experiment_id: experiment for experiment in opened.experiments(None)}
    if task_id not in found:
        raise UsageError(f"no task {task_id[:80]!r} in {path}{did_you_mean(task_id, found)}")
    return found[task_id], opened.warnings


def task_as_line(task_id: str, source: str | None) -> list[HistoryLine]:
    """Return a task as the one line that a registry would have of it."""
    record, left_out = record_of(read_one(task_id, source)[0])
    _warn_left_out(task_id, left_out)
    return [HistoryLine(1, record)]


def add_from_task(task_id: str, file: str | None, source: str | None) -> int:
    """Add a registry record made from a task of the server; the one record of `file`, if given, goes over it."""
    from expflow_hooks.cli.records import read_records
    from expflow_hooks.sources.writing import open_writer

    given = read_records(file) if file is not None else [{}]
    if len(given) != 1:
        raise UsageError(f"{file}: {len(given)} records; with --task-id there is one at most")
    experiment, _ = read_one(task_id, CLEARML)
    writer = open_writer(registry_path(source, policy()))
    record, left_out = add_task(writer, experiment, given[0])
    _warn_left_out(task_id, left_out)
    emit(f"{record['experiment_id']} added to {writer.path}: {experiment.label}, {experiment.state}\n")
    return OK


def _warn_left_out(task_id: str, left_out: Sequence[str]) -> None:
    if left_out:
        warn(f"{task_id}: left out {', '.join(left_out)}: a 0.0 there may be a NaN; see trust_zero")
