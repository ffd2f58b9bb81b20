"""Gates of groups: bounds that know the runs' noise, the difference to the base, and what would decide.

A gate judged by a bound holds only where the one-sided bound is inside; it fails only where the bound to the other side
is outside too. What lies between is undecided, as are runs too few, or too equal, to tell their noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from expflow_hooks.core.metrics.gates import (
    BASE,
    NOT_COMPARABLE,
    OPERATORS,
    UNDECIDED,
    Comparison,
    Gate,
    GateResult,
    OfBase,
)
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.row import Made, Row, kind_by, kind_of
from expflow_hooks.core.ranking.seeds import reused, show_seed
from expflow_hooks.core.ranking.statistics import (
    FEWEST,
    LEVEL,
    Estimate,
    holm_levels,
    of_mean,
    paired,
    runs_to_decide,
    sample,
    welch,
)

ALPHA = 1 - LEVEL


class Runs(NamedTuple):
    """One metric's values in the runs of a group, their aggregate, and what pairs each with a run of the base.

    `doubt` says why their number or noise cannot be believed; `what` is what is counted.
    """

    values: Sequence[Any]
    aggregate: Any
    pairing: Sequence[Hashable]
    doubt: str | None = None
    what: str = "runs"


class BaseRuns(NamedTuple):
    """The same of the base's best group, with its id."""

    experiment_id: str
    runs: Runs


class _Case(NamedTuple):
    """A gate's case as far as it goes: the result where that is clear, else the estimate that a bound is taken of."""

    result: GateResult | None
    method: str = ""
    estimate: Estimate = Estimate(0.0, 0.0, 1.0)
    p: float = 1.0
    n: int = 0
    of_base: OfBase | None = None
    after: Callable[[int], tuple[float, float]] = lambda more: (0.0, 1.0)


def judge_rows(rows: Sequence[Row], query: Query, fresh: frozenset[str] | None = None) -> None:
    """Judge the rows of groups by gates that mean groups: their results, and what keeps each below the line.

    Candidates are judged by their `fresh` runs, where these are given.
    """
    own = [row.group is not None and not query.candidates.isdisjoint(row.group.runs) for row in rows]
    # With fresh seeds the family are those that were run again: a search may be as wide as it likes.
    confirmed = query.candidates if fresh is None else fresh
    family = [row.group is not None and not confirmed.isdisjoint(row.group.runs) for row in rows]
    columns = []
    for place, gate in enumerate(query.gates):
        if gate.base and query.of_base:
            columns.append([GateResult(gate, None, None, True, None)] * len(rows))
        elif gate.of_groups:
            other = None if query.base is None else BaseRuns(query.base.experiment_id, _runs(query.base, place, None))
            groups = [_runs(row, place, fresh if mine else None) for row, mine in zip(rows, own, strict=True)]
            judged = judge_groups(gate, groups, other, family)
            columns.append([_not_itself(row, result, query.base) for row, result in zip(rows, judged, strict=True)])
        else:
            columns.append([gate.judge(row.gate_values[place]) for row in rows])
    for row, *results in zip(rows, *columns, strict=True):
        row.results = tuple(results)
        if row.kind != "too_few_runs" and not row.otherwise:
            row.kind = kind_by(results) or kind_of("completed", row.value, gates_hold=True)


def contrast(row: Row, other: Row, metric: str, *, higher: bool) -> GateResult:
    """Return the evidence that one group is better than another by the sort metric: the result of `~base`."""
    op = "gt" if higher else "lt"
    gate = Gate(metric, op, 0.0, f"{metric}{BASE}:{op}:0", base=True)
    ours, theirs = ([run.value for run in one.group.members] if one.group else [one.value] for one in (row, other))
    seeds = ([run.made and run.made.seed for run in one.group.members] if one.group else [None] for one in (row, other))
    mine, its = (Runs(*both) for both in zip((ours, theirs), (row.value, other.value), seeds, strict=True))
    return judge_groups(gate, [mine], BaseRuns(other.experiment_id, its), [False])[0]


