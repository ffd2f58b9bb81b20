"""The one plural rule and the one way to shorten a list of names."""

from __future__ import annotations

from collections.abc import Iterable


def counted(count: int, noun: str) -> str:
    """Return `1 line`, `2 lines`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Iterable[object], most: int = 3, *, of: int | None = None) -> str:
    """Return `a, b, c and 4 more`; `of` is how many there are where `names` holds only the first of them."""
    shown = [str(name) for name in names]
    more = (len(shown) if of is None else of) - min(len(shown), most)
    return ", ".join(shown[:most]) + (f" and {more} more" if more > 0 else "")
