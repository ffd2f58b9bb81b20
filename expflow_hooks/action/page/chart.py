"""The ranking as a small chart of Unicode bars in a code block, which GitHub, mail and phones all show.

Bars start at zero. Where the values lie close together far from zero, dots on a cut axis take their place, since a bar
that does not start at zero lies. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from expflow_hooks.action.page.numbers import short
from expflow_hooks.render.escape import in_code_block

WIDTH = 24  # characters: what a phone shows beside rank and value
_LONGEST = 32  # characters of a name
_EIGHTHS = " ▏▎▍▌▋▊▉"
_CLOSE = 0.2  # values within this part of the largest are told apart by dots only


class Bar(NamedTuple):
    """One row: its rank (None below the line), its value, whether it is a candidate, and its name."""

    rank: int | None
    value: float
    candidate: bool
    name: str = ""


def draw(bars: Sequence[Bar], gates: Sequence[float], arrow: str = " ", width: int = WIDTH) -> list[str]:
    """Return the lines of the chart, with a line down at each gate; nothing for fewer than two rows.

    `arrow` says which way is better.
    """
    if len(bars) < 2:
        return []
    values = [*(bar.value for bar in bars), *gates]
    low, high = min(values), max(values)
    dots = low * high > 0 and (high - low) < _CLOSE * max(abs(low), abs(high))
    start, end = (low, high) if dots else (min(low, 0.0), max(high, 0.0))
    scale = (end - start) or 1.0
    if scale == float("inf"):  # the two ends of what a double holds
        return []
    places = [(value - start) / scale * width for value in (*(bar.value for bar in bars), *gates, 0.0)]
    zero = max(0.0, min(places[-1], width)) if not dots else -1.0
    marks = {min(int(place), width) for place in places[len(bars) : -1]}
    lines = [_line(bar, place, zero, marks, width) for bar, place in zip(bars, places, strict=False)]
    return [*lines, f" {arrow:>4} {_axis(start, end, gates, marks, width)}"]


def _line(bar: Bar, place: float, zero: float, marks: set[int], width: int) -> str:
    cells = _dot(place, width) if zero < 0 else _bar(min(place, zero), max(place, zero), width)
    for mark in marks:
        cells[mark] = "┊" if cells[mark] == " " else cells[mark]
    rank = "–" if bar.rank is None else str(bar.rank)
    sign = "▶" if bar.candidate else " "
    return f"{sign}{rank:>4} {''.join(cells)} {short(bar.value):<9} {in_code_block(bar.name, _LONGEST)}".rstrip()


def _bar(start: float, end: float, width: int) -> list[str]:
    """Return a bar between two places, whole cells at its start and eighths at its end."""
    cells = [" "] * (width + 1)
    first, last = int(start), int(end)
    for cell in range(first, last):
        cells[cell] = "█"
    if last <= width:
        cells[last] = _EIGHTHS[int((end - last) * 8)]
    if not "".join(cells).strip():
        cells[min(first, width)] = "▏"
    return cells


def _dot(place: float, width: int) -> list[str]:
    at = min(round(place), width)
    return ["·"] * at + ["●"] + [" "] * (width - at)


def _axis(start: float, end: float, gates: Sequence[float], marks: set[int], width: int) -> str:
    cells = ["┊" if cell in marks else "─" for cell in range(width + 1)]
    told = f"{short(start)} … {short(end)}"
    return f"{''.join(cells)} {told}" + ("; ┊ gate " + ", ".join(map(short, gates)) if gates else "")
