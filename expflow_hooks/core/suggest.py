"""Did-you-mean: the nearest of the names that exist, for an error's last words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

_FEW = 1000  # names that are all compared, letter by letter; a third of a millisecond each ten
_MOST_ALIKE = 200  # of more names, those that are compared: by their beginnings, and as many by their ends


def did_you_mean(name: str, known: Iterable[str], count: int = 3) -> str:
    """Return `; did you mean a, b?` for the names nearest to `name`, or the empty string."""
    from difflib import get_close_matches

    names = list(known)
    compared = names if len(names) <= _FEW else _alike(name, names)
    near = get_close_matches(name[:200], compared, n=count, cutoff=0.5)
    if len(name) >= 3:  # `train` is no close match of `train_time_min`, but its beginning
        beginning = (known_name for known_name in names if known_name.startswith(name) and known_name not in near)
        near += islice(beginning, count)
    near = near[:count]
    return f"; did you mean {', '.join(near)}?" if near else ""


def _alike(name: str, names: list[str]) -> list[str]:
    """Return the names that share the longest beginning with a name, and those that share the longest end.

    One slip of the hand leaves one or the other; and to compare 300,000 names letter by letter took 18 s.
    """
    begins = _longest(len(name), lambda size: [one for one in names if one.startswith(name[:size])])
    ends = _longest(len(name), lambda size: [one for one in names if one.endswith(name[len(name) - size :])])
    return list(dict.fromkeys([*begins, *ends]))


def _longest(size: int, sharing: Callable[[int], list[str]]) -> list[str]:
    """Return names that share as much as several do, at most `_MOST_ALIKE`; none that share nothing."""
    low, high, found = 0, min(size, 200), list[str]()
    while low < high:
        middle = (low + high + 1) // 2
        some = sharing(middle)
        if len(some) >= 3 or (some and not found):
            low, found = middle, some
        else:
            high = middle - 1
    return found[:_MOST_ALIKE]


def nearly(name: str, known: Iterable[str], likeness: float) -> str | None:
    """Return the known name that an unknown one is nearly, by a likeness from 0 to 1, or None."""
    from difflib import get_close_matches

    names = list(known)
    near = [] if name in names else get_close_matches(name[:200], names, n=1, cutoff=likeness)
    return near[0] if near else None
