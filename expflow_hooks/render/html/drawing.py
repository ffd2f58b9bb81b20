"""Small drawings in SVG: a group's runs as dots with the gate and the band; a metric over time with its frontier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.render.html.text import html

_WIDE, _HIGH = 640, 180
_LEFT, _TOP, _BOTTOM = 64, 10, 24


class Scale(NamedTuple):
    """The values from one end of a drawing to the other."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """Return the distance from one end to the other."""
        return self.high - self.low

    def holds(self, value: float) -> bool:
        """Return whether a value lies between the ends."""
        return self.low <= value <= self.high

    def place(self, value: float, width: float) -> float:
        """Return a value's position between 0 and `width`; values outside are clamped."""
        span = self.span
        part = (value / 2 - self.low / 2) / (span / 2) if span else 0.5
        return round(min(max(part, 0.0), 1.0) * width, 1)


def scale_of(values: Sequence[float]) -> Scale:
    """Return the scale that holds all values."""
    return Scale(min(values), max(values))


def shared(scale: Scale, gate: float | None, band: tuple[float, float] | None) -> str:
    """Return what every row's drawing shows beside its dots: the gate and the leading band."""
    parts = ""
    if band is not None:
        parts += f'<path class="band" d="M{_x(scale, band[0])} 8H{_x(scale, band[1])}"/>'
    if gate is not None and scale.holds(gate):
        parts += f'<path class="gate" d="M{_x(scale, gate)} 0v16"/>'
    return parts


def drawn_once(parts: str, name: str) -> str:
    """Return a drawing that is not seen where it stands; others show its parts by its name."""
    return f'<svg class="d defs" width="0" height="0" aria-hidden="true"><g id="{name}">{parts}</g></svg>'


def dots(values: Sequence[float], scale: Scale, show: Callable[[float], str] = show_number, name: str = "g") -> str:
    """Return a row's runs as dots on the common scale; the label repeats them in words, so colour carries nothing
    alone."""
    if not values:
        return ""
    low, high = show(min(values)), show(max(values))
    label = html(f"{len(values)} runs, {low} to {high}" if len(values) > 1 else f"1 run, {low}")
    places = [_x(scale, value) for value in sorted(values)]
    # From dot to dot: small numbers, of which a thousand rows pack into half the bytes.
    marks = f"M{places[0]} 8h0" + "".join(f"m{b - a} 0h0" for a, b in pairwise(places))
    return f'<svg class=d role=img aria-label="{label}"><use href="#{name}"/><path class=dots d="{marks}"/></svg>'


def _x(scale: Scale, value: float) -> int:
    """Return a value's position in a row's drawing, in pixels: 4 to 146."""
    return round(4 + scale.place(value, 142))


class Point(NamedTuple):
    """One experiment in time: when, and its value."""

    at: datetime
    value: float


def frontier(points: Sequence[Point], *, higher: bool) -> list[Point]:
    """Return the points that were the best so far when they came, by time."""
    best: list[Point] = []
    for point in sorted(points):
        if not best or (point.value > best[-1].value if higher else point.value < best[-1].value):
            best.append(point)
    return best


def timeline(points: Sequence[Point], metric: str, *, higher: bool, gate: float | None) -> str:
    """Return the metric over time, every experiment a dot, the record as a stepped line; nothing for fewer than two."""
    if len(points) < 2:
        return ""
    values = [point.value for point in points] + ([] if gate is None else [gate])
    up = scale_of(values)
    times = scale_of([point.at.timestamp() for point in points])

    def x(point: Point) -> float:
        return _LEFT + times.place(point.at.timestamp(), _WIDE - _LEFT - 10)

    def y(value: float) -> float:
        return _TOP + (_HIGH - _TOP - _BOTTOM) - up.place(value, _HIGH - _TOP - _BOTTOM)

    best = frontier(points, higher=higher)
    steps = f"M{x(best[0])} {y(best[0].value)}" + "".join(f"H{x(p)}V{y(p.value)}" for p in best[1:])
    label = (
        f"{metric} of {len(points)} experiments over time; the record went from {show_number(best[0].value)}"
        f" to {show_number(best[-1].value)} in {len(best)} steps"
    )
    marks = "".join(f"M{x(p):.0f} {y(p.value):.0f}h0" for p in points)
    line = "" if gate is None else f'<path class="gate" d="M{_LEFT} {y(gate)}H{_WIDE - 10}"/>'
    first, last = min(points).at.date().isoformat(), max(points).at.date().isoformat()
    floor = _HIGH - _BOTTOM
    return (
        f'<svg class="t" viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{html(label)}">'
        f'<path class="a" d="M{_LEFT} {_TOP}V{floor}H{_WIDE - 10}" fill="none"/>'
        f'<text x="{_LEFT - 6}" y="{_TOP + 8}" text-anchor="end">{html(f"{up.high:.4g}")}</text>'
        f'<text x="{_LEFT - 6}" y="{floor}" text-anchor="end">{html(f"{up.low:.4g}")}</text>'
        f'<text x="{_LEFT}" y="{_HIGH - 8}">{first}</text>'
        f'<text x="{_WIDE - 10}" y="{_HIGH - 8}" text-anchor="end">{last}</text>'
        f'{line}<path class="p" d="{marks}"/><path class="f" d="{steps}H{_WIDE - 10}"/></svg>'
    )
