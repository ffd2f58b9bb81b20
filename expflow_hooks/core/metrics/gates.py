"""Gates: `metric[@aggregate][~base]:op:value`, parsed strictly and judged on the stored value."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.standard import STANDARD_METRICS
from expflow_hooks.core.metrics.values import LARGEST, parse_decimal, show_number, value_status
from expflow_hooks.core.results import ComparisonResult, GateOutcome
from expflow_hooks.core.suggest import did_you_mean

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
SYMBOLS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥"}
EXAMPLE = "pde_mean:lt:18.09"

AGGREGATES = ("mean", "median", "worst", "olympic")
"""What of a group may be judged; `olympic` is the mean without the best and the worst run."""
BOUNDS = {"ucl95": ("lt", "le"), "lcl95": ("gt", "ge")}
"""The one-sided 95% bounds of a group's mean, and the operators that they are for: the other way would be lenient."""
BASE = "~base"

HOLDS, FAILS, UNDECIDED, NOT_COMPARABLE = "holds", "fails", "undecided", "not-comparable"
"""What a gate says. Only `holds` passes."""


class OfBase(NamedTuple):
    """The base's best group, as a gate `~base` met it: its id, its value of the gate's metric, its number of runs."""

    experiment_id: str
    value: float
    n: int


class Comparison(NamedTuple):
    """What a bound rests on: the mean or difference, the 95% bounds to both sides, the p-value, and the runs.

    `method` is t, Welch, paired t, Wilson, or none for a plain difference; `more` is how many more runs would decide.
    """

    method: str | None
    estimate: float
    low: float | None
    high: float | None
    p: float | None
    n: int
    of_base: OfBase | None = None
    more: int | None = None

    @property
    def percent(self) -> float | None:
        """Return the difference in per cent of the base's value, or None where there is none to take it of."""
        value = self.of_base.value if self.of_base else 0
        return self.estimate / abs(value) * 100 if value else None

    def as_dict(self) -> ComparisonResult:
        """Return the JSON form; a bound that is no finite number is null."""
        return {
            "method": self.method,
            "estimate": _finite(self.estimate),
            "interval": [_finite(self.low), _finite(self.high)],
            "p_value": _finite(self.p),
            "n": self.n,
            "more_runs": self.more,
            "base": self.of_base._asdict() if self.of_base else None,
            "percent": _finite(self.percent),
        }


def _finite(value: float | None) -> float | None:
    return None if value_status(value) else value


class GateResult(NamedTuple):
    """The result of a gate for one value: `status` is None where the value counts, `margin` is positive inside the
    gate.

    `why` says in words what keeps it undecided or from being compared; `comparison` what a bound or difference is of.
    """

    gate: Gate
    value: Any
    status: str | None
    passed: bool
    margin: float | None
    open: str | None = None  # UNDECIDED or NOT_COMPARABLE
    why: str | None = None
    comparison: Comparison | None = None

    @property
    def outcome(self) -> str:
        """Return the outcome: holds, fails, undecided or not-comparable."""
        return HOLDS if self.passed else self.open or FAILS

    def say(self) -> str:
        """Return in words why the gate does not hold."""
        if self.open:
            return f"{self.gate.show()} is {_OPEN[self.open]}: {self.why}"
        if self.status:
            return f"{self.gate.metric} is {self.status}"
        return f"{self.gate.show()} fails: {show_number(self.value)}"

    def as_dict(self) -> GateOutcome:
        """Return the JSON form; a value that does not count is null, with the reason in its status."""
        return {
            "gate": self.gate.text,
            "value": None if self.status else self.value,
            "status": self.status or "ok",
            "passed": self.passed,
            "margin": _finite(self.margin),  # between two huge numbers it may be none
            "outcome": self.outcome,
            "why": self.why,
            "comparison": self.comparison.as_dict() if self.comparison else None,
        }


_OPEN = {UNDECIDED: "undecided", NOT_COMPARABLE: "not comparable"}


