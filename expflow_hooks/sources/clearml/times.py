"""The training time as the server counts it: of the last session alone, so that a resumed task has none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.metrics.values import RESUMED, value_status
from expflow_hooks.core.registry.experiment import parse_time
from expflow_hooks.sources.clearml.client import Client
from expflow_hooks.sources.clearml.remarks import Remarks

FIELDS = ("active_duration", "created", "started")
_DIFFER = 0.05  # of the server's own duration, beyond which a reported training time is doubted
_SLACK = timedelta(seconds=60)  # that clocks may differ by, and that a task takes to begin and to end


def add_train_time(
    metrics: dict[str, Any], task: Mapping[str, Any], name: str, remarks: Remarks, client: Client | None
) -> None:
    """Fill in the training time from the server's active duration where it was not reported; doubt it if it was."""
    seconds, task_id = task.get("active_duration"), str(task.get("id"))
    if value_status(seconds) is not None or not isinstance(seconds, (int, float)) or seconds <= 0:
        return
    minutes = seconds / 60
    if name not in metrics:
        resumed = was_resumed(task, float(seconds), client)
        metrics[name] = RESUMED if resumed else minutes
        (remarks.resumed if resumed else remarks.timed).append(task_id)
        return
    reported = metrics[name]
    if value_status(reported) is None and abs(reported - minutes) > _DIFFER * minutes:
        told = f"{reported:.4g} was reported by {task_id}; the server counted {minutes:.4g} active"
        remarks.disputed.append(f"{told} in the last session")


def was_resumed(task: Mapping[str, Any], seconds: float, client: Client | None) -> bool:
    """Return whether the server's seconds may leave out an earlier session.

    They leave out none where they fill the time from the task's creation to its end. Otherwise its first event says
    whether something ran before the last session began.
    """
    created, started, ended = (parse_time(_text(task.get(key))) for key in ("created", "started", "completed"))
    counted = timedelta(seconds=seconds)
    slack = max(_SLACK, _DIFFER * counted)
    if created is not None and ended is not None and ended - created <= counted + slack:
        return False
    if started is None:
        return True
    if ended is not None and ended - started > counted + slack:
        return True
    if client is None:
        return True
    task_id = str(task.get("id"))
    if _event_at("asc", task_id, client, _NEVER) < started - _SLACK:
        return True
    # Events have the time of the machine that trained. One after the end shows that its clock is ahead of the server's,
    # which may hide an earlier session.
    return ended is not None and _event_at("desc", task_id, client, ended) > ended + _SLACK


def _event_at(order: str, task_id: str, client: Client, none: datetime) -> datetime:
    """Return when a task reported for the first (`asc`) or the last time (`desc`); `none` for one that never did."""
    query = {"task": task_id, "order": order, "batch_size": 1}
    events = client.call("events.get_task_events", query).get("events")
    if not isinstance(events, list):
        raise UnreadableError(f"{client.credentials.shown_host}: an answer without events")
    stamps = [event.get("timestamp") for event in events if isinstance(event, dict)]
    found = [stamp for stamp in stamps if isinstance(stamp, (int, float)) and not isinstance(stamp, bool)]
    try:
        return datetime.fromtimestamp(min(found) / 1000, timezone.utc) if found else none
    except (ValueError, OverflowError, OSError):
        return datetime.min.replace(tzinfo=timezone.utc) if order == "asc" else _NEVER  # which proves nothing


_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
