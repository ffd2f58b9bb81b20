"""Groups: runs that share every parameter but the ignored ones, such as the seed, made one row each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from expflow_hooks.core.metrics.gates import all_hold
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.row import Group, Row, by_time, kind_of
from expflow_hooks.core.registry.experiment import Experiment, normal_parameter


@dataclass(frozen=True)
class GroupBy:
    """How runs become groups: the ignored parameters, the aggregate of mean, median or worst, and the fewest runs."""

    ignore: tuple[str, ...] = ("seed",)
    aggregate: str = "mean"
    min_runs: int = 1


class Configurations:
    """Numbers the configurations: runs with the same project and parameters, but for the ignored ones, share one."""

    def __init__(self, ignore: Iterable[str]) -> None:
        self._ignored = {normal_parameter(name) for name in ignore}
        self._layouts: dict[tuple[str, ...], tuple[int, Callable[[Any], Any]]] = {}
        self._numbers: dict[Any, int] = {}

    def key(self, experiment: Experiment) -> int | None:
        """Return the configuration's number, or None where no parameter says what the configuration was."""
        params = experiment.params
        if not params:
            return None
        paths = tuple(params)
        layout = self._layouts.get(paths)  # one project's runs have the same few layouts of parameters
        number, values_of = layout or self._new_layout(paths)
        configuration = (experiment.project, number, values_of(params))
        try:
            return self._numbers.setdefault(configuration, len(self._numbers))
        except TypeError:  # a list or a mapping as value
            return self._numbers.setdefault(repr(configuration), len(self._numbers))

    def _new_layout(self, paths: tuple[str, ...]) -> tuple[int, Callable[[Any], Any]]:
        kept = sorted(path for path in paths if normal_parameter(path) not in self._ignored)
        number = self._numbers.setdefault(("layout", *kept), len(self._numbers))
        layout = self._layouts[paths] = number, itemgetter(*kept) if kept else _nothing
        return layout


def _nothing(params: Any) -> None:
    """Return the values of no parameter at all: the runs of this layout differ in ignored ones only."""


def combine(rows: Iterable[Row], group_by: GroupBy, higher: bool) -> list[Row]:
    """Return one judged row a group of completed runs; runs that are not completed stay rows of their own."""
    groups: dict[Any, list[Row]] = {}
    left_out: dict[Any, list[Row]] = {}
    for row in rows:
        key = row.experiment_id if row.configuration is None else row.configuration
        (groups if row.state == "completed" else left_out).setdefault(key, []).append(row)
    combined = [_group(runs, left_out.get(key, []), group_by, higher) for key, runs in groups.items()]
    return combined + [row for runs in left_out.values() for row in runs]


def _group(runs: list[Row], others: list[Row], group_by: GroupBy, higher: bool) -> Row:
    runs.sort(key=by_time)
    first = runs[0]
    values = [row.value for row in runs]
    value = aggregate(values, group_by.aggregate, largest_is_worst=not higher)
    gate_values = tuple(
        aggregate([run.gate_values[i] for run in runs], group_by.aggregate, largest_is_worst=gate.upper)
        for i, gate in enumerate(first.gates)
    )
    return Row(
        first.experiment_id,
        first.name,
        "completed",
        first.timestamp,
        value,
        gate_values,
        first.gates,
        first.configuration,
        _if_same(run.commit for run in runs),
        _common_tags(runs),
        _worst_dirty(runs),
        kind=kind_of("completed", value, all_hold(first.gates)(gate_values), len(runs) < group_by.min_runs),
        notes=_notes(values, others) + _revisions(runs),
        group=Group(tuple(run.experiment_id for run in runs), spread(values), group_by.min_runs),
    )


def aggregate(values: Sequence[Any], how: str, *, largest_is_worst: bool) -> Any:
    """Return the mean, median or worst of values that all count; else the first that does not, which spoils it."""
    for value in values:
        if value_status(value) is not None:
            return value
    if len(set(values)) == 1:  # so that the mean of equal values is that value, to the last bit
        return values[0]
    if how == "worst":
        return max(values) if largest_is_worst else min(values)
    import statistics

    aggregates: dict[str, Callable[[Sequence[Any]], Any]] = {"mean": statistics.fmean, "median": statistics.median}
    try:
        found = aggregates[how](values)
    except OverflowError:
        found = math.inf
    if value_status(found) is not None:  # the sum was too large for a float, which what lies between them never is
        middle = values if how == "mean" else (statistics.median_low(values), statistics.median_high(values))
        found = float(statistics.mean(middle))
    return found


def spread(values: Sequence[Any]) -> float | None:
    """Return the sample standard deviation (n - 1), or None for fewer than two values or one that does not count."""
    if len(values) < 2 or any(value_status(value) is not None for value in values):
        return None
    import statistics

    try:
        return float(statistics.stdev(values))
    except OverflowError:
        return None


def _notes(values: Sequence[Any], others: Sequence[Row]) -> tuple[str, ...]:
    notes = []
    times = Counter(value for value in values if value_status(value) is None)
    repeated = sum(count for count in times.values() if count > 1)
    if repeated:
        notes.append(f"identical values from different runs ({repeated} of {len(values)})")
    if others:
        states = sorted({row.state for row in others})
        notes.append(f"{len(others)} more not completed ({', '.join(states)})")
    return tuple(notes)


def _revisions(runs: Sequence[Row]) -> tuple[str, ...]:
    return tuple(f"{run.experiment_id} {note}" for run in runs for note in run.notes)


def _if_same(values: Iterable[str | None]) -> str | None:
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _common_tags(runs: Sequence[Row]) -> tuple[str, ...]:
    return tuple(tag for tag in runs[0].tags if all(tag in run.tags for run in runs))


def _worst_dirty(runs: Sequence[Row]) -> bool | None:
    states = {run.dirty for run in runs}
    return True if True in states else None if None in states else False
