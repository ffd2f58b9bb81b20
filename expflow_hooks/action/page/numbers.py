"""Numbers as a comment shows them: short, but never so short that they seem to be what they are not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from expflow_hooks.core.metrics.gates import OPERATORS, GateResult
from expflow_hooks.core.metrics.values import show_number, value_status

_DIGITS = 6


def short(value: Any) -> str:
    """Return a value in six significant digits, or its status; the comparisons were made on the stored value."""
    if isinstance(value, int) or value_status(value) is not None:
        return show_number(value)
    return f"{value:.{_DIGITS}g}"


def short_in_gate(result: GateResult) -> str:
    """Return a gate's value: in full where rounding would put it on the other side of the threshold."""
    text = short(result.value)
    seems = OPERATORS[result.gate.op](float(text), result.gate.threshold)
    return text if seems == result.passed else repr(result.value)


def are_distinguishable(values: Iterable[Any]) -> bool:
    """Say whether different values look different when they are short."""
    counting = {value for value in values if value_status(value) is None}
    return len({short(value) for value in counting}) == len(counting)
