"""Gates: `metric:op:value`, parsed strictly and judged on the stored value."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.values import LARGEST, parse_decimal, value_status

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
SYMBOLS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥"}
EXAMPLE = "pde_mean:lt:18.09"


class GateResult(NamedTuple):
    """What a gate says of one value: `status` is None where the value counts, `margin` is positive inside the gate."""

    gate: Gate
    value: Any
    status: str | None
    passed: bool
    margin: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form; a value that does not count is null and its status says why."""
        return {
            "gate": self.gate.text,
            "value": None if self.status else self.value,
            "status": self.status or "ok",
            "passed": self.passed,
            "margin": self.margin,
        }


class Gate(NamedTuple):
    """One gate: a metric, an operator of `lt le gt ge`, and a finite threshold in the metric's unit."""

    metric: str
    op: str
    threshold: float
    text: str

    @property
    def upper(self) -> bool:
        """Say whether the gate bounds from above (`lt`, `le`), so that the largest value is the worst."""
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
        """Say whether the value counts and the comparison holds."""
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
        return f"{self.metric} {SYMBOLS[self.op]} {self.text.rsplit(':', 1)[1]}"


def all_hold(gates: Sequence[Gate]) -> Callable[[Sequence[Any]], bool]:
    """Return a function that says whether every gate holds for its value; the values in the order of the gates.

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
    """Return the gate that `metric:op:value` spells, split from the right since a metric's name may hold `:`.

    Raises UsageError with a right example for anything else.
    """
    if not isinstance(text, str):
        raise UsageError(f"gate {str(text)[:80]!r} is not text; a gate reads {EXAMPLE}")
    parts = text.rsplit(":", 2)
    if len(parts) != 3:
        raise _refused(text, "has not three parts metric:op:value")
    metric, op, value = parts
    if not metric or metric != metric.strip() or not metric.isprintable():
        raise _refused(text, "has no proper metric name")
    if op not in OPERATORS:
        raise _refused(text, f"has the operator {op[:20]!r}, not one of lt, le, gt, ge")
    try:
        threshold = parse_decimal(value)
    except ValueError as error:
        raise _refused(text, f"has a bad threshold: {error}") from None
    return Gate(metric, op, threshold, text)


def _refused(text: str, why: str) -> UsageError:
    return UsageError(f"gate {text[:120]!r} {why}; a gate reads {EXAMPLE}")
