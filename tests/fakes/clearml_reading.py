"""What the stand-in of a ClearML server answers to a look: logins, projects, tasks."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

from fakes.clearml_tasks import Refused, at, ordered, tags_match

_KNOWN_FIELDS = {
    "id", "name", "status", "status_message", "status_reason", "status_changed", "tags", "system_tags", "project",
    "last_metrics", "hyperparams", "script", "completed", "created", "started", "last_iteration", "last_update",
    "last_change", "last_worker", "active_duration", "user", "type", "parent", "comment", "company", "execution",
    "output", "models", "runtime", "configuration", "published", "container", "report",
}  # fmt: skip
# what may stand below a field; a field that is not here takes any key, such as the hashes of last_metrics
_KNOWN_BELOW = {
    "script": {
        "binary", "repository", "tag", "branch", "version_num", "entry_point", "working_dir", "requirements", "diff",
    },
    "project": {"id", "name"},
    "user": {"id", "name"},
    "parent": {"id", "name", "status"},
    "output": {"view", "destination", "model", "result", "error"},
    "models": {"input", "output"},
    **{key: set() for key in ("id", "name", "status", "tags", "system_tags", "completed", "started", "last_iteration")},
}  # fmt: skip


def login(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    parts = ({"alg": "none", "typ": "JWT"}, {"exp": time.time() + 7200, "api_version": "2.34", "env": "test"})
    words = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return {"token": ".".join([*words, "c2ln"])}


def get_projects(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    pattern = re.compile(body.get("name") or "")
    found = [{"id": key, "name": name} for key, name in server.projects.items() if pattern.search(name)]
    return {"projects": found}


def get_project(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    return {"project": {"id": body["project"], "name": server.projects[body["project"]]}}


def create_project(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    made = f"p{len(server.projects) + 1}"
    server.projects[made] = body["name"]
    return {"id": made}


def delete_project(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    if any(one["project"] == body["project"] for one in server.tasks) and not body.get("force"):
        raise Refused(403, "Project has associated tasks, use force=true")
    return {"deleted": int(server.projects.pop(body["project"], None) is not None)}


def get_all_tasks(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    size, page, fields = body.get("page_size", 500), body.get("page", 0), body.get("only_fields")
    if size == 0 or page < 0:
        raise Refused(12, "Validation error (page and page_size must be positive)")
    size = min(size, 500)
    _check_fields(fields or (), server.unknown_fields)
    if server.before_page is not None:
        server.before_page(page)
    if page == 0 or server.before_page is not None:  # else the pages of one reading share the work
        server.found = [one for one in server.tasks if _matches(server, one, body)]
        for order in reversed([*body.get("order_by", ()), *(["id"] if body.get("order_by") else [])]):
            server.found = ordered(server.found, order)
    return {"tasks": [_project(server, one, fields) for one in server.found[page * size : (page + 1) * size]]}


def get_task(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    return {"task": _whole(server.known(body["task"]))}


def get_queues(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    return {"queues": [{"id": key, "name": key, "entries": list(entries)} for key, entries in server.queues.items()]}


def _check_fields(fields: Any, unknown: set[str]) -> None:
    wrong = []
    for field in fields:
        top, _, below = field.partition(".")
        known = _KNOWN_BELOW.get(top)
        if top not in _KNOWN_FIELDS - unknown or (below and known is not None and below.split(".")[0] not in known):
            wrong.append(field)
    if wrong:
        raise Refused(14, f"Validation error (Unknown fields: {', '.join(sorted(wrong))})")


def _whole(one: dict[str, Any]) -> dict[str, Any]:
    return {"type": "training", "user": "u1", "company": "c1", **one}


def _matches(server: Any, one: dict[str, Any], body: dict[str, Any]) -> bool:
    projects = body.get("project")
    if projects:
        inside = server.projects[one["project"]] + "/"
        names = [server.projects[p] + "/" for p in projects if p in server.projects]
        below = body.get("include_subprojects") and any(inside.startswith(name) for name in names)
        if one["project"] not in projects and not below:
            return False
    if body.get("id") and one["id"] not in body["id"]:
        return False
    if "hidden" in (one.get("system_tags") or ()) and not (body.get("search_hidden") or body.get("id")):
        return False
    for key in ("status", "parent", "type"):
        asked = body.get(key)
        if asked and one.get(key) not in (asked if isinstance(asked, list) else [asked]):
            return False
    if body.get("name") and not re.search(body["name"], one["name"]):
        return False
    for key in ("tags", "system_tags"):
        if body.get(key) and not tags_match(one.get(key) or [], body[key]):
            return False
    everything = body.get("_all_")
    if everything:
        return all(re.search(everything["pattern"], str(at(one, f) or "")) for f in everything["fields"])
    return True


def _project(server: Any, one: dict[str, Any], fields: list[str] | None) -> dict[str, Any]:
    if fields is None:
        return _whole(one)
    found: dict[str, Any] = {"id": one["id"]}
    for field in fields:
        if field == "project.name":
            found["project"] = {"id": one["project"], "name": server.projects[one["project"]]}
        elif "." in field:
            top, _, key = field.partition(".")
            if key in (one.get(top) or {}):
                found.setdefault(top, {})[key] = one[top][key]
        elif field in one:
            found[field] = one[field]
    if one["status"] == "in_progress" and one.get("status_message") == "stopping":
        if server.worker_obeys_after <= 0:
            one["status"] = "stopped"
        server.worker_obeys_after -= 1
    return found


ENDPOINTS = {
    "auth.login": login,
    "projects.get_all": get_projects,
    "projects.get_all_ex": get_projects,
    "projects.get_by_id": get_project,
    "projects.create": create_project,
    "projects.delete": delete_project,
    "queues.get_all": get_queues,
    "tasks.get_all": get_all_tasks,
    "tasks.get_all_ex": get_all_tasks,
    "tasks.get_by_id": get_task,
}
