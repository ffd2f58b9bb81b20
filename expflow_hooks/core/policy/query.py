"""The query that options and policy make together."""

from __future__ import annotations

from collections.abc import Iterable

from expflow_hooks.core.metrics.gates import Gate, parse_gate
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.registry.experiment import Selection


def make_query(
    policy: Policy,
    selection: Selection,
    *,
    sort_by: str | None = None,
    ascending: bool | None = None,
    gates: Iterable[str | Gate] = (),
    group_by: GroupBy | None = None,
    top: int | None = None,
) -> Query:
    """Return the query that options and policy make together: an option overrides, `gates` replace the policy's."""
    board = policy.leaderboard
    parsed = tuple(gate if isinstance(gate, Gate) else parse_gate(gate) for gate in gates)
    return Query(
        sort_by or board.sort_by or "seg_total",
        None if ascending is None else not ascending,
        parsed or board.gates,
        group_by or board.group_by,
        top if top is not None else board.top,
        selection._replace(project=selection.project or board.project, tags=selection.tags or board.tags),
        policy.metrics,
        confirm=board.confirm is not None,
    )