def _not_itself(row: Row, result: GateResult, base: Row | None) -> GateResult:
    if result.gate.base and base and base.otherwise:
        return GateResult(result.gate, None, None, False, None, NOT_COMPARABLE, "the base was measured otherwise")
    if not (result.gate.base and base and row.group and base.group and set(row.group.runs) == set(base.group.runs)):
        return result
    return GateResult(result.gate, None, None, False, None, NOT_COMPARABLE, "this is the base itself")


def _runs(row: Row, place: int, fresh: frozenset[str] | None) -> Runs:
    members = row.group.members if row.group else ()
    made = [run.made or Made(None) for run in members]
    again = [f"{show_seed(seed)} used {count} times" for seed, count in reused(made)]
    doubt = again[0] + ", so that the runs are fewer than they look" if again else None
    values = [run.gate_values[place] for run in members]
    if fresh is None or any(value_status(value) is not None for value in values):
        return Runs(values, row.gate_values[place], [one.seed for one in made], doubt)
    kept = [run for run in members if run.experiment_id in fresh]
    seeds = [run.made.seed if run.made else None for run in kept]
    return Runs([run.gate_values[place] for run in kept], row.gate_values[place], seeds, what="runs with fresh seeds")


def judge_groups(gate: Gate, groups: Sequence[Runs], base: BaseRuns | None, family: Sequence[bool]) -> list[GateResult]:
    """Return one result a group. Over the groups of the family, the candidates of one change, the level is Holm's."""
    cases = [_case(gate, runs, base) for runs in groups]
    members = [place for place, member in enumerate(family) if member]
    # One that is undecided for now is judged too, one day: it takes its share of the level already.
    shared = holm_levels([cases[place].p for place in members], ALPHA)
    levels = dict(zip(members, shared, strict=True))
    return [case.result or _judge(gate, case, levels.get(place, ALPHA)) for place, case in enumerate(cases)]


def _case(gate: Gate, runs: Runs, base: BaseRuns | None) -> _Case:
    spoilt = [value for value in runs.values if value_status(value) is not None]
    if spoilt:  # one value that does not count spoils its group
        return _Case(gate.judge(spoilt[0]))
    if gate.base and (missing := _no_base(base)):
        return _Case(GateResult(gate, None, None, False, None, NOT_COMPARABLE, missing))
    if not gate.by_bound:
        return _Case(_plain(gate, runs, base))
    doubt = runs.doubt or (f"the base has {base.runs.doubt}" if gate.base and base and base.runs.doubt else None)
    if doubt:
        return _Case(_undecided(gate, doubt))
    return _of_difference(gate, runs, base) if gate.base and base else _of_mean(gate, runs)


def _no_base(base: BaseRuns | None) -> str | None:
    if base is None:
        return "the base has no group that ranks"
    status = next(filter(None, map(value_status, base.runs.values)), None)
    return f"the base's value is {status}" if status else None


def _plain(gate: Gate, runs: Runs, base: BaseRuns | None) -> GateResult:
    """Return the result for an aggregate, or for the difference of two, whatever their noise."""
    sides = (runs, base.runs) if gate.base and base else (runs,)
    few = next((side for side in sides if len(side.values) < FEWEST), None)
    if gate.aggregate == "olympic" and few:
        return _too_few(gate, few, "" if few is runs else "the base has ")
    if not (gate.base and base):
        return gate.judge(runs.aggregate)
    difference = runs.aggregate - base.runs.aggregate
    told = OfBase(base.experiment_id, base.runs.aggregate, len(base.runs.values))
    comparison = Comparison(None, difference, None, None, None, len(runs.values), told)
    return gate.judge(difference)._replace(comparison=comparison)


def _of_mean(gate: Gate, runs: Runs) -> _Case:
    n = len(runs.values)
    if n < FEWEST:
        return _Case(_too_few(gate, runs))
    found = sample(runs.values)
    if found.sd == 0:
        return _Case(_too_equal(gate, f"{n} identical values"))
    return _counted("t", gate, of_mean(found), n)


