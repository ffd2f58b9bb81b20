"""What the stand-in of a ClearML server does to a task: create, edit, queue, start, stop, archive, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fakes.clearml_reading import get_all_tasks
from fakes.clearml_tasks import Refused, task

# status -> what a task may become from it, unless forced
_NEXT = {
    "created": {"queued", "in_progress"},
    "queued": {"created", "in_progress", "stopped"},
    "in_progress": {"stopped", "failed", "created", "completed", "queued"},
    "stopped": {"closed", "created", "failed", "queued", "in_progress", "published", "publishing", "completed"},
    "closed": {"created", "failed", "published", "publishing", "stopped"},
    "failed": {"created", "stopped", "queued", "in_progress", "published", "closed"},
    "publishing": {"published"},
    "published": set(),
    "completed": {"published", "in_progress", "queued", "created", "closed"},
    "unknown": set(),
}
_ENDED = {"stopped", "failed", "completed"}
_EDITABLE = {"name", "tags", "system_tags", "comment", "hyperparams", "script", "type", "project", "parent", "output",
             "execution", "runtime", "configuration", "models", "container"}  # fmt: skip


def create(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    made = task(1000 + len(server.tasks), status="created", last_metrics={}, hyperparams={}, tags=[])
    made |= {"completed": None, "output": {"destination": ""}, "created": server.now().isoformat()}
    made |= {"execution": {}, "runtime": {}, "models": {"input": [], "output": []}, "active_duration": None}
    made |= {key: value for key, value in body.items() if key in _EDITABLE}
    server.tasks.append(made)
    return {"id": made["id"]}


def clone(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Make a task of another one's name, tags, parameters and code; metrics and events are not taken over."""
    origin = server.known(body["task"])
    fields = {key: origin[key] for key in ("tags", "hyperparams", "script", "type", "project") if key in origin}
    fields |= {"name": body.get("new_task_name") or f"Clone of {origin['name']}", "parent": origin["id"]}
    given = {key: body.get(f"new_task_{key}") for key in ("tags", "project", "parent", "comment")}
    fields |= {key: value for key, value in given.items() if value}
    return create(server, fields)


