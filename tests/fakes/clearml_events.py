"""What the stand-in of a ClearML server does with events: the last value is that of the highest iteration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakes.clearml_tasks import Refused, digest

_SCALAR = "training_stats_scalar"


def add_batch(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    if server.events_fail:
        raise Refused(0, "No space left on device")
    events = body.get("lines") or [body]
    for event in events:
        one = server.known(event["task"])
        if one["status"] in ("published", "publishing"):
            raise Refused(131, f"Events not added: invalid status: task={one['id']}, status={one['status']}")
    for event in events:
        one = server.known(event["task"])
        one.setdefault("_events", []).append({"timestamp": int(server.now().timestamp() * 1000), **event})
        if event.get("type") == _SCALAR:
            _keep(server, one, event)
    return {"added": len(events), "errors": 0}


def _keep(server: Any, one: dict[str, Any], event: dict[str, Any]) -> None:
    title, series, value, iteration = event["metric"], event["variant"], event["value"], event.get("iter") or 0
    kept = one.setdefault("last_metrics", {}).setdefault(digest(title), {})
    entry = kept.setdefault(digest(series), {"metric": title, "variant": series, "first_value": value})
    last, count = server.iterations.get((one["id"], title, series), (None, 0))
    if last is None or iteration >= last:  # of equal iterations the later one
        entry["value"], last = value, iteration
    server.iterations[one["id"], title, series] = (last, count + 1)
    entry["count"] = count + 1
    entry["mean_value"] = (entry.get("mean_value", 0.0) * count + value) / (count + 1)
    for key, better in _EXTREMES.items():
        if key not in entry or better(value, entry[key]):
            entry[key], entry[f"{key}_iteration"] = value, iteration
    one["last_iteration"] = max(one.get("last_iteration") or 0, iteration)


_EXTREMES: dict[str, Callable[[float, float], bool]] = {
    "min_value": lambda new, old: new < old,
    "max_value": lambda new, old: new > old,
}


def get_task_events(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    events = [e for e in _events(server, body["task"]) if body.get("event_type") in (None, e.get("type"))]
    events.sort(key=lambda event: event["timestamp"], reverse=body.get("order") == "desc")
    return {"events": events[: body.get("batch_size", 500)], "returned": len(events), "total": len(events)}


def scalar_histogram(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Return every scalar's values by iteration: `{title: {series: {"name", "x", "y"}}}`."""
    wanted = {entry["metric"]: entry.get("variants") for entry in body.get("metrics") or ()}
    found: dict[str, Any] = {}
    for event in sorted(_events(server, body["task"]), key=lambda event: event.get("iter") or 0):
        title, series = event.get("metric"), event.get("variant")
        if event.get("type") != _SCALAR or (wanted and title not in wanted):
            continue
        if wanted and wanted[title] and series not in wanted[title]:
            continue
        line = found.setdefault(title, {}).setdefault(series, {"name": series, "x": [], "y": []})
        line["x"].append(event.get("iter") or 0)
        line["y"].append(event["value"])
    return found


def _events(server: Any, task_id: str) -> list[dict[str, Any]]:
    return list(server.known(task_id).get("_events") or ())


ENDPOINTS = {
    "events.add_batch": add_batch,
    "events.get_task_events": get_task_events,
    "events.scalar_metrics_iter_histogram": scalar_histogram,
}
