"""A GitHub on loopback: stateful, paged, with permissions, limits and faults; each body held to GitHub's own models."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fakes.github_endpoints import Answer, Request, answer, error
from fakes.github_state import REPOSITORY, REPOSITORY_ID, State
from fakes.schema import check

_PAGED_PARTS = {"CommitComparison": "commits", "Commit": "files"}
_LARGEST_PAGE = {"Commit": 300}
_USUAL_PAGE = {"Commit": 300}
_HOUR = 3600


class FakeGitHub:
    """The server. `faults` are (method, pattern, what) that each meet one request; `log` is what was asked."""

    def __init__(self, repo: Path, prefix: str = "") -> None:
        self.state = State(repo)
        self.prefix = prefix
        self.faults: list[tuple[str, str, Any]] = []
        self.log: list[tuple[str, str]] = []
        self.unchanged: list[str] = []
        """The paths whose answer was "not modified": such a request is free."""
        self.lock = threading.RLock()
        self.before: Callable[[str, str], None] = lambda method, path: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"github": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{prefix}"

    @contextmanager
    def serving(self) -> Iterator[FakeGitHub]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def fault(self, method: str, path: str) -> Any:
        """Return the next fault that is meant for a request, used up with this."""
        for index, (wanted, pattern, what) in enumerate(self.faults):
            if wanted == method and re.search(pattern, path):
                del self.faults[index]
                return what
        return None

    def answer(self, request: Request) -> Answer:
        """Return what the endpoint answers, while requests are left."""
        if self.state.used >= self.state.limits.requests:
            return error(403, "API rate limit exceeded for installation.")
        self.state.used += 1
        return answer(self.state, request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    github: FakeGitHub

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *arguments: Any) -> None:
        pass

    def _serve(self) -> None:
        github = self.github
        parts = urlsplit(self.path)
        path = parts.path.removeprefix(github.prefix).replace("/api/graphql", "/graphql")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        github.log.append((self.command, path))
        github.before(self.command, path)
        fault = github.fault(self.command, path)
        if fault == "cut":
            self._cut()
        elif fault == "trickle":
            self._trickle()
        elif isinstance(fault, tuple):
            self._send(fault[0], json.dumps(fault[2]).encode(), fault[1])
        else:
            if fault == "slow":
                time.sleep(0.2)
            with github.lock:
                who = github.state.accounts.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
                accept = self.headers.get("Accept", "")
                found = github.answer(Request(self.command, path, query, json.loads(raw or b"null"), who, accept))
                status, data, headers = self._finished(found, path, query)
            if fault == "done then cut":
                self._cut()
            else:
                self._send(status, data, headers)

    def _finished(self, found: Answer, path: str, query: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers: paged, held to the model, and left out where the caller has it already."""
        status, body, model = found
        headers: dict[str, str] = {}
        if status == 200 and self.command == "GET" and model:
            body, more = self._page(path, query, body, model)
            headers |= more
        for entry in body if isinstance(body, list) else [body] if model else []:
            check(model or "", entry)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if status == 200 and self.command == "GET":
            headers["ETag"] = f'W/"{sha256(data + self.headers.get("Authorization", "").encode()).hexdigest()}"'
            if self.headers.get("If-None-Match") == headers["ETag"]:
                self.github.unchanged.append(path)
                self.github.state.used -= 1
                status, data = 304, b""
        return status, data, headers | self._limit()

    def _limit(self) -> dict[str, str]:
        state = self.github.state
        left = max(state.limits.requests - state.used, 0)
        reset = int(time.time()) + _HOUR
        return {
            "X-RateLimit-Limit": str(state.limits.requests),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(reset),
        }

    def _page(self, path: str, query: dict[str, str], body: Any, model: str) -> tuple[Any, dict[str, str]]:
        """Return one page; the way to the next is on another path than the one that was asked, as GitHub's is."""
        size = min(int(query.get("per_page", _USUAL_PAGE.get(model, 30))), _LARGEST_PAGE.get(model, 100))
        page = int(query.get("page", 1))
        part = _PAGED_PARTS.get(model, "")
        if model == "CommitComparison" and not {"page", "per_page"} & set(query):
            return body, {}
        whole = body if isinstance(body, list) else body.get(part) if part else None
        if whole is None:
            return body, {}
        chosen = whole[(page - 1) * size : page * size]
        headers = {}
        if page * size < len(whole):
            other = path.replace(f"/repos/{REPOSITORY}/", f"/repositories/{REPOSITORY_ID}/")
            following = urlencode({**query, "page": page + 1})
            headers["Link"] = f'<{self.github.url}{other}?{following}>; rel="next"'
        if isinstance(body, list):
            return chosen, headers
        # The files of a comparison stand on its first page only.
        rest = {"files": []} if model == "CommitComparison" and page > 1 else {}
        return {**body, part: chosen, **rest}, headers

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _trickle(self) -> None:
        """Send a byte now and then, for ever as far as anybody would wait."""
        self.close_connection = True
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            for _ in range(1000):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.02)
        except OSError:
            pass

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        self.send_header("Date", formatdate(usegmt=True))
        self.send_header("Content-Type", "application/json")
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            if status != 304 or name != "Content-Length":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
