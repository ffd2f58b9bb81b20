"""Groups: runs that share every parameter but the ignored ones, such as the seed, made one row each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from expflow_hooks.core.metrics.gates import AGGREGATES, all_hold
from expflow_hooks.core.metrics.values import NoValue, value_status
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.row import Group, Row, by_time, kind_of
from expflow_hooks.core.ranking.seeds import fresh_runs, seed_notes
from expflow_hooks.core.ranking.statistics import FEWEST, of_mean, sample
from expflow_hooks.core.ranking.uncertainty import judge_rows


def combine(rows: Iterable[Row], query: Query, higher: bool) -> list[Row]:
    """Return one judged row a group of completed runs; runs that are not completed stay rows of their own."""
    assert query.group_by is not None
    rows = list(rows)
    groups: dict[Any, list[Row]] = {}
    left_out: dict[Any, list[Row]] = {}
    for row in rows:
        key: Any = row.experiment_id if row.configuration is None else row.configuration
        key = (key, row.otherwise) if row.otherwise else key
        (groups if row.state == "completed" else left_out).setdefault(key, []).append(row)
    combined = [_group(runs, left_out.get(key, []), query.group_by, higher) for key, runs in groups.items()]
    if any(gate.of_groups for gate in query.gates):
        judge_rows(combined, query, fresh_runs(rows, query.candidates) if query.confirm else None)
    return combined + [row for runs in left_out.values() for row in runs]


def _group(runs: list[Row], others: list[Row], group_by: GroupBy, higher: bool) -> Row:
    runs.sort(key=by_time)
    first = runs[0]
    fewest = max(group_by.min_runs, FEWEST) if group_by.aggregate == "olympic" else group_by.min_runs
    values = [row.value for row in runs]
    value = aggregate(values, group_by.aggregate, largest_is_worst=not higher)
    gate_values = tuple(
        aggregate(
            [run.gate_values[i] for run in runs],
            gate.aggregate if gate.aggregate in AGGREGATES else group_by.aggregate,
            largest_is_worst=gate.upper,
        )
        for i, gate in enumerate(first.gates)
    )
    found = sample(values) if all(value_status(value) is None for value in values) else None
    spread = found.sd if found and found.sd < math.inf else None
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
        kind="not_comparable"
        if first.otherwise
        else kind_of("completed", value, all_hold(first.gates)(gate_values), len(runs) < fewest),
        otherwise=first.otherwise,
        notes=seed_notes(runs, values) + _unfinished(others) + _revisions(runs),
        group=Group(
            tuple(run.experiment_id for run in runs),
            spread,
            fewest,
            tuple(runs),
            of_mean(found) if found and spread and found.n >= FEWEST else None,
        ),
    )


def aggregate(values: Sequence[Any], how: str, *, largest_is_worst: bool) -> Any:
    """Return the mean, median or worst of values that all count; else the first that does not, which spoils it."""
    for value in values:
        if value_status(value) is not None:
            return value
    if how == "olympic":
        return olympic(values, largest_is_worst=largest_is_worst)
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


def olympic(values: Sequence[float], *, largest_is_worst: bool, unconverged: int = 0) -> Any:
    """Return the mean without the best and the worst of values that count; of fewer than three there is none.

    One run that did not converge is the worst of them; of two, one would be left in, so that there is no mean.
    """
    if len(values) + unconverged < FEWEST or unconverged > 1:
        return NoValue("too-few-runs" if unconverged < 2 else "not-converged")
    ordered = sorted(values, reverse=not largest_is_worst)  # the best first
    return aggregate(ordered[1:] if unconverged else ordered[1:-1], "mean", largest_is_worst=largest_is_worst)


def _unfinished(others: Sequence[Row]) -> tuple[str, ...]:
    if not others:
        return ()
    states = sorted({row.state for row in others})
    return (f"{len(others)} more not completed ({', '.join(states)})",)


def _revisions(runs: Sequence[Row]) -> tuple[str, ...]:
    return tuple(f"{run.experiment_id} {note}" for run in runs for note in run.told)


def _if_same(values: Iterable[str | None]) -> str | None:
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _common_tags(runs: Sequence[Row]) -> tuple[str, ...]:
    return tuple(tag for tag in runs[0].tags if all(tag in run.tags for run in runs))


def _worst_dirty(runs: Sequence[Row]) -> bool | None:
    states = {run.dirty for run in runs}
    return True if True in states else None if None in states else False
