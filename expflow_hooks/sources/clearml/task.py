"""One ClearML task as an experiment: its metrics by name, its parameters by path, its code; and what is doubtful.

Takes the server's own JSON, which the SDK's offline sessions are brought into as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.sources.clearml.client import Client
from expflow_hooks.sources.clearml.marks import clean_mark
from expflow_hooks.sources.clearml.metrics import Flattening, flat_metrics
from expflow_hooks.sources.clearml.remarks import TRAIN_TIME, Remarks
from expflow_hooks.sources.clearml.times import add_train_time

STATES = {
    "created": "created",
    "queued": "queued",
    "in_progress": "running",
    "stopped": "stopped",
    "failed": "failed",
    "completed": "completed",
    "published": "completed",
    "publishing": "completed",
    "closed": "stopped",  # only a stopped task can be closed, so none that is closed is known to have completed
}
"""ClearML's status -> ours; `unknown` and what newer servers may add stay as they are, and never count."""

_PROPERTIES = "properties"  # a user's remarks on a task, changed at will after the run; no parameters


def to_experiment(
    task: Mapping[str, Any], how: Flattening, remarks: Remarks, client: Client | None = None
) -> Experiment:
    """Return a task as an experiment; raise UsageError if a needed metric has two titles.

    `client` asks the server where only it can tell whether the task was resumed.
    """
    task_id = str(task.get("id") or "")
    status, tags = task.get("status"), task.get("tags")
    state = None if status is None else STATES.get(str(status), str(status))
    kept_tags = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    metrics = flat_metrics(task, kept_tags, how, remarks, judged=state in ("completed", None))
    script = _mapping(task.get("script"))
    add_train_time(metrics, task, how.metrics.source(TRAIN_TIME), remarks, client)
    return Experiment(
        task_id,
        name=_text(task.get("name")),
        status=state,
        project=_text(_mapping(task.get("project")).get("name")),
        tags=kept_tags,
        timestamp=_text(task.get("completed")),
        metrics=metrics,
        params=_params(task.get("hyperparams")),
        commit=_text(script.get("version_num")),
        branch=_text(script.get("branch")),
        dirty=_dirty(script, kept_tags, task_id),
        clearml_task_id=task_id,
    )


def _dirty(script: Mapping[str, Any], tags: tuple[str, ...], task_id: str) -> bool | None:
    """Return whether there were uncommitted changes; None if unknown: the SDK may have stored no diff."""
    if "diff" not in script:
        return None
    if script["diff"]:
        return True
    return False if clean_mark(str(script.get("version_num") or ""), task_id) in tags else None


def _params(hyperparams: Any) -> dict[str, Any]:
    return {
        f"{section}/{name}": entry.get("value")
        for section, entries in _mapping(hyperparams).items()
        if section != _PROPERTIES
        for name, entry in _mapping(entries).items()
        if isinstance(entry, dict)
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
