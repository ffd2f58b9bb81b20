"""One experiment: its record, the states it can be in, and the transitions between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec

from expflow_hooks.core.errors import TransitionError
from expflow_hooks.core.metrics.values import ABSENT

STATES = (
    "created",
    "dispatched",
    "queued",
    "running",
    "completed",
    "failed",
    "stopped",
    "cancelled",
    "deleted",
)
UNFINISHED = frozenset({"created", "dispatched", "queued", "running"})
GUARDED = frozenset({"cancelled", "stopped", "deleted"})
"""The states to which only an operation that asked the guard leads."""

# operation -> (the states it is for, the state it leads to)
OPERATIONS: dict[str, tuple[frozenset[str], str]] = {
    "cancel": (UNFINISHED, "cancelled"),
    "stop": (frozenset({"running"}), "stopped"),
    "delete": (frozenset(STATES) - {"deleted"}, "deleted"),
}


class Code(msgspec.Struct, frozen=True, gc=False):
    """The code that a run was made of: the patterns of its files, and the digest over them (`core.change.code`)."""

    paths: tuple[str, ...]
    id: str


Definition = tuple[str | None, ...]
"""How the numbers of some metrics were made, a hash each; None where the record does not say."""


class Experiment(msgspec.Struct, gc=False, omit_defaults=True):
    """One experiment as a source gives it; times are ISO 8601 text, metrics numbers in the metric's unit.

    A value of `metrics` is whatever JSON held: whether it counts is for `core.values` to say.
    """

    experiment_id: Annotated[str, msgspec.Meta(min_length=1)]
    name: str | None = None
    status: str | None = None
    project: str | None = None
    tags: tuple[str, ...] | None = None
    timestamp: str | None = None
    metrics: dict[str, Any] | None = None
    params: dict[str, Any] | None = None
    commit: str | None = None
    commit_hash: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    clearml_task_id: str | None = None
    task_gone: str | None = None  # `archived` or `deleted`: what the last sync saw of the task on its server
    code: Code | None = None
    definition: dict[str, Any] | None = None

    @property
    def state(self) -> str:
        """Return the state; a record without a status counts as completed."""
        return "completed" if self.status is None else self.status

    @property
    def revision(self) -> str | None:
        """Return the commit that made the run; `commit_hash` is expflow-pde's name for it."""
        return self.commit or self.commit_hash

    @property
    def gone(self) -> str | None:
        """Return, in words, what became of the experiment's task on its server; None where nothing is known of that."""
        return f"its ClearML task was {self.task_gone} on the server" if self.task_gone else None

    @property
    def label(self) -> str:
        """Return the name, or the id of an experiment that has none."""
        return self.name or self.experiment_id

    def definition_of(self, metrics: Iterable[str]) -> Definition:
        """Return the definitions of these metrics as far as recorded; `*` means every metric."""
        said = self.definition or {}
        return tuple(None if (one := said.get(name, said.get("*"))) is None else str(one) for name in metrics)

    def metric(self, name: str) -> Any:
        """Return the metric's stored value, or ABSENT."""
        return self.metrics.get(name, ABSENT) if self.metrics else ABSENT


Batch = tuple[Iterable[Experiment], Iterable[int]]
"""Experiments, and the place of each, which its source knows how to read again. The places may end later."""


class Saved(NamedTuple):
    """What an index has of a ranking's columns: what they are, their blobs by number, and the lines that came since."""

    meta: dict[str, Any]
    blob: Callable[[int], bytes]
    batches: Iterable[Batch]


class Placed(NamedTuple):
    """Experiments that can be read again at their places; an argument of `batches` asks for that.

    `saved` returns what an index has of the columns of a query, by its key.
    """

    batches: Callable[[bool], Iterable[Batch]]
    recall: Callable[[int], Experiment]
    saved: Callable[[str], Saved | None] | None = None


