"""A loopback stand-in for a ClearML API server, built to what was measured on a real one (2.3.0, API 2.34).

Its state is `tasks` and `projects`; `faults` are taken one a request; `calls` says what was asked. The SDK can log in.
What each endpoint does is in `clearml_reading`, `clearml_changing` and `clearml_events`.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fakes import clearml_changing, clearml_events, clearml_reading
from fakes.clearml_tasks import Refused

ACCESS, SECRET, TOKEN = "ACCESSFORTESTS", "SECRETFORTESTS", "token-for-tests"
EXPIRED = "expired-token-for-tests"
Fault = Callable[["Handler"], None]
ENDPOINTS: dict[str, Callable[[Any, dict[str, Any]], dict[str, Any]]] = {
    **clearml_reading.ENDPOINTS,
    **clearml_changing.ENDPOINTS,
    **clearml_events.ENDPOINTS,
}


class Server:
    """The server: start it with `with Server() as server`; its address is `server.url`."""

    def __init__(self, certificate: tuple[str, str] | None = None) -> None:
        self.tasks: list[dict[str, Any]] = []
        self.projects = {"p1": "PDEBench"}
        self.queues: dict[str, list[str]] = {"q1": []}
        self.faults: list[Fault | None] = []
        self.calls: list[tuple[str, Any]] = []
        self.malformed = False  # whether a test lets it answer what no server would
        self.exchanges: list[tuple[str, Any, dict[str, Any]]] = []  # calls that were answered: endpoint, body, data
        self.before_page: Callable[[int], None] | None = None
        self.before: dict[str, Callable[[], None]] = {}  # endpoint -> what happens just before it is answered
        self.worker_obeys_after = 0  # looks at a running task before its worker stops it
        self.unknown_fields: set[str] = set()
        self.archive_fails = self.events_fail = self.edits_fail = self.edits_are_lost = False
        self.found: list[dict[str, Any]] = []  # what the pages of one reading share
        self.iterations: dict[tuple[str, str, str], tuple[int, int]] = {}  # task, title, series -> last, count
        self._later = timedelta()
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"server_state": self}))
        self._http.daemon_threads = True
        self._http.handle_error = self.handle_error  # type: ignore[assignment,method-assign]
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

    def known(self, task_id: Any) -> dict[str, Any]:
        """Return the task of an id, or refuse as the server does."""
        for one in self.tasks:
            if one["id"] == task_id:
                return one
        raise Refused(101, f"Invalid task id: id={task_id}")

    def now(self) -> datetime:
        """Return the server's own time."""
        return datetime.now(timezone.utc) + self._later

    def advance(self, seconds: float) -> None:
        """Let time pass on the server."""
        self._later += timedelta(seconds=seconds)

    def answer(self, endpoint: str, body: dict[str, Any]) -> tuple[int, int, str, dict[str, Any]]:
        """Return HTTP status, sub-code, message and data for a call."""
        with self._lock:
            self.calls.append((endpoint, body))
            handler = ENDPOINTS.get(endpoint)
            if handler is None:
                return 404, 0, f"Unable to find endpoint for name {endpoint} and version 2.34", {}
            if endpoint in self.before:
                self.before.pop(endpoint)()
            try:
                data = handler(self, body)
                self.exchanges.append((endpoint, body, data))
                return 200, 0, "OK", data
            except Refused as refused:
                return refused.code, refused.subcode, str(refused), {}


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
        refused = self._refused()
        if fault is not None:
            state.calls.append(("fault", path))
            fault(self)
        elif refused:
            self.envelope(401, *refused, {})
        else:
            self.envelope(*state.answer(self.endpoint(), body))

    do_GET = do_POST

    def endpoint(self) -> str:
        """Return the endpoint that is asked for, such as `tasks.stop`, without the API's version."""
        return re.sub(r"^(https?://[^/]+)?/?(v[0-9.]+/)?", "", self.path)

    def _refused(self) -> tuple[int, str] | None:
        """Return sub-code and words for credentials that are none, wrong or out of date; None for right ones."""
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            right = base64.b64encode(f"{ACCESS}:{SECRET}".encode()).decode()
            said = "Unauthorized (invalid credentials) (failed to locate provided credentials)"
            return None if given == right else (22, said)
        if kind == "Bearer":
            if given == EXPIRED:
                return 30, "Unauthorized (invalid token) (failed to decode token, Signature has expired)"
            known = given == TOKEN or given.count(".") == 2
            return None if known else (30, "Unauthorized (invalid token) (failed to decode token)")
        return 20, "Unauthorized (missing credentials)"

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
