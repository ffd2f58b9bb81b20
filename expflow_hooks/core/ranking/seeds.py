"""Honest seeds: what the runs of a group have in common that they should not, and which of them confirm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.row import Made, Row, Seed


def seed_notes(runs: Sequence[Row], values: Sequence[Any]) -> tuple[str, ...]:
    """Return what a reader must know of a group's runs: identical values, a seed used again, code that differs."""
    notes = []
    times = Counter(value for value in values if value_status(value) is None)
    repeated = sum(count for count in times.values() if count > 1)
    if repeated:
        notes.append(f"identical values from different runs ({repeated} of {len(values)})")
    made = [run.made for run in runs if run.made]
    notes += [f"{show_seed(seed)} used {count} times" for seed, count in reused(made)]
    codes = {one.code for one in made}
    if len(codes) > 1:
        some = " (some runs do not say)" if None in codes else ""
        notes.append(f"runs of {len(codes - {None}) or 1} versions of the code{some}")
    return tuple(notes)


def reused(made: Iterable[Made]) -> list[tuple[Seed, int]]:
    """Return the seeds that more than one run has, with how many have it."""
    return reused_seeds(one.seed for one in made)


def reused_seeds(seeds: Iterable[Seed | None]) -> list[tuple[Seed, int]]:
    """Return the seeds that occur more than once, with their counts."""
    times = Counter(seed for seed in seeds if seed is not None)
    return [(seed, count) for seed, count in times.items() if seed is not None and count > 1]


def show_seed(seed: Seed) -> str:
    """Return ignored parameters as people read them, `seed 1`."""
    return ", ".join(f"{name} {value[:20]}" for name, value in seed)


def fresh_runs(rows: Iterable[Row], candidates: frozenset[str]) -> frozenset[str]:
    """Return the candidates' runs that confirm: no earlier line has their seed, and no other candidate's run.

    `rows` are in the order of their lines. The best of many configurations that ran on the same seeds was picked by
    these: what it does on others was not.
    """
    owners: dict[Seed, set[Any]] = {}
    first: dict[Seed, str] = {}
    for row in rows:
        seed = row.made.seed if row.made else None
        if seed is None:
            continue
        first.setdefault(seed, row.experiment_id)
        if row.experiment_id in candidates:
            owners.setdefault(seed, set()).add(row.configuration)
    return frozenset(first[seed] for seed, by in owners.items() if len(by) == 1 and first[seed] in candidates)
