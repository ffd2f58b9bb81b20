"""Registry records made from ClearML tasks: of one task, and the registry's lines brought up to the server's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.permit import Permit
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.writer import Writer
from expflow_hooks.sources.clearml.client import Client
from expflow_hooks.sources.clearml.query import read_by_id
from expflow_hooks.sources.clearml.read import read_some

OFFLINE = "offline-"  # how the ids of the SDK's offline sessions begin: no server has them
_GONE = "task_gone"  # the field of a record whose task the server archived or deleted
_FINAL = frozenset({"cancelled", "deleted"})  # states that our own operations gave, which a server does not have


class Synced(NamedTuple):
    """What a sync did: the ids that got a new line, those unchanged, and what there is to warn of."""

    changed: list[str]
    unchanged: int
    warnings: list[str]


def is_remote(task_id: Any) -> bool:
    """Return whether a record's `clearml_task_id` is one that a server may have."""
    return isinstance(task_id, str) and task_id != "" and not task_id.startswith(OFFLINE)


def owners(registry: Registry, task_id: str) -> list[str]:
    """Return the ids of the experiments linked to this task, by the registry's last lines."""
    last = {record["experiment_id"]: record.get("clearml_task_id") for record in registry.records()}
    return [experiment_id for experiment_id, linked in last.items() if linked == task_id]


def check_pair(registry: Registry, experiment_id: str, task_id: str, *, linked: bool = True) -> None:
    """Raise UsageError if the registry links the experiment or the task otherwise.

    A pair of which it knows neither belongs together; with `linked=False`, an experiment without a task does too.
    """
    last = {record["experiment_id"]: record.get("clearml_task_id") for record in registry.records()}
    known, own = experiment_id in last, last.get(experiment_id)
    others = [name for name, theirs in last.items() if theirs == task_id and name != experiment_id]
    if own != task_id and known and (own or linked):
        told = f"its ClearML task is {own}" if own else "it has no ClearML task in the registry"
        raise UsageError(f"{experiment_id} and task {task_id[:80]} do not belong together: {told}")
    if others and own != task_id:
        raise UsageError(f"{experiment_id} and task {task_id[:80]} do not belong together: that task is {others[-1]}")


def record_of(experiment: Experiment) -> tuple[dict[str, Any], list[str]]:
    """Return a task's record, and the names of metrics that are left out since their value does not count."""
    record = {key: value for key, value in msgspec.structs.asdict(experiment).items() if value not in (None, (), {})}
    metrics = experiment.metrics or {}
    left_out = [name for name, value in metrics.items() if value_status(value) is not None]
    record["metrics"] = {name: value for name, value in metrics.items() if name not in left_out}
    if "tags" in record:
        record["tags"] = list(record["tags"])
    return record, left_out


def add_task(writer: Writer, experiment: Experiment, given: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Append a task's record, completed by what was given, and return it with the metrics that were left out.

    Commit and time are the task's own: this checkout's have nothing to do with it.
    """
    record, left_out = record_of(experiment)
    record = {**record, **given, "clearml_task_id": experiment.experiment_id}
    permit = None if given.keys() & {"status", "event"} else Permit("origin")  # the server's word, not the caller's
    writer.update(record["experiment_id"], lambda before: {**_carried(before), **record}, permit)
    return record, left_out


def sync(writer: Writer, policy: Policy, client: Client) -> Synced:
    """Bring status and metrics of every registry line with a `clearml_task_id` from the server.

    A line is written only where something changed; what was cancelled or deleted here stays so.
    """
    records = {record["experiment_id"]: record for record in Registry(writer.path).records()}
    linked = {i: r for i, r in records.items() if is_remote(r.get("clearml_task_id")) and r.get("status") not in _FINAL}
    task_ids = list(dict.fromkeys(record["clearml_task_id"] for record in linked.values()))
    found, warnings = read_some(task_ids, policy, client=client) if task_ids else ([], [])
    tasks = {task.experiment_id: task for task in found}
    lost = find_lost({i: record["clearml_task_id"] for i, record in linked.items()}, client)
    changed = [
        i
        for i, record in linked.items()
        if _bring(writer, record, tasks.get(record["clearml_task_id"]), lost.get(i), warnings)
    ]
    for fate in ("archived", "deleted"):
        some = [experiment_id for experiment_id, theirs in lost.items() if theirs == fate]
        if some:
            have = "1 experiment has a task that was"
            have = have if len(some) == 1 else f"{len(some)} experiments have tasks that were"
            warnings.append(f"{have} {fate} on the server: {_some(some)}; the registry's lines stay, and say so")
    return Synced(changed, len(linked) - len(changed), warnings)


def find_lost(linked: Mapping[str, str], client: Client) -> dict[str, str]:
    """Return which experiments, given with their tasks, have one that the server archived or deleted, and which."""
    task_ids = list(dict.fromkeys(linked.values()))
    tags = {task["id"]: task.get("system_tags") or () for task in read_by_id(client, task_ids, ("system_tags",))}
    fates = {i: "deleted" if task_id not in tags else "archived" for i, task_id in linked.items()}
    return {i: fate for i, fate in fates.items() if fate == "deleted" or "archived" in tags[linked[i]]}


def _bring(
    writer: Writer, before: dict[str, Any], task: Experiment | None, gone: str | None, warnings: list[str]
) -> bool:
    """Append a line with the task's status and metrics, or that it is gone, if they differ; return whether it did."""
    experiment_id, news = before["experiment_id"], {}
    if task is not None:
        theirs, left_out = record_of(task)
        if left_out:
            warnings.append(f"{experiment_id}: left out {', '.join(left_out)}: the server's 0.0 may be a NaN")
        stated = before.get("metrics")
        known = stated if isinstance(stated, dict) else {}
        metrics = {**known, **theirs["metrics"]}
        if before.get("status", "completed") != theirs.get("status", "completed") or metrics != known:
            news = {"status": theirs.get("status"), "metrics": metrics}
    if not news and before.get(_GONE) == gone:
        return False

    def make(now: dict[str, Any] | None) -> dict[str, Any]:
        line = {**_carried(now), **news, _GONE: gone}
        return line if gone else {key: value for key, value in line.items() if key != _GONE}

    writer.update(experiment_id, make, Permit("origin"))
    return True


def _carried(before: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (before or {}).items() if key not in ("prev", "event")}


def _some(ids: Sequence[str], most: int = 3) -> str:
    return ", ".join(ids[:most]) + (", …" if len(ids) > most else "")