class Gate(NamedTuple):
    """One gate: a metric, an operator of `lt le gt ge`, and a finite threshold in the metric's unit.

    `aggregate` is what of a group is judged (None: what the policy groups by), `base` whether it is the difference to
    the base's best group.
    """

    metric: str
    op: str
    threshold: float
    text: str
    aggregate: str | None = None
    base: bool = False

    @property
    def subject(self) -> str:
        """Return what is judged, as people write it: `pde_mean@ucl95`."""
        return self.metric + (f"@{self.aggregate}" if self.aggregate else "") + (BASE if self.base else "")

    @property
    def of_groups(self) -> bool:
        """Return whether the gate means groups: it names an aggregate or the base."""
        return self.base or self.aggregate is not None

    @property
    def by_bound(self) -> bool:
        """Return whether a bound is judged, which holds only where the runs' noise leaves no doubt."""
        return self.aggregate in BOUNDS or (self.base and self.aggregate is None)

    @property
    def upper(self) -> bool:
        """Return whether the gate bounds from above (`lt`, `le`), so that the largest value is the worst."""
        return self.op in ("lt", "le")

    @property
    def range(self) -> tuple[float, float]:
        """Return the least and the largest float for which the gate holds; no infinity is between them.

        Where it holds for none, the least is above the largest.
        """
        strict = self.op in ("lt", "gt")
        if self.upper:
            return -LARGEST, math.nextafter(self.threshold, -math.inf) if strict else self.threshold
        return math.nextafter(self.threshold, math.inf) if strict else self.threshold, LARGEST

    def holds(self, value: Any) -> bool:
        """Return whether the value counts and the comparison holds."""
        return value_status(value) is None and OPERATORS[self.op](value, self.threshold)

    def judge(self, value: Any) -> GateResult:
        """Return the result for one value, with its margin: the distance to the threshold, positive inside."""
        status = value_status(value)
        if status is not None:
            return GateResult(self, None, status, False, None)
        margin = float(self.threshold - value if self.upper else value - self.threshold)
        return GateResult(self, value, None, OPERATORS[self.op](value, self.threshold), margin)

    def show(self) -> str:
        """Return the gate as people write it, `pde_mean < 18.09`."""
        return f"{self.subject} {SYMBOLS[self.op]} {self.text.rsplit(':', 1)[1]}"


def all_hold(gates: Sequence[Gate]) -> Callable[[Sequence[Any]], bool]:
    """Return a predicate for whether every gate holds, given the values in the order of the gates.

    A float, as nearly every value is, is told in place: a call for each gate doubled the time of judging a row.
    """
    tests = [(i, *gate.range) for i, gate in enumerate(gates)]

    def hold(values: Sequence[Any]) -> bool:
        for i, low, high in tests:
            value = values[i]
            if value.__class__ is float:
                if not low <= value <= high:
                    return False
            elif not gates[i].holds(value):
                return False
        return True

    return hold


def parse_gate(text: Any) -> Gate:
    """Return the gate that text spells, split from the right since a metric's name may hold `:`, `@` and `~`.

    Raises UsageError with a right example for anything else.
    """
    if not isinstance(text, str):
        raise UsageError(f"gate {str(text)[:80]!r} is not text; a gate reads {EXAMPLE}")
    parts = text.rsplit(":", 2)
    if len(parts) != 3:
        raise _refused(text, "has not three parts metric:op:value")
    subject, op, value = parts
    metric, aggregate, base = parse_subject(subject, text)
    if not metric or metric != metric.strip() or not metric.isprintable():
        raise _refused(text, "has no proper metric name")
    if op not in OPERATORS:
        raise _refused(text, f"has the operator {op[:20]!r}, not one of lt, le, gt, ge")
    if aggregate in BOUNDS and op not in BOUNDS[aggregate]:
        other = next(name for name in BOUNDS if name != aggregate)
        raise _refused(text, f"judges the lenient bound: {op} goes with @{other}", f"{metric}@{other}:{op}:18.09")
    try:
        threshold = parse_decimal(value)
    except ValueError as error:
        raise _refused(text, f"has a bad threshold: {error}") from None
    return Gate(metric, op, threshold, text, aggregate, base)


def parse_subject(subject: str, text: str = "") -> tuple[str, str | None, bool]:
    """Return metric, aggregate and whether the base is meant; what is neither is part of the metric's name.

    Raises UsageError, naming the whole `text`, for a known metric with an unknown ending.
    """
    text = text or subject
    rest = subject.removesuffix(BASE)
    metric, at, aggregate = rest.rpartition("@")
    if at and (aggregate in AGGREGATES or aggregate in BOUNDS):
        if metric.endswith(BASE):
            raise _refused(text, "names the base before the aggregate", f"{metric[:-5]}@{aggregate}{BASE}:lt:0")
        return metric, aggregate, rest != subject
    # A metric may be called `hits@10`; one that is known without its ending has no such name.
    if metric in STANDARD_METRICS:
        raise _refused(text, f"has no aggregate {aggregate[:20]!r}", f"{metric}@ucl95:lt:18.09", aggregate)
    stem = subject.partition("~")[0]
    if stem != rest and stem.partition("@")[0] in STANDARD_METRICS:
        raise _refused(text, f"ends in {subject[len(stem) :][:20]!r}, not in ~base", f"{stem}~base:lt:0")
    return rest, None, rest != subject


def _refused(text: str, why: str, example: str = EXAMPLE, near: str = "") -> UsageError:
    hint = did_you_mean(near, (*AGGREGATES, *BOUNDS), 1) if near else ""
    return UsageError(f"gate {text[:120]!r} {why}{hint}; a gate reads {example}")
