"""The values of a metric over a training, and which of them counts: the last by step, the least or the largest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.sources.base import Choice, Reading


class Curve:
    """One metric of one run; of values at the same step the later one wins. What is no number is never the least."""

    __slots__ = ("last", "max", "min", "step")

    def __init__(self) -> None:
        self.step = -math.inf
        self.last: Any = None
        self.min: tuple[Any, float] | None = None
        self.max: tuple[Any, float] | None = None

    def add(self, step: float, value: Any) -> None:
        """Add a value that was reported at a step."""
        if step >= self.step:
            self.step, self.last = step, value
        if value_status(value) is None:
            if self.min is None or value < self.min[0]:
                self.min = value, step
            if self.max is None or value > self.max[0]:
                self.max = value, step

    def pick(self, aggregate: str) -> tuple[Any, float]:
        """Return the value that an aggregate means and its step; the last one where no value counts."""
        found = {"min": self.min, "max": self.max}.get(aggregate)
        return found or (self.last, self.step)


def pick_all(curves: Mapping[str, Curve], choice: Choice) -> tuple[dict[str, Any], dict[str, float]]:
    """Return each metric's value and its step, as the reading or the policy chooses."""
    picked = {name: curve.pick(choice.of(name)) for name, curve in curves.items()}
    return {name: value for name, (value, _) in picked.items()}, {name: step for name, (_, step) in picked.items()}


def choice_of(query: Query, reading: Reading) -> Choice:
    """Return which value over the training counts for each metric."""
    return Choice(query.metrics, reading.aggregate)


def judged_names(query: Query, reading: Reading) -> tuple[str, ...]:
    """Return the metrics that will be compared, by the names under which experiments report them."""
    return query.metrics.sources((query.sort_by, *(gate.metric for gate in query.gates))) if reading.judged else ()


def apart(names: Sequence[str], steps: Mapping[str, float], choice: Choice) -> list[str]:
    """Return the note for a row whose judged values are of different steps; last values may always differ."""
    chosen = {name: steps[name] for name in names if name in steps and choice.of(name) != "last"}
    lasting = [name for name in names if name in steps and name not in chosen]
    if len({*chosen.values(), *(("last",) if chosen and lasting else ())}) < 2:
        return []
    told = [*(f"{name} at {step:g}" for name, step in chosen.items()), *(f"{name} last" for name in lasting)]
    return [f"values of different iterations: {', '.join(told)}"]


def of_commits(commit: str | None, commits: Iterable[str]) -> bool:
    """Return whether a run's commit is one of those that are asked for; all are where none is."""
    wanted = [one.lower() for one in commits]
    return not wanted or any((commit or "").lower().startswith(one) for one in wanted)
