"""The values of all judged metrics at one iteration: that at which the metric that is sorted by was best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.sources.clearml.client import Client
from expflow_hooks.sources.clearml.metrics import AGGREGATES, Flattening, Pair, choose, read_entries

_ALL_POINTS = 0  # the server thins a longer curve out else, and gives means of its parts


def at_best(task: Mapping[str, Any], how: Flattening, *, higher: bool, client: Client) -> dict[str, Any]:
    """Return the task with its judged metrics as they were at the first one's best iteration.

    A metric that was not reported at that iteration is missing. A task without the first one stays as it is.
    """
    entries, task_id = read_entries(task), str(task.get("id"))
    chosen = [choose(name, entries, task_id) for name in how.needed]
    if not chosen or chosen[0] is None:
        return dict(task)
    key = AGGREGATES["max" if higher else "min"]
    best = entries[chosen[0]]
    iteration = best.get(f"{key}_iteration")
    if iteration is None:
        raise UnreadableError(
            f"{client.credentials.shown_host}: this server does not keep at which iteration {chosen[0][1]} was best"
        )
    pairs = [pair for pair in dict.fromkeys(chosen) if pair is not None]
    found = _values_at(client, task_id, pairs, iteration)
    if found.get(chosen[0]) != best.get(key):
        raise UnreadableError(
            f"{client.credentials.shown_host}: task {task_id}: its curve of {chosen[0][1]} has not the best value that"
            f" the server keeps, {best.get(key)!r} at iteration {iteration}"
        )
    judged = [_entry(pair, found[pair], iteration) for pair in pairs if pair in found]
    others = [dict(entry) for pair, entry in entries.items() if pair not in pairs]
    return {**task, "last_metrics": {"": {str(number): entry for number, entry in enumerate([*judged, *others])}}}


def _entry(pair: Pair, value: Any, iteration: Any) -> dict[str, Any]:
    values = dict.fromkeys(AGGREGATES.values(), value)
    return {"metric": pair[0], "variant": pair[1], **values, **{f"{key}_iteration": iteration for key in values}}


def _values_at(client: Client, task_id: str, pairs: list[Pair], iteration: Any) -> dict[Pair, Any]:
    """Return each metric's value at an iteration, the last one reported there; without one, the metric is left out."""
    wanted: dict[str, list[str]] = {}
    for title, series in pairs:
        wanted.setdefault(title, []).append(series)
    metrics = [{"metric": title, "variants": variants} for title, variants in wanted.items()]
    query = {"task": task_id, "key": "iter", "samples": _ALL_POINTS, "metrics": metrics}
    answer = client.call("events.scalar_metrics_iter_histogram", query)
    found = {}
    for title, series in pairs:
        curve = _mapping(_mapping(answer.get(title)).get(series))
        xs, ys = curve.get("x"), curve.get("y")
        if isinstance(xs, list) and isinstance(ys, list):
            at = [y for x, y in zip(xs, ys, strict=False) if x == iteration]
            if at:
                found[title, series] = at[-1]
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