def _of_difference(gate: Gate, runs: Runs, base: BaseRuns) -> _Case:
    n, m = len(runs.values), len(base.runs.values)
    if n < FEWEST:
        return _Case(_too_few(gate, runs))
    if m < FEWEST:
        return _Case(_too_few(gate, base.runs, "the base has "))
    ours, theirs = sample(runs.values), sample(base.runs.values)
    told = OfBase(base.experiment_id, theirs.mean, m)
    if pairs := _pairs(runs, base.runs):
        difference = paired(pairs)
        if difference.error == 0:
            return _Case(_too_equal(gate, f"{n} identical differences to the base"))
        return _counted("paired t", gate, difference, n, told)
    if ours.sd == 0 or theirs.sd == 0:
        return _Case(
            _too_equal(gate, f"{n} identical values" if ours.sd == 0 else f"the base has {m} identical values")
        )
    a, b = of_mean(ours), of_mean(theirs)

    def after(more: int) -> tuple[float, float]:
        both = welch(_with_more(a, n, more), _with_more(b, m, more))
        return both.error, both.df

    return _counted("Welch", gate, welch(a, b), n, told)._replace(after=after)


def _pairs(runs: Runs, others: Runs) -> list[tuple[float, float]]:
    """Return the pairs of values, where every run has exactly one partner with the same ignored parameters."""
    theirs = dict(zip(others.pairing, others.values, strict=True))
    known = {key for key in runs.pairing if key is not None}
    if not len(known) == len(theirs) == len(runs.values) == len(others.values) or known != theirs.keys():
        return []
    pairs = [(value, theirs[key]) for key, value in zip(runs.pairing, runs.values, strict=True)]
    return pairs if all(math.isfinite(ours - other) for ours, other in pairs) else []


def _with_more(mean: Estimate, n: int, more: int) -> Estimate:
    """Return the estimate that as many more runs of the same spread would give."""
    return Estimate(mean.value, mean.error * math.sqrt(n / (n + more)), mean.df + more)


def _counted(method: str, gate: Gate, estimate: Estimate, n: int, of_base: OfBase | None = None) -> _Case:
    def after(more: int) -> tuple[float, float]:
        grown = _with_more(estimate, n, more)
        return grown.error, grown.df

    return _Case(None, method, estimate, estimate.tail(gate.threshold, below=gate.upper), n, of_base, after)


def _judge(gate: Gate, case: _Case, alpha: float) -> GateResult:
    """Return the result that the bounds give: inside, outside, or on both sides of the threshold."""
    strict = case.estimate.bound(alpha, upper=gate.upper)
    lenient = case.estimate.bound(ALPHA, upper=not gate.upper)
    result = gate.judge(strict)
    low, high = sorted((strict, lenient))
    comparison = Comparison(case.method, case.estimate.value, low, high, case.p, case.n, case.of_base)
    if result.passed or not OPERATORS[gate.op](lenient, gate.threshold):
        return result._replace(comparison=comparison)
    more = runs_to_decide(case.estimate.value - gate.threshold, case.after, alpha)
    return result._replace(open=UNDECIDED, why=_would_decide(more, case), comparison=comparison._replace(more=more))


def _would_decide(more: int | None, case: _Case) -> str:
    if more is None:
        return "no number of runs is likely to decide"
    side = " on each side" if case.of_base else ""
    return f"{more} more run{'' if more == 1 else 's'}{side} would decide"


def _too_few(gate: Gate, runs: Runs, whose: str = "") -> GateResult:
    n = len(runs.values)
    return _undecided(gate, f"{whose}{n} of {FEWEST} {runs.what}, {FEWEST - n} more would decide")


def _too_equal(gate: Gate, what: str) -> GateResult:
    return _undecided(gate, f"{what}, so that their noise is not known")


def _undecided(gate: Gate, why: str) -> GateResult:
    return GateResult(gate, None, None, False, None, UNDECIDED, why)
