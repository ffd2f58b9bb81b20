"""The base's best group, which gates `~base` compare the candidates with: from the merge target's registry."""

from __future__ import annotations

from collections.abc import Sequence

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.rank import best_group
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.registry.experiment import Experiment, latest
from expflow_hooks.core.registry.reader import Registry


def base_group(
    registry: Registry | None, experiments: Sequence[Experiment], own: frozenset[str], query: Query
) -> Row | None:
    """Return the best group of the base, or None where no gate asks for it or none ranks.

    Of a tracked registry that is the one at the base's tip; a server and a file elsewhere have no base (None), so that
    there it is what is not the change's `own`.
    """
    if not query.compares:
        return None
    if registry is not None:
        experiments = latest(registry.experiments(), query.selection)
        if registry.unreadable:
            line = registry.unreadable[0].line
            raise UnreadableError(f"{registry.path}, line {line}, cannot be read: the base's best may stand there")
    return best_group([run for run in experiments if run.experiment_id not in own], query)
