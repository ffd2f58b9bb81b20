"""The runs of one configuration, which rules on groups judge, and the earlier groups that they are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from expflow_hooks.core.ranking.configurations import Configurations
from expflow_hooks.core.ranking.row import Seed
from expflow_hooks.core.registry.experiment import Experiment


class RunGroup(NamedTuple):
    """The runs that share every parameter but the ignored ones, in the order of the registry, whatever their state.

    `seeds` are each run's ignored parameters, `fresh` the ids of the completed runs whose seed no run before them has,
    `earlier` the groups of which every run stands before this group's first.
    """

    runs: tuple[Experiment, ...]
    seeds: tuple[Seed | None, ...] = ()
    fresh: frozenset[str] = frozenset()
    earlier: tuple[RunGroup, ...] = ()


def groups_of(
    ids: Iterable[str], experiments: Sequence[Experiment], ignore: Iterable[str] = ("seed",)
) -> dict[str, RunGroup]:
    """Return each experiment's group; `experiments` are in their present state and in the order of the registry."""
    configurations = Configurations(ignore)
    keys = {run.experiment_id: configurations.key(run) for run in experiments}
    members: dict[int | str, list[int]] = {}
    for place, run in enumerate(experiments):
        key = keys[run.experiment_id]
        members.setdefault(run.experiment_id if key is None else key, []).append(place)
    seeds = [configurations.seed(run) for run in experiments]
    fresh = _fresh(experiments, seeds)

    def group(places: Sequence[int], earlier: tuple[RunGroup, ...] = ()) -> RunGroup:
        runs = tuple(experiments[place] for place in places)
        own = fresh.intersection(run.experiment_id for run in runs)
        return RunGroup(runs, tuple(seeds[place] for place in places), own, earlier)

    found: dict[str, RunGroup] = {}
    for name in dict.fromkeys(ids):
        if name in keys:
            key = keys[name]
            places = members[name if key is None else key]
            before = [group(other) for other in members.values() if other[-1] < places[0]]
            found[name] = group(places, tuple(before))
    return found


def _fresh(experiments: Sequence[Experiment], seeds: Sequence[Seed | None]) -> frozenset[str]:
    first: dict[Seed, str] = {}
    for run, seed in zip(experiments, seeds, strict=True):
        if seed is not None:
            first.setdefault(seed, run.experiment_id)
    return frozenset(run.experiment_id for run in experiments if run.state == "completed").intersection(first.values())
