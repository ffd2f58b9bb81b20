"""A loopback stand-in for a ClearML API server, built to what was measured on a real one (API 2.34).

Its state is `tasks` and `projects`; `faults` are taken one a request; `calls` says what was asked. The SDK can log in.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fakes.clearml_tasks import at, digest, ordered, tags_match, task

ACCESS, SECRET, TOKEN = "ACCESSFORTESTS", "SECRETFORTESTS", "token-for-tests"
_KNOWN_FIELDS = {
    "id", "name", "status", "status_message", "status_reason", "tags", "system_tags", "project", "last_metrics",
    "hyperparams", "script", "completed", "created", "started", "last_iteration", "last_update", "active_duration",
    "user", "type", "parent", "comment", "company", "execution", "output", "models", "runtime", "configuration",
}  # fmt: skip
Fault = Callable[["Handler"], None]


class Server:
    """The server: start it with `with Server() as server`; its address is `server.url`."""

    def __init__(self, certificate: tuple[str, str] | None = None) -> None:
        self.tasks: list[dict[str, Any]] = []
        self.projects = {"p1": "PDEBench"}
        self.faults: list[Fault | None] = []
        self.calls: list[tuple[str, Any]] = []
        self.before_page: Callable[[int], None] | None = None
        self.worker_obeys_after = 0  # looks at a running task before its worker stops it
        self.unknown_fields: set[str] = set()
        self.archive_fails = self.events_fail = False
        self._lock = threading.Lock()
        self._found: list[dict[str, Any]] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"server_state": self}))
        self._http.daemon_threads = True
        self._http.handle_error = self.handle_error  # type: ignore[method-assign]
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self._http.server_address[1]}"
        self.environment = {
            "CLEARML_API_HOST": self.url,
            "CLEARML_API_ACCESS_KEY": ACCESS,
            "CLEARML_API_SECRET_KEY": SECRET,
        }

    def __enter__(self) -> Server:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that went away."""

    def __exit__(self, *_: Any) -> None:
        self._http.shutdown()
        self._http.server_close()

    def asked(self, endpoint: str) -> list[Any]:
        """Return the bodies of the calls to an endpoint."""
        return [body for name, body in self.calls if name == endpoint]

    def get(self, task_id: str) -> dict[str, Any]:
        """Return the task of an id."""
        return next(found for found in self.tasks if found["id"] == task_id)

    def answer(self, endpoint: str, body: dict[str, Any]) -> tuple[int, int, str, dict[str, Any]]:
        """Return HTTP status, sub-code, message and data for a call."""
        with self._lock:
            self.calls.append((endpoint, body))
            handler = getattr(self, "_" + endpoint.replace(".", "_"), None)
            if handler is None:
                return 400, 0, f"Unknown endpoint {endpoint}", {}
            try:
                return 200, 0, "OK", handler(body)
            except _Refused as refused:
                return 400, refused.subcode, str(refused), {}

    def _auth_login(self, body: dict[str, Any]) -> dict[str, Any]:
        parts = ({"alg": "none", "typ": "JWT"}, {"exp": time.time() + 7200, "api_version": "2.34", "env": "test"})
        words = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return {"token": ".".join([*words, "c2ln"])}

    def _projects_get_all_ex(self, body: dict[str, Any]) -> dict[str, Any]:
        pattern = re.compile(body.get("name") or "")
        found = [{"id": key, "name": name} for key, name in self.projects.items() if pattern.search(name)]
        return {"projects": found}

    _projects_get_all = _projects_get_all_ex

    def _projects_get_by_id(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"project": {"id": body["project"], "name": self.projects[body["project"]]}}

    def _tasks_get_all_ex(self, body: dict[str, Any]) -> dict[str, Any]:
        size = body.get("page_size", 500)
        if size == 0:
            raise _Refused(12, "Validation error (page_size must be positive)")
        size, page = min(size, 500), body.get("page", 0)
        fields = body.get("only_fields")
        unknown = {field.split(".")[0] for field in fields or ()} - (_KNOWN_FIELDS - self.unknown_fields)
        if unknown:
            raise _Refused(14, f"Validation error (Unknown fields: {', '.join(sorted(unknown))})")
        if self.before_page is not None:
            self.before_page(page)
        if page == 0 or self.before_page is not None:  # else the pages of one reading share the work
            self._found = [one for one in self.tasks if self._matches(one, body)]
            for order in reversed([*body.get("order_by", ()), *(["id"] if body.get("order_by") else [])]):
                self._found = ordered(self._found, order)
        found = self._found
        return {"tasks": [self._project(one, fields) for one in found[page * size : (page + 1) * size]]}

    _tasks_get_all = _tasks_get_all_ex

    def _tasks_get_by_id(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"task": self._whole(self._known(body["task"]))}

    def _whole(self, one: dict[str, Any]) -> dict[str, Any]:
        return {"type": "training", "user": "u1", "company": "c1", **one}

    def _matches(self, one: dict[str, Any], body: dict[str, Any]) -> bool:
        projects = body.get("project")
        if projects:
            inside = self.projects[one["project"]] + "/"
            names = [self.projects[p] + "/" for p in projects if p in self.projects]
            below = body.get("include_subprojects") and any(inside.startswith(name) for name in names)
            if one["project"] not in projects and not below:
                return False
        if body.get("id") and one["id"] not in body["id"]:
            return False
        if body.get("status") and one["status"] not in body["status"]:
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

    def _project(self, one: dict[str, Any], fields: list[str] | None) -> dict[str, Any]:
        if fields is None:
            return self._whole(one)
        found: dict[str, Any] = {"id": one["id"]}
        for field in fields:
            if field == "project.name":
                found["project"] = {"id": one["project"], "name": self.projects[one["project"]]}
            elif "." in field:
                top, _, key = field.partition(".")
                if key in (one.get(top) or {}):
                    found.setdefault(top, {})[key] = one[top][key]
            elif field in one:
                found[field] = one[field]
        if one["status"] == "in_progress" and one.get("status_message") == "stopping":
            if self.worker_obeys_after <= 0:
                one["status"] = "stopped"
            self.worker_obeys_after -= 1
        return found

    def _known(self, task_id: str) -> dict[str, Any]:
        for one in self.tasks:
            if one["id"] == task_id:
                return one
        raise _Refused(101, f"Invalid task id: id={task_id}")

    def _events_add_batch(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.events_fail:
            raise _Refused(0, "No space left on device")
        events = body.get("lines") or [body]
        for event in events:
            if event.get("type") == "training_stats_scalar":
                kept = self._known(event["task"]).setdefault("last_metrics", {})
                entry = kept.setdefault(digest(event["metric"]), {}).setdefault(digest(event["variant"]), {})
                value = event["value"]
                low, high = entry.get("min_value", value), entry.get("max_value", value)
                entry.update(metric=event["metric"], variant=event["variant"], value=value)
                entry.update(min_value=min(low, value), max_value=max(high, value))
        return {"added": len(events), "errors": 0}

    def _tasks_edit(self, body: dict[str, Any]) -> dict[str, Any]:
        changes = {key: value for key, value in body.items() if key in _KNOWN_FIELDS - {"id"}}
        self._known(body["task"]).update(changes)
        return {"updated": 1, "fields": changes}

    _tasks_update = _tasks_edit

    def _tasks_create(self, body: dict[str, Any]) -> dict[str, Any]:
        made = task(
            1000 + len(self.tasks), status="created", last_metrics={}, hyperparams={}, tags=body.get("tags") or []
        )
        made |= {"name": body["name"], "project": body["project"], "completed": None, "output": {"destination": ""}}
        self.tasks.append(made | {"execution": {}, "runtime": {}, "models": {"input": [], "output": []}})
        return {"id": made["id"]}

    def _tasks_started(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._become(body, "in_progress")

    def _tasks_completed(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._become(body, "completed")

    def _become(self, body: dict[str, Any], status: str) -> dict[str, Any]:
        self._known(body["task"])["status"] = status
        return {"updated": 1, "fields": {"status": status}}

    def _tasks_stop(self, body: dict[str, Any]) -> dict[str, Any]:
        one = self._known(body["task"])
        if one["status"] == "queued" or (one["status"] == "in_progress" and not one.get("last_worker")):
            one["status"] = "stopped"
        elif one["status"] == "in_progress":
            one["status_message"] = "stopping"
        elif one["status"] != "stopped":
            raise _Refused(110, f"Invalid task status: status={one['status']}, expected=in_progress")
        return {"updated": 1, "fields": {}}

    def _tasks_dequeue(self, body: dict[str, Any]) -> dict[str, Any]:
        self._known(body["task"])["status"] = "created"  # a running one too: so it was measured
        return {"dequeued": 1, "updated": 1}

    def _tasks_archive_many(self, body: dict[str, Any]) -> dict[str, Any]:
        succeeded, failed = [], []
        for task_id in body["ids"]:
            try:
                if self.archive_fails:
                    raise _Refused(101, "Task is locked")
                one = self._known(task_id)
                one["system_tags"] = [*one["system_tags"], "archived"]
                succeeded.append({"id": task_id, "archived": True})
            except _Refused as refused:
                failed.append({"id": task_id, "error": {"codes": [400, refused.subcode], "msg": str(refused)}})
        return {"succeeded": succeeded, "failed": failed}

    def _tasks_delete(self, body: dict[str, Any]) -> dict[str, Any]:
        one = self._known(body["task"])
        if one["status"] != "created" and "archived" not in one["system_tags"] and not body.get("force"):
            raise _Refused(123, "Task must be archived")
        self.tasks.remove(one)
        return {"deleted": True, "deleted_models": 1 if body.get("delete_output_models", True) else 0}


class _Refused(Exception):
    def __init__(self, subcode: int, message: str) -> None:
        super().__init__(message)
        self.subcode = subcode


def _body(data: bytes) -> Any:
    """Return a call's body: JSON, or the JSON lines in which the SDK sends a batch of events."""
    try:
        return json.loads(data or b"{}")
    except ValueError:
        return {"lines": [json.loads(line) for line in data.splitlines() if line.strip()]}


class Handler(BaseHTTPRequestHandler):
    server_state: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = _body(self.rfile.read(length))
        path = self.path[self.path.index("://") + 3 :].partition("/")[2] if "://" in self.path else self.path[1:]
        state = self.server_state
        fault = state.faults.pop(0) if state.faults else None
        if fault is not None:
            state.calls.append(("fault", path))
            fault(self)
        elif not self._allowed():
            self.envelope(401, 21, "Unauthorized (missing or bad credentials)", {})
        else:
            self.envelope(*state.answer(re.sub(r"^v[0-9.]+/", "", path), body))

    do_GET = do_POST

    def _allowed(self) -> bool:
        given = self.headers.get("Authorization", "")
        basic = base64.b64encode(f"{ACCESS}:{SECRET}".encode()).decode()
        return given in (f"Basic {basic}", f"Bearer {TOKEN}") or (
            given.startswith("Bearer ") and given.endswith(".c2ln")
        )

    def envelope(self, status: int, subcode: int, message: str, data: dict[str, Any], **headers: str) -> None:
        name = self.path.rpartition("/")[2]
        endpoint = {"name": name, "requested_version": "2.34", "actual_version": "1.0"}
        meta: dict[str, Any] = {"id": "1", "trx": "1", "endpoint": endpoint, "error_stack": "", "error_data": {}}
        meta |= {"result_code": status, "result_subcode": subcode, "result_msg": message}
        self.send(status, json.dumps({"meta": meta, "data": data}).encode(), "application/json", **headers)

    def send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""
