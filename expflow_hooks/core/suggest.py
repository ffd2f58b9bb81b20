"""Did-you-mean: the nearest of the names that exist, for an error's last words."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], count: int = 3) -> str:
    """Return `; did you mean a, b?` for the names nearest to `name`, or the empty string."""
    from difflib import get_close_matches

    names = list(known)
    near = get_close_matches(name[:200], names, n=count, cutoff=0.5)
    if len(name) >= 3:  # `train` is no close match of `train_time_min`, but its beginning
        near += [known_name for known_name in names if known_name.startswith(name) and known_name not in near]
    near = near[:count]
    return f"; did you mean {', '.join(near)}?" if near else ""


def nearly(name: str, known: Iterable[str], likeness: float) -> str | None:
    """Return the known name that an unknown one is nearly, by a likeness from 0 to 1, or None."""
    from difflib import get_close_matches

    names = list(known)
    near = [] if name in names else get_close_matches(name[:200], names, n=1, cutoff=likeness)
    return near[0] if near else None
