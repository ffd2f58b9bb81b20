"""Numbers as a comment shows them: short, but never so short that they seem to be what they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from expflow_hooks.core.metrics.gates import OPERATORS, GateResult
from expflow_hooks.core.metrics.values import show_number, value_status

_DIGITS = 6  # significant
_TOO_MUCH = 1e5  # per cent


def short(value: Any, digits: int = _DIGITS) -> str:
    """Return a value in a few significant digits, or its status; the comparisons were made on the stored value."""
    if isinstance(value, int) or value_status(value) is not None:
        return show_number(value)
    return f"{value:.{digits}g}"


def _seems_so(result: GateResult, text: str) -> bool:
    """Return whether a value's text is on the side of the threshold on which the value is."""
    hold = OPERATORS[result.gate.op]
    return value_status(result.value) is not None or hold(float(text), result.gate.threshold) == hold(
        result.value, result.gate.threshold
    )


def difference(value: Any, other: Any, *, higher: bool) -> str:
    """Return a value's difference to another with its sign, in per cent, and in a word: better, worse or level."""
    gap = value - other
    if gap == 0:
        return "level"
    return f"{gap:+.4g}{percent(gap, other)}, {'better' if (gap > 0) is higher else 'worse'}"


def percent(gap: Any, other: Any) -> str:
    """Return a difference in per cent of its reference; nothing where that is zero or the per cent adds nothing."""
    part = 100 * gap / abs(other) if other else 0.0
    if part == 0 or abs(part) >= _TOO_MUCH:
        return ""
    return f" ({part:+.3g}%)" if abs(part) < 1000 else f" ({part:+.0f}%)"


def short_in_gate(result: GateResult, digits: int = _DIGITS) -> str:
    """Return a gate's value: in full where rounding would put it on the other side of the threshold."""
    text = short(result.value, digits)
    return text if _seems_so(result, text) else repr(result.value)


def are_distinguishable(values: Iterable[Any], show: Callable[[Any], str] = short) -> bool:
    """Return whether different values look different as they are shown."""
    counting = {value for value in values if value_status(value) is None}
    return len({show(value) for value in counting}) == len(counting)
