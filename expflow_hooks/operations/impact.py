"""What would be lost with an experiment, for whoever is about to give the PIN: its rank, and who refers to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.policy.load import load_policy
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.wording import listed


def at_stake_in(registry: str, experiment_id: str) -> str:
    """Return the experiment's rank by the policy's leaderboard and the experiments that refer to it, for a prompt.

    What cannot be told is left out: a prompt is no place for an error about something else.
    """
    try:
        said = [text for text in (_standing(registry, experiment_id), _referrers(registry, experiment_id)) if text]
    except (ExpflowError, OSError):
        return ""
    return "".join(f"; {text}" for text in said)


def _standing(registry: str, experiment_id: str) -> str:
    from expflow_hooks.core.policy.query import make_query
    from expflow_hooks.core.registry.experiment import Selection

    query = make_query(load_policy(), Selection())._replace(top=None)
    try:
        ranking = rank(Registry(registry).experiments(), query)
    except ExpflowError:  # a metric that nobody here has
        return ""
    for row in ranking.ranked:
        if experiment_id == row.experiment_id or (row.group and experiment_id in row.group.runs):
            return f"rank {row.rank} of {len(ranking.ranked)} by {query.sort_by}"
    return ""


def _referrers(registry: str, experiment_id: str) -> str:
    token = re.compile(rf"(?<![\w.-]){re.escape(experiment_id)}(?![\w.-])")
    found: dict[str, bool] = {}
    for record in Registry(registry).records():
        name = record["experiment_id"]
        if name != experiment_id:
            found[name] = any(token.search(text) for text in _texts(record))
    names = [name for name, refers in found.items() if refers]
    if not names:
        return ""
    return f"referred to by {listed(names)}"


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a record's values, at any depth."""
    rest = [value]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            rest += value.values()
        elif isinstance(value, list):
            rest += value
