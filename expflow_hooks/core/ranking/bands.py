"""Rank bands: which of the first groups are told apart by their runs, and how much luck is in the leader's value."""

from __future__ import annotations

from collections.abc import Sequence

from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.ranking.statistics import LEVEL, Estimate, holm_levels, optimism, welch

BANDED = 200
"""How many of the first groups are compared with each other: nobody reads on which ranks lie beyond, and pairs cost."""


def mark_bands(ranked: Sequence[Row], *, higher: bool) -> None:
    """Give each of the first groups its band, and the leader its expected optimism.

    A band is its leader and those that follow until one is worse by Welch's test, over all that follow by Holm's
    method; that one leads the next band. Where no group's noise is known there are no bands.
    """
    rows = ranked[:BANDED]
    means = [row.group.mean if row.group else None for row in rows]
    if len(rows) < 2 or not any(means):
        return
    start = 0
    while start < len(rows):
        end = start + 1 + _not_told_apart(means[start], means[start + 1 :], higher=higher)
        for row in rows[start:end]:
            row.band = (rows[start].rank or start + 1, end)
        if start == 0:
            known = [mean for mean in means[:end] if mean is not None]
            rows[0].optimism = optimism(known) if len(known) > 1 and means[0] is not None else None
        start = end


def _not_told_apart(leader: Estimate | None, others: Sequence[Estimate | None], *, higher: bool) -> int:
    """Return how many of those that follow come before the first that is worse than the leader beyond doubt."""
    p_values = [
        1.0 if leader is None or other is None else welch(leader, other).tail(0, below=not higher) for other in others
    ]
    levels = holm_levels(p_values, 1 - LEVEL)
    return next((n for n, (p, level) in enumerate(zip(p_values, levels, strict=True)) if p <= level), len(others))
