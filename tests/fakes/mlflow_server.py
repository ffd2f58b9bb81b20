"""A loopback stand-in for an MLflow tracking server: it pages through what a real one answered, and can fail.

Its state is `experiments`, `runs` and `history`, as `tests/conformance/recorded/mlflow.json` has them of MLflow 3.17.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MISSING = "RESOURCE_DOES_NOT_EXIST"


class Refused(Exception):
    """What the server says no to: HTTP status, MLflow's code and words."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code = status, code


class MlflowServer:
    """The server: start it with `with MlflowServer(recorded) as server`; its address is `server.url`."""

    def __init__(self, recorded: dict[str, Any]) -> None:
        self.experiments, self.runs = recorded["experiments"], recorded["runs"]
        self.history: dict[str, list[dict[str, Any]]] = recorded["history"]
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.authorizations: list[str | None] = []
        self.faults: list[tuple[int, bytes]] = []  # status and body, one a request
        self.wanted: str | None = None  # the Authorization header that alone is let in
        self.before_page: Callable[[], None] = lambda: None
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"state": self}))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> MlflowServer:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, endpoint: str, query: dict[str, Any]) -> dict[str, Any]:
        """Return what a call gives."""
        self.calls.append((endpoint, query))
        if endpoint not in ENDPOINTS:
            raise Refused(404, "ENDPOINT_NOT_FOUND", f"no endpoint {endpoint}")
        return ENDPOINTS[endpoint](self, query)


def by_name(server: MlflowServer, query: dict[str, Any]) -> dict[str, Any]:
    for one in server.experiments:
        if one["name"] == query["experiment_name"]:
            return {"experiment": one}
    raise Refused(404, MISSING, f"Could not find experiment with name '{query['experiment_name']}'")


def search_experiments(server: MlflowServer, query: dict[str, Any]) -> dict[str, Any]:
    active = [one for one in server.experiments if one["lifecycle_stage"] == "active"]
    return _page("experiments", active, query)


def search_runs(server: MlflowServer, query: dict[str, Any]) -> dict[str, Any]:
    server.before_page()
    assert query["max_results"] <= 50_000
    found = [run for run in server.runs if run["info"]["experiment_id"] in query["experiment_ids"]]
    if query.get("run_view_type", "ACTIVE_ONLY") == "ACTIVE_ONLY":
        found = [run for run in found if run["info"]["lifecycle_stage"] == "active"]
    for condition in filter(None, (query.get("filter") or "").split(" and ")):
        found = [run for run in found if _holds(run, condition)]
    if query.get("order_by") == ["attributes.start_time ASC"]:
        found.sort(key=lambda run: run["info"]["start_time"])
    return _page("runs", found, query)


def get_history(server: MlflowServer, query: dict[str, Any]) -> dict[str, Any]:
    return _page("metrics", server.history.get(f"{query['run_id']}/{query['metric_key']}", []), query)


def _holds(run: dict[str, Any], condition: str) -> bool:
    status = re.fullmatch(r"attributes\.status = '(\w+)'", condition)
    if status:
        return bool(run["info"]["status"] == status[1])
    tag = re.fullmatch(r"tags\.`([^`]+)` = '([^']*)'", condition)
    assert tag, condition
    return {"key": tag[1], "value": tag[2]} in run["data"].get("tags", [])


def _page(what: str, found: list[Any], query: dict[str, Any]) -> dict[str, Any]:
    """Return a page, and a token where there is more; an empty list is left out, as the server does."""
    start, size = int(query.get("page_token") or 0), int(query.get("max_results") or 1000)
    page, end = found[start : start + size], start + size
    return {**({what: page} if page else {}), **({"next_page_token": str(end)} if end < len(found) else {})}


ENDPOINTS: dict[str, Callable[[MlflowServer, dict[str, Any]], dict[str, Any]]] = {
    "experiments/get-by-name": by_name,
    "experiments/search": search_experiments,
    "runs/search": search_runs,
    "metrics/get-history": get_history,
}


class Handler(BaseHTTPRequestHandler):
    state: MlflowServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.reply(json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}"))

    def do_GET(self) -> None:
        self.reply({key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()})

    def reply(self, query: dict[str, Any]) -> None:
        state, endpoint = self.state, urlsplit(self.path).path.partition("/api/2.0/mlflow/")[2]
        given = self.headers.get("Authorization")
        state.authorizations.append(given)
        if state.faults:
            self.send(*state.faults.pop(0))
        elif state.wanted is not None and given != state.wanted:
            self.send(401, b"You are not authenticated.")
        else:
            try:
                self.send(200, json.dumps(state.answer(endpoint, query)).encode())
            except Refused as refused:
                self.send(refused.status, json.dumps({"error_code": refused.code, "message": str(refused)}).encode())

    def send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""