class Test(Protocol):
    """The conditions that select experiments."""

    def holds(self, run: Experiment, /) -> bool:
        """Return whether it is."""
        ...


class Selection(NamedTuple):
    """Which experiments are meant: all of project, every tag, status and condition that is given."""

    project: str | None = None
    tags: tuple[str, ...] = ()
    status: str | None = None
    subprojects: bool = False
    conditions: tuple[Test, ...] = ()

    def matcher(self) -> Callable[[Experiment], bool] | None:
        """Return a predicate that selects experiments, or None if all are selected."""
        if self == Selection():
            return None
        wanted = set(self.tags)
        below = f"{self.project}/" if self.subprojects else None

        def selects(experiment: Experiment) -> bool:
            return (
                (
                    self.project is None
                    or experiment.project == self.project
                    or (below is not None and (experiment.project or "").startswith(below))
                )
                and (self.status is None or experiment.state == self.status)
                and wanted.issubset(experiment.tags or ())
                and all(condition.holds(experiment) for condition in self.conditions)
            )

        return selects


def latest(experiments: Iterable[Experiment], selection: Selection = Selection()) -> list[Experiment]:  # noqa: B008
    """Return the present state of every selected experiment: later records with the same id win."""
    selects = selection.matcher()
    if selects is None:
        return list({experiment.experiment_id: experiment for experiment in experiments}.values())
    found: dict[str, Experiment] = {}
    for experiment in experiments:
        if selects(experiment):
            found[experiment.experiment_id] = experiment
        else:  # what it is now counts, not what it was; and nothing is kept of what is not meant
            found.pop(experiment.experiment_id, None)
    return list(found.values())


_FIELDS: dict[str, type] = {
    "name": str,
    "project": str,
    "tags": list,
    "timestamp": str,
    "metrics": dict,
    "params": dict,
    "commit": str,
    "commit_hash": str,
    "branch": str,
    "dirty": bool,
    "clearml_task_id": str,
    "task_gone": str,
    "definition": dict,
}


def from_mapping(record: Mapping[str, Any]) -> Experiment:
    """Return the experiment that a record of any JSON types gives; a field of a wrong type is left out.

    A status that is not text is kept as its text, which is no state, so that the experiment never counts as completed.
    Raises ValueError without a non-empty text `experiment_id`.
    """
    experiment_id = record.get("experiment_id")
    if not isinstance(experiment_id, str) or not experiment_id:
        raise ValueError("no experiment_id")
    fields = {name: record[name] for name, kind in _FIELDS.items() if isinstance(record.get(name), kind)}
    if "tags" in fields:
        fields["tags"] = tuple(tag for tag in fields["tags"] if isinstance(tag, str))
    status = record.get("status")
    return Experiment(
        experiment_id, status=None if status is None else f"{status}", code=_code(record.get("code")), **fields
    )


def _code(said: Any) -> Code | None:
    try:
        return msgspec.convert(said, Code | None)
    except msgspec.ValidationError:
        return None


def next_state(operation: str, experiment_id: str, state: str) -> str:
    """Return the state that an operation leads to; raise TransitionError, naming both states, if it is forbidden."""
    allowed, target = OPERATIONS[operation]
    if state not in allowed:
        states = ", ".join(s for s in STATES if s in allowed)
        raise TransitionError(f"{experiment_id}: cannot go from {state} to {target}; {operation} is for {states}")
    return target


def parse_time(text: str | None) -> datetime | None:
    """Return the moment that ISO 8601 text names, UTC where it names no zone; None for anything else."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text[-1] in "zZ" else text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def normal_parameter(path: str) -> str:
    """Return what a parameter's path is matched by: its last part, lower case, without leading dashes, `-` and `_`.

    `Args/--sub_step`, `General/Sub_Step` and `sub-step` are one parameter; `no_sub_step_warning` is another.
    """
    return path.rsplit("/", 1)[-1].lower().replace("-", "").replace("_", "")