def edit(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    one = server.known(body["task"])
    if server.edits_fail:
        raise Refused(110, f"Invalid task status: expected=created, status={one['status']}")
    changes = {key: value for key, value in body.items() if key in _EDITABLE}
    if not server.edits_are_lost:
        one.update(changes)
    return {"updated": 1, "fields": changes}


def ping(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    server.known(body["task"])
    return {}


def become(status: str) -> Callable[[Any, dict[str, Any]], dict[str, Any]]:
    """Return what brings a task into a status, where it may come into it from where it is."""

    def change(server: Any, body: dict[str, Any]) -> dict[str, Any]:
        one = server.known(body["task"])
        if not body.get("force") and status != one["status"]:
            _may(one, status)
        _set(server, one, status)
        return {"updated": 1, "fields": {"status": status}, "started": int(status == "in_progress")}

    return change


def publish(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    one = server.known(body["task"])
    if not body.get("force"):
        _may(one, "published")
    one["status"] = "published"
    return {"updated": 1, "fields": {"status": "published"}, "published": 1}


def enqueue(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    one = server.known(body["task"])
    if one["status"] == "queued":
        raise Refused(110, "Task already in requested status")
    _may(one, "queued")
    one["enqueue_status"], one["status"] = one["status"], "queued"
    queue = body.get("queue") or next(iter(server.queues))
    server.queues[queue].append(one["id"])
    return {"queued": 1, "updated": 1, "fields": {"status": "queued"}}


def dequeue(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    one = server.known(body["task"])
    _off_queue(server, one)
    if one["status"] in ("queued", "in_progress"):  # a running one too, though a worker has it: so it was measured
        one["status"] = one.get("enqueue_status") or "created"
    return {"dequeued": 1, "updated": 1}


def stop(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    one = server.known(body["task"])
    by_worker = one.get("last_worker") and one["status"] == "in_progress"
    if by_worker and "development" not in (one.get("system_tags") or ()):
        one["status_message"] = "stopping"
        return {"updated": 1, "fields": {"status": "in_progress", "status_message": "stopping"}}
    if one["status"] != "stopped" and not body.get("force"):
        _may(one, "stopped")
    _off_queue(server, one)
    _set(server, one, "stopped")
    return {"updated": 1, "fields": {"status": "stopped"}}


def archive_many(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    def archive(one: dict[str, Any]) -> dict[str, Any]:
        if server.archive_fails:
            raise Refused(101, "Task is locked")
        if one["status"] == "queued":
            _off_queue(server, one)
            one["status"] = one.get("enqueue_status") or "created"
        elif one["status"] == "in_progress":
            _set(server, one, "stopped")
        one["system_tags"] = [*{*(one.get("system_tags") or ()), "archived"}]
        return {"archived": True}

    return _many(server, body, archive)


def unarchive_many(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    def unarchive(one: dict[str, Any]) -> dict[str, Any]:
        one["system_tags"] = [tag for tag in one["system_tags"] if tag != "archived"]
        return {"unarchived": True}

    return _many(server, body, unarchive)


def delete(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    one, forced = server.known(body["task"]), body.get("force")
    if not forced:
        archived = "archived" in (one.get("system_tags") or ())
        if one["status"] == "published" or (one["status"] != "created" and not archived):
            raise Refused(123, f"Task cannot be deleted (due to status, use force=True): current={one['status']}")
        if any(other.get("parent") == one["id"] for other in server.tasks):
            raise Refused(123, "Task cannot be deleted (has children, use force=True)")
    _off_queue(server, one)
    server.tasks.remove(one)
    return {"deleted": True, "deleted_models": 1 if body.get("delete_output_models", True) else 0}


def _many(server: Any, body: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Change each of the tasks; the answer says which could not be, with 200 all the same."""
    succeeded, failed = [], []
    for task_id in body["ids"]:
        try:
            succeeded.append({"id": task_id, **change(server.known(task_id))})
        except Refused as refused:
            failed.append({"id": task_id, "error": {"codes": [400, refused.subcode], "msg": str(refused)}})
    return {"succeeded": succeeded, "failed": failed}


def _may(one: dict[str, Any], status: str) -> None:
    if status not in _NEXT[one["status"]]:
        raise Refused(110, f"Invalid task status: Invalid status change: current_status={one['status']}, new={status}")


def _set(server: Any, one: dict[str, Any], status: str) -> None:
    """Set the status; of a task that was resumed, only the last session's seconds are counted."""
    now = server.now()
    if status == "in_progress" and one["status"] != "in_progress":
        one["started"] = now.isoformat()
    if status in _ENDED and one["status"] == "in_progress" and one.get("started"):
        one["active_duration"] = int((now - datetime.fromisoformat(one["started"])).total_seconds())
        one["completed"] = now.isoformat()
    one["status"] = status


def _off_queue(server: Any, one: dict[str, Any]) -> None:
    for entries in server.queues.values():
        while one["id"] in entries:
            entries.remove(one["id"])


def create_report(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    made = create(server, {"name": body["name"], "project": body["project"], "type": "report"})["id"]
    server.get(made).update(system_tags=["hidden", "reports"], report=body.get("report"))
    return {"id": made, "project_id": body["project"]}


def update_report(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    one = server.known(body["task"])
    if one["status"] != "created":
        raise Refused(110, f"Invalid task status: expected=created, status={one['status']}")
    one["report"] = body["report"]
    return {"updated": 1}


def get_reports(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    return get_all_tasks(server, {**body, "type": ["report"], "search_hidden": True})


ENDPOINTS = {
    "reports.create": create_report,
    "reports.update": update_report,
    "reports.get_all_ex": get_reports,
    "tasks.clone": clone,
    "tasks.create": create,
    "tasks.edit": edit,
    "tasks.update": edit,
    "tasks.ping": ping,
    "tasks.started": become("in_progress"),
    "tasks.stopped": become("stopped"),
    "tasks.completed": become("completed"),
    "tasks.failed": become("failed"),
    "tasks.close": become("closed"),
    "tasks.publish": publish,
    "tasks.enqueue": enqueue,
    "tasks.dequeue": dequeue,
    "tasks.stop": stop,
    "tasks.archive_many": archive_many,
    "tasks.unarchive_many": unarchive_many,
    "tasks.delete": delete,
}
