"""What a source is: a name, its experiments, and what reading them brought up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from expflow_hooks.core.registry.location import CLEARML as CLEARML

if TYPE_CHECKING:
    from expflow_hooks.core.registry.experiment import Experiment, Placed
    from expflow_hooks.core.registry.reader import Progress, Unreadable


@dataclass(frozen=True)
class Source:
    """An opened source: its name for the output, its experiments, and what reading them brought up.

    `unreadable` and `warnings` are complete once the experiments were read.
    """

    name: str
    experiments: Callable[[Progress | None], Iterator[Experiment]]
    placed: Callable[[Progress | None], Placed] | None = None  # where experiments can be read again
    unreadable: Callable[[], Sequence[Unreadable]] = tuple
    warnings: list[str] = field(default_factory=list)
    unit: str = "bytes"  # what its progress counts

    def to_rank(self, progress: Progress | None = None) -> Iterable[Experiment] | Placed:
        """Return the experiments as ranking them takes the least memory."""
        return self.placed(progress) if self.placed else self.experiments(progress)


class Reading(NamedTuple):
    """What only ClearML can be asked: which value of a metric over the training, whose commits, uncommitted changes.

    `judged` says that the query's metrics will be compared, so that an ambiguous name of one is an error.
    """

    aggregate: str | None = None  # last, min or max for every metric; None: each by the policy, else its last
    commits: tuple[str, ...] = ()
    judged: bool = True
    dirty: bool = False  # whether there were uncommitted changes; costs the whole diff of every task
    at_best: bool = False  # judge all metrics at the best iteration of the first; costs a request a task


LAST = Reading()
