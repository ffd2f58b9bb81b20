"""The interface of a source: its queries, its results, and its capabilities as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from expflow_hooks.core.registry.location import CLEARML as CLEARML
from expflow_hooks.core.registry.location import MLFLOW as MLFLOW

if TYPE_CHECKING:
    from expflow_hooks.core.metrics.standard import Metrics
    from expflow_hooks.core.registry.experiment import Experiment, Placed
    from expflow_hooks.core.registry.reader import Progress, Unreadable


@dataclass(frozen=True)
class Source:
    """An opened source: its name for the output, its experiments, and what reading them brought up.

    `unreadable`, `warnings` and `remarks` are complete once the experiments were read.
    """

    name: str
    experiments: Callable[[Progress | None], Iterator[Experiment]]
    placed: Callable[[Progress | None], Placed] | None = None  # where experiments can be read again
    unreadable: Callable[[], Sequence[Unreadable]] = tuple
    warnings: list[str] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(default_factory=dict)  # what to say on an experiment's row, by its id
    unit: str = "bytes"  # what its progress counts
    file: str = ""  # the registry's file that an index may be of
    url: Callable[[str], str | None] = lambda experiment_id: None  # where people look at an experiment

    def to_rank(self, progress: Progress | None = None) -> Iterable[Experiment] | Placed:
        """Return the experiments as ranking them takes the least memory."""
        return self.placed(progress) if self.placed else self.experiments(progress)


class Kind(NamedTuple):
    """A kind of source: its name in a SPEC, the function that opens it, and its capabilities.

    The function takes what stands behind the SPEC's colon, the policy, the query and the reading.
    """

    name: str  # before the colon of a SPEC
    at: str  # what stands behind the colon, for messages
    opens: str  # module:function
    alone: bool = False  # whether the name alone is enough: the environment says which server
    states: bool = True  # whether a run is completed, failed or still running; else all count as completed
    commits: bool = False
    tags: bool = False
    curves: bool = True  # the values over the training, of which the least or largest may be meant
    sorts: bool = False  # a server that orders and filters by itself
    links: bool = False  # an address where people look at a run
    exact: bool = True  # numbers as they were reported, not rounded to 32 bits


class Reading(NamedTuple):
    """How to read: which value of a metric over the training, whose commits, uncommitted changes.

    `judged` says that the query's metrics will be compared, so that an ambiguous name of one is an error.
    """

    aggregate: str | None = None  # last, min or max for every metric; None: each by the policy, else its last
    commits: tuple[str, ...] = ()
    judged: bool = True
    dirty: bool = False  # whether there were uncommitted changes; on ClearML it costs the whole diff of every task
    at_best: bool = False  # judge all metrics at the best iteration of the first; on ClearML a request a task


LAST = Reading()


class Choice(NamedTuple):
    """Which value over the training counts for each metric: the reading's for all, else the policy's for one."""

    metrics: Metrics
    aggregate: str | None = None

    def of(self, name: str) -> str:
        """Return last, min or max for a metric, by the name under which experiments report it."""
        if self.aggregate is not None:
            return self.aggregate
        own = (m.aggregate for m in self.metrics if name in (m.name, m.source) and m.aggregate is not None)
        return next(own, "last")
