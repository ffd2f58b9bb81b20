"""What is asked of a ranking: the metric, its direction, the gates, the groups, and which experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from expflow_hooks.core.metrics.gates import Gate
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.registry.experiment import Definition, Selection


@dataclass(frozen=True)
class GroupBy:
    """How runs become groups: the ignored parameters, the aggregate of mean, median or worst, and the fewest runs."""

    ignore: tuple[str, ...] = ("seed",)
    aggregate: str = "mean"
    min_runs: int = 1


NO_REMARKS: Mapping[str, Sequence[str]] = MappingProxyType({})


class Query(NamedTuple):
    """What to rank by: the metric, its direction (None: the metric's own), the gates, and how runs become groups.

    `base` is the base's best group, which gates `~base` compare with; `candidates` are the runs of one change, over
    which levels are Holm's; with `confirm` these are judged by runs whose seeds no earlier line has. The base's own
    ranking is `of_base`. Only experiments whose numbers were made by `definition` rank; None: as the newest one's were.
    `remarks` are what the source has to say of experiments, by id; it may grow while they are read.
    """

    sort_by: str
    higher_is_better: bool | None = None
    gates: tuple[Gate, ...] = ()
    group_by: GroupBy | None = None
    top: int | None = None
    selection: Selection = Selection()
    metrics: Metrics = Metrics()
    base: Row | None = None
    candidates: frozenset[str] = frozenset()
    confirm: bool = False
    of_base: bool = False
    definition: Definition | None = None
    remarks: Mapping[str, Sequence[str]] = NO_REMARKS

    @property
    def measured(self) -> tuple[str, ...]:
        """Return the metrics that are compared, by the names under which experiments report them."""
        return tuple(self.metrics.source(name) for name in (self.sort_by, *(gate.metric for gate in self.gates)))

    @property
    def compares(self) -> bool:
        """Return whether a gate compares with the base."""
        return any(gate.base for gate in self.gates)
