"""The base's best group, which gates `~base` compare the candidates with: from the merge target's registry."""

from __future__ import annotations

from collections.abc import Sequence

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.rank import best_group
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.registry.experiment import Experiment, latest
from expflow_hooks.core.registry.reader import Registry


def base_runs(registry: Registry | None, query: Query) -> list[Experiment] | None:
    """Return the experiments as the base's tip has them; None for a server and a file elsewhere, which have no base."""
    if registry is None:
        return None
    experiments = latest(registry.experiments(), query.selection)
    if registry.unreadable:
        line = registry.unreadable[0].line
        raise UnreadableError(f"{registry.path}, line {line}, cannot be read: the base's best may be there")
    return experiments


def base_group(experiments: Sequence[Experiment], own: frozenset[str], query: Query) -> Row | None:
    """Return the best group of the base, which is what is not the change's `own`; None where no gate asks for it."""
    if not query.compares:
        return None
    return best_group([run for run in experiments if run.experiment_id not in own], query)
