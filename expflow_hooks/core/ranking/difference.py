"""How two experiments differ: metrics with the better side, parameters, facts of the run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.metrics.values import same_value, value_status
from expflow_hooks.core.ranking.groups import aggregate
from expflow_hooks.core.ranking.statistics import sample
from expflow_hooks.core.registry.experiment import Experiment

BETTER, WORSE, SAME = "better", "worse", "same"


class Side(NamedTuple):
    """One side: the experiment, and the completed runs of its group (itself alone where nothing is grouped)."""

    experiment: Experiment
    runs: Sequence[Experiment]


class MetricDifference(NamedTuple):
    """One metric on both sides: the group's aggregate, its spread, and what the second is beside the first.

    `difference` is second minus first in the metric's unit and `percent` of the first's size; both are None where a
    value does not count. `verdict` says whether the second is better; None where the direction is not known.
    """

    name: str
    first: Any
    second: Any
    spreads: tuple[float | None, float | None]
    difference: float | None
    percent: float | None
    verdict: str | None


class FactDifference(NamedTuple):
    """One parameter or fact on both sides; None where a side does not have it."""

    name: str
    first: Any
    second: Any

    @property
    def same(self) -> bool:
        """Return whether both sides have it and agree, as text: 5 and "5" are one."""
        return (self.first is None) is (self.second is None) and str(self.first) == str(self.second)


class Difference(NamedTuple):
    """Two experiments side by side; within each list, differences come first."""

    first: Side
    second: Side
    metrics: list[MetricDifference]
    params: list[FactDifference]
    facts: list[FactDifference]


_FACTS = ("status", "project", "commit", "branch", "dirty", "code", "tags", "timestamp")


def compare(first: Side, second: Side, metrics: Metrics, how: str = "mean") -> Difference:
    """Return how two experiments differ; a group's value is its aggregate `how`: mean, median or worst."""
    return Difference(
        first,
        second,
        _different_first(_metric(name, first, second, metrics, how) for name in _names(first, second, "metrics")),
        _different_first(
            FactDifference(name, _param(first, name), _param(second, name)) for name in _names(first, second, "params")
        ),
        _different_first(FactDifference(name, _fact(first, name), _fact(second, name)) for name in _FACTS),
    )


def _names(first: Side, second: Side, part: str) -> list[str]:
    return sorted({*(getattr(first.experiment, part) or ()), *(getattr(second.experiment, part) or ())})


def _different_first(rows: Iterable[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: row.verdict == SAME if isinstance(row, MetricDifference) else row.same)


def _metric(name: str, first: Side, second: Side, metrics: Metrics, how: str) -> MetricDifference:
    known = metrics.get(name)
    values = [[run.metric(name) for run in side.runs] for side in (first, second)]
    worst_is_largest = not (known.higher_is_better if known else False)
    a, b = (aggregate(side, how, largest_is_worst=worst_is_largest) for side in values)
    spreads = (_spread(values[0]), _spread(values[1]))
    if value_status(a) is not None or value_status(b) is not None:
        return MetricDifference(name, a, b, spreads, None, None, None)
    change = float(b - a)
    percent = 100 * change / abs(a) if a else None
    verdict = SAME if same_value(float(a), float(b)) else None
    if verdict is None and known is not None:
        verdict = BETTER if (change > 0) is known.higher_is_better else WORSE
    return MetricDifference(name, a, b, spreads, change, percent, verdict)


def _param(side: Side, name: str) -> Any:
    """Return a parameter's value; of a group whose runs differ in it, all of its values."""
    values = list(dict.fromkeys(str((run.params or {}).get(name)) for run in side.runs))
    if name not in (side.experiment.params or {}):
        return None
    return (side.experiment.params or {})[name] if len(values) == 1 else ", ".join(values)


def _fact(side: Side, name: str) -> Any:
    run = side.experiment
    facts = {"status": run.state, "commit": run.revision, "code": run.code and run.code.id, "tags": _tags(run)}
    return facts[name] if name in facts else getattr(run, name)


def _tags(run: Experiment) -> str | None:
    return ", ".join(run.tags) if run.tags else None


def _spread(values: Sequence[Any]) -> float | None:
    """Return the sample standard deviation of values that all count, or None for fewer than two."""
    if len(values) < 2 or any(value_status(value) is not None for value in values):
        return None
    return sample(values).sd
