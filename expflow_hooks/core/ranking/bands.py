"""Rank bands: which of the first groups their runs separate, and how much luck is in the leader's value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.ranking.statistics import LEVEL, Estimate, holm_levels, optimism, t_tail, welch

BANDED = 100
"""How many of the first groups are compared with each other: nobody reads on which ranks lie beyond, and pairs cost."""


def mark_bands(ranked: Sequence[Row]) -> None:
    """Give each of the first groups its band, and the leader its expected optimism.

    A band is its leader and those that follow until one is told apart from it; that one leads the next band. Where no
    group's noise is known there are no bands.
    """
    rows = ranked[:BANDED]
    means = [row.group.mean if row.group else None for row in rows]
    if len(rows) < 2 or not any(means):
        return
    apart = _separated(means)
    start = 0
    while start < len(rows):
        end = next((place for place in range(start + 1, len(rows)) if (start, place) in apart), len(rows))
        for row in rows[start:end]:
            row.band = (rows[start].rank or start + 1, end)
        if start == 0:
            known = [mean for mean in means[:end] if mean is not None]
            rows[0].optimism = optimism(known) if len(known) > 1 and means[0] is not None else None
        start = end


def _separated(means: Sequence[Estimate | None]) -> set[tuple[int, int]]:
    """Return the pairs that Welch's two-sided test separates, with Holm's method over all pairs.

    All pairs, since which of them leads is no more than how the runs fell: against the leader alone, one of twenty
    equal groups would be told apart in every fifth table.
    """
    pairs = list(combinations(range(len(means)), 2))
    p_values = [_p(means[a], means[b]) for a, b in pairs]
    levels = holm_levels(p_values, 1 - LEVEL)
    return {pair for pair, p, level in zip(pairs, p_values, levels, strict=True) if p <= level}


def _p(one: Estimate | None, other: Estimate | None) -> float:
    if one is None or other is None:
        return 1.0
    difference = welch(one, other)
    return 2 * t_tail(abs(difference.value) / difference.error, difference.df)
