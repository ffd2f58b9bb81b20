"""Numbers as people read them: four significant digits of a column's spread; the stored values were compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from math import floor, log10
from typing import Any

from expflow_hooks.core.metrics.gates import OPERATORS, GateResult
from expflow_hooks.core.metrics.values import show_number, value_status

Show = Callable[[Any], str]

_DIGITS = 4
_MOST_DECIMALS = 12
_PLAIN_BELOW = 1e12  # larger numbers are shown with an exponent


def in_full(value: Any) -> str:
    """Return a value with every digit that it has, or its status."""
    return show_number(value) if value_status(value) is not None else repr(value)


def roughly(values: Iterable[Any]) -> Show:
    """Return how to show numbers beside a drawing: three significant digits of their spread."""
    counting = _counting(values)
    return _rounded(_decimals(counting, 3, counting))


def for_column(leading: Iterable[Any], others: Iterable[Any] = (), *, precise: bool = False) -> Show:
    """Return how to show the numbers of one column, all to as many decimals as the leading ones need.

    Two values that differ never read the same, and none that is not zero reads as zero.
    """
    if precise:
        return in_full
    leading = _counting(leading)
    counting = leading | _counting(others)
    rounded = _rounded(_decimals(leading if len(leading) > 1 else counting, _DIGITS, counting))
    texts = Counter(map(rounded, counting))
    alike = {value for value in counting if texts[rounded(value)] > 1}
    return lambda value: show_number(value) if value_status(value) is None and value in alike else rounded(value)


def in_gate(result: GateResult, show: Show) -> str:
    """Return a gate's value: in full where rounding would put it on the other side of the threshold."""
    text = show(result.value)
    return (
        text if OPERATORS[result.gate.op](float(text), result.gate.threshold) == result.passed else repr(result.value)
    )


def _counting(values: Iterable[Any]) -> set[Any]:
    return {value for value in values if value_status(value) is None}


def _rounded(decimals: int) -> Show:
    def rounded(value: Any) -> str:
        if isinstance(value, int) or value_status(value) is not None or abs(value) >= _PLAIN_BELOW:
            return show_number(value)
        text = f"{value:.{decimals}f}"
        return text if float(text) or not value else f"{value:.{_DIGITS}g}"

    return rounded


def _decimals(values: Iterable[Any], digits: int, shown: Iterable[Any]) -> int:
    """Return the number of decimals: enough for the digits of the values' spread, no more than the shown ones have."""
    sizes = [float(value) for value in values]
    had = max((_had(float(value)) for value in shown), default=0)
    half = max(sizes) / 2 - min(sizes) / 2 if sizes else 0.0  # the whole may be infinite
    return had if not half else min(had, max(digits - 1 - floor(log10(half) + log10(2)), 0))


def _had(value: float) -> int:
    """Return how many decimals ten significant digits of a value have."""
    digits, _, exponent = f"{value:.9e}".partition("e")
    return min(max(len(digits.rstrip("0").partition(".")[2]) - int(exponent), 0), _MOST_DECIMALS)
