"""What a number is: which values count, and the statuses of those that do not.

The one rule under gates, ranking and audit: a value counts only if it is an int or a float, not a bool, and finite.
Everything else has a status that says why, passes no gate and outranks nothing.
"""

from __future__ import annotations

import re
from typing import Any

MISSING = "missing"
NULL = "null"
NAN = "nan"
INF = "inf"
NEGATIVE_INF = "-inf"
TYPE = "type"
SUSPECT_ZERO = "suspect-zero"
RESUMED_STATUS = "resumed"

LARGEST = 1.7976931348623157e308  # the largest finite double, IEEE 754 binary64
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,400}")


class NoValue:
    """Placeholder for a missing or unusable number; its status is the reason."""

    def __init__(self, status: str) -> None:
        self.status = status

    def __repr__(self) -> str:
        return f"<{self.status}>"


ABSENT = NoValue(MISSING)
SUSPECT = NoValue(SUSPECT_ZERO)
RESUMED = NoValue(RESUMED_STATUS)  # a time of which only the last session is known


def value_status(value: Any) -> str | None:
    """Return None if the value counts, else the status with the reason."""
    if value is None:
        return NULL
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value.status if isinstance(value, NoValue) else TYPE
    if value != value:
        return NAN
    if value > LARGEST:
        return INF
    if value < -LARGEST:
        return NEGATIVE_INF
    return None


def same_value(old: Any, new: Any) -> bool:
    """Return whether two values are the same: equal and of one type, or both NaN."""
    return (bool(old == new) and type(old) is type(new)) or bool(old != old and new != new)


def unwrapped(value: Any) -> Any:
    """Return the Python number inside a zero-dimensional NumPy or torch value; anything else as it is."""
    item = getattr(value, "item", None)
    return item() if callable(item) and getattr(value, "shape", None) == () else value


def parse_decimal(text: str) -> float:
    """Return the finite number that ASCII decimal text spells.

    Raises ValueError for anything else: `nan`, `inf`, `1e999`, `1_000`, blanks, digits of other scripts.
    """
    if len(text) > 400 or not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is not a decimal number such as 18.09")
    number = float(text)
    if value_status(number) is not None:
        raise ValueError(f"{text[:80]!r} is too large for a number")
    return number


def parse_integer(value: Any) -> int:
    """Return the integer that an int or a string of ASCII digits gives; raise ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    raise ValueError(f"{str(value)[:80]!r} is not an integer in ASCII digits")


def show_number(value: Any) -> str:
    """Return a value as people read it; the comparison is always on the stored value, never on this text."""
    status = value_status(value)
    if status is not None:
        return status
    return str(value) if isinstance(value, int) else f"{value:.10g}"
