"""The team's ClearML server as a source: what the judge asks becomes one query, and the tasks become experiments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.reader import Progress
from expflow_hooks.sources.base import CLEARML, LAST, Reading, Source
from expflow_hooks.sources.clearml import times
from expflow_hooks.sources.clearml.at_best import at_best
from expflow_hooks.sources.clearml.client import Client
from expflow_hooks.sources.clearml.credentials import find_credentials
from expflow_hooks.sources.clearml.metrics import Flattening
from expflow_hooks.sources.clearml.query import DIFF, Wanted, metric_order, read_by_id, read_tasks
from expflow_hooks.sources.clearml.remarks import TRAIN_TIME, Remarks
from expflow_hooks.sources.clearml.task import STATES, to_experiment


def open_server(at: str, policy: Policy, query: Query, reading: Reading) -> Source:
    """Return the source that reads the environment's server; its SPEC is the name alone."""
    return open_clearml(policy, query, reading)


def open_clearml(
    policy: Policy,
    query: Query,
    reading: Reading = LAST,
    client: Client | None = None,
) -> Source:
    """Return the source that reads a ClearML server; nothing is asked before the experiments are read.

    Raises UnreadableError without credentials, UsageError for a state or a commit that is none.
    """
    how = flattening(policy.metrics, query, reading)
    server = client or open_client()
    wanted = _wanted(query, reading, how)
    source = Source(CLEARML, lambda progress: read(progress), unit="tasks")

    def read(progress: Progress | None) -> Iterator[Experiment]:
        remarks = Remarks(source.remarks)

        def make(task: dict[str, Any]) -> Experiment:
            if reading.at_best and STATES.get(str(task.get("status"))) == "completed":
                task = at_best(task, how, higher=_higher(query), client=server)
            return to_experiment(task, how, remarks, server)

        found = read_tasks(server, wanted, make, progress or _silent)
        yield from (experiment for experiment in found if _of_commits(experiment, reading.commits))
        source.warnings.extend(remarks.lines())

    return source


def _silent(done: int, total: int) -> None:
    """Tell nobody how far it is."""


def open_client() -> Client:
    """Return a client of the server that the environment or `clearml.conf` names."""
    return Client(find_credentials())


def read_task(
    task_id: str, policy: Policy, needed: Sequence[str] = (), *, dirty: bool = True, client: Client | None = None
) -> tuple[Experiment, list[str]]:
    """Return one task of the server as an experiment, and the warnings; `dirty` asks for uncommitted changes as well.

    Raises UsageError for an id that the server does not know, or where one of the `needed` metrics has two titles.
    """
    found, warnings = read_some([task_id], policy, needed, dirty=dirty, client=client)
    if not found:
        raise UsageError(f"no task {task_id[:80]!r} on the ClearML server; a task's id has 32 hex digits")
    return found[0], warnings


def read_some(
    ids: Sequence[str],
    policy: Policy,
    needed: Iterable[str] = (),
    *,
    dirty: bool = False,
    client: Client | None = None,
) -> tuple[list[Experiment], list[str]]:
    """Return the tasks of these ids as experiments, those that the server knows, and the warnings."""
    how = Flattening(policy.metrics, policy.metrics.sources(needed))
    remarks = Remarks()
    fields = (*times.FIELDS, DIFF) if dirty else times.FIELDS
    server = client or open_client()
    found = [to_experiment(task, how, remarks, server) for task in read_by_id(server, ids, fields)]
    return found, remarks.lines()


def flattening(metrics: Metrics, query: Query, reading: Reading) -> Flattening:
    """Return how tasks become experiments for a query, whose metrics are needed."""
    judged = (query.sort_by, *(gate.metric for gate in query.gates)) if reading.judged else ()
    names = metrics.sources(judged)
    return Flattening(metrics, names, reading.aggregate)


def _wanted(query: Query, reading: Reading, how: Flattening) -> Wanted:
    selection = query.selection
    wanted = Wanted(
        selection.project,
        selection.subprojects,
        selection.tags,
        selection.status,
        reading.commits,
        fields=_fields(how, reading),
    )
    if not reading.judged:
        return wanted
    higher, name = _higher(query), how.needed[0]
    aggregate = ("max" if higher else "min") if reading.at_best else how.aggregate_of(name)
    return wanted._replace(order=metric_order(name, higher=higher, aggregate=aggregate))


def _higher(query: Query) -> bool:
    """Return whether a larger value of the metric that is sorted by is better."""
    metric = query.metrics.get(query.sort_by)
    return query.higher_is_better if query.higher_is_better is not None else bool(metric and metric.higher_is_better)


def _fields(how: Flattening, reading: Reading) -> tuple[str, ...]:
    timed = how.metrics.source(TRAIN_TIME) in how.needed
    return times.FIELDS * timed + (DIFF,) * reading.dirty


def _of_commits(experiment: Experiment, commits: Sequence[str]) -> bool:
    # A server ignores a query key that it does not know, so its filter is never trusted alone.
    commit = (experiment.commit or "").lower()
    return not commits or any(commit.startswith(wanted.lower()) for wanted in commits)
