"""What is asked of a ranking: the metric, its direction, the gates, the groups, and which experiments."""

from __future__ import annotations

from typing import NamedTuple

from expflow_hooks.core.metrics.gates import Gate
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.ranking.groups import GroupBy
from expflow_hooks.core.registry.experiment import Selection


class Query(NamedTuple):
    """What to rank by: the metric, its direction (None: the metric's own), the gates, and how runs become groups."""

    sort_by: str
    higher_is_better: bool | None = None
    gates: tuple[Gate, ...] = ()
    group_by: GroupBy | None = None
    top: int | None = None
    selection: Selection = Selection()
    metrics: Metrics = Metrics()
