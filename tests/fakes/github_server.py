"""A GitHub on loopback: stateful, paged, with permissions, limits and faults; each body held to GitHub's own models."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from fakes.github_state import REPOSITORY, REPOSITORY_ID, Account, State
from fakes.schema import check, filled

Answer = tuple[int, Any, str | None]
"""Status, body (None for nothing, bytes as they are), and the model that the body must be of."""
LONGEST_COMMENT = 65_536


class FakeGitHub:
    """The server. `faults` are (method, pattern, what) that each meet one request; `log` is what was asked."""

    def __init__(self, repo: Path, prefix: str = "") -> None:
        self.state = State(repo)
        self.prefix = prefix
        self.faults: list[tuple[str, str, Any]] = []
        self.log: list[tuple[str, str]] = []
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

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, who: Account | None) -> Answer:
        """Return the answer of the endpoint."""
        if who is None:
            return _error(401, "Bad credentials")
        path = path.replace(f"/repositories/{REPOSITORY_ID}/", f"/repos/{REPOSITORY}/")
        for wanted, pattern, endpoint in _ENDPOINTS:
            found = re.fullmatch(pattern, path.removeprefix(f"/repos/{REPOSITORY}"))
            if wanted == method and found:
                if method != "GET" and pattern != "/graphql" and not who.writes:
                    return _error(403, "Resource not accessible by integration")
                try:
                    return endpoint(self, who, query, body, *map(unquote, found.groups()))
                except KeyError:
                    return _error(404, "Not Found")
        return _error(404, "Not Found")


def _error(status: int, message: str) -> Answer:
    return status, filled("BasicError", message=message), "BasicError"


def _comments(github: FakeGitHub, who: Account, query: Any, body: Any, number: str) -> Answer:
    since = query.get("since", "")
    return 200, [c for c in github.state.comments_on(int(number)) if c["updated_at"] >= since], "IssueComment"


def _create_comment(github: FakeGitHub, who: Account, query: Any, body: Any, number: str) -> Answer:
    check("ReposOwnerRepoIssuesIssueNumberCommentsPostBody", body)
    if len(body["body"]) > LONGEST_COMMENT:
        return 422, filled("ValidationError", message="Body is too long"), "ValidationError"
    return 201, github.state.add_comment(int(number), body["body"], who), "IssueComment"


def _edit_comment(github: FakeGitHub, who: Account, query: Any, body: Any, comment: str) -> Answer:
    check("ReposOwnerRepoIssuesCommentsCommentIdPatchBody", body)
    if len(body["body"]) > LONGEST_COMMENT:
        return 422, filled("ValidationError", message="Body is too long"), "ValidationError"
    found = github.state.comments[int(comment)][1]
    found["body"] = body["body"]
    return 200, found, "IssueComment"


def _delete_comment(github: FakeGitHub, who: Account, query: Any, body: Any, comment: str) -> Answer:
    del github.state.comments[int(comment)]
    return 204, None, None


def _pull(github: FakeGitHub, who: Account, query: Any, body: Any, number: str) -> Answer:
    return 200, github.state.pulls[int(number)], "PullRequest"


def _pulls(github: FakeGitHub, who: Account, query: Any, body: Any) -> Answer:
    wanted = query.get("head")
    found = [p for p in github.state.pulls.values() if p["state"] == query.get("state", "open")]
    return 200, [p for p in found if wanted in (None, p["head"]["label"])], "PullRequestSimple"


def _pulls_of_commit(github: FakeGitHub, who: Account, query: Any, body: Any, commit: str) -> Answer:
    found = [p for p in github.state.pulls.values() if commit in (p["merge_commit_sha"], p["head"]["sha"])]
    return 200, found, "PullRequestSimple"


def _commit(github: FakeGitHub, who: Account, query: Any, body: Any, commit: str) -> Answer:
    return 200, github.state.commit(commit, files=True), "Commit"


def _compare(github: FakeGitHub, who: Account, query: Any, body: Any, base: str, head: str) -> Answer:
    return 200, github.state.comparison(base, head), "CommitComparison"


def _contents(github: FakeGitHub, who: Account, query: Any, body: Any, path: str) -> Answer:
    text = github.state.git("cat-file", "blob", f"{query['ref']}:{path}")
    return 200, text.encode("utf-8", "surrogateescape"), None


def _blob(github: FakeGitHub, who: Account, query: Any, body: Any, blob: str) -> Answer:
    return 200, github.state.git("cat-file", "blob", blob).encode("utf-8", "surrogateescape"), None


def _tree(github: FakeGitHub, who: Account, query: Any, body: Any, commit: str) -> Answer:
    lines = [line.split() for line in github.state.git("ls-tree", "-r", commit).splitlines()]
    entries = [{"path": path, "mode": mode, "type": kind, "sha": sha} for mode, kind, sha, path in lines]
    return 200, filled("GitTree", tree=entries, truncated=False), "GitTree"


def _status(github: FakeGitHub, who: Account, query: Any, body: Any, commit: str) -> Answer:
    check("ReposOwnerRepoStatusesShaPostBody", body)
    assert len(body["description"]) <= 140
    github.state.statuses.append((commit, body))
    return 201, filled("Status", **{k: body[k] for k in ("state", "context", "description")}), "Status"


def _graphql(github: FakeGitHub, who: Account, query: Any, body: Any) -> Answer:
    return 200, {"data": {"viewer": {"login": who.login, "databaseId": who.id}}}, None


_ENDPOINTS: list[tuple[str, str, Callable[..., Answer]]] = [
    ("GET", r"/issues/(\d+)/comments", _comments),
    ("POST", r"/issues/(\d+)/comments", _create_comment),
    ("PATCH", r"/issues/comments/(\d+)", _edit_comment),
    ("DELETE", r"/issues/comments/(\d+)", _delete_comment),
    ("GET", r"/pulls/(\d+)", _pull),
    ("GET", r"/pulls", _pulls),
    ("GET", r"/commits/([0-9a-f]+)/pulls", _pulls_of_commit),
    ("GET", r"/commits/([0-9a-f]+)", _commit),
    ("GET", r"/compare/([0-9a-f]+)\.\.\.([0-9a-f]+)", _compare),
    ("GET", r"/contents/(.+)", _contents),
    ("GET", r"/git/blobs/([0-9a-f]+)", _blob),
    ("GET", r"/git/trees/([0-9a-f]+)", _tree),
    ("POST", r"/statuses/([0-9a-f]+)", _status),
    ("POST", r"/graphql", _graphql),
]
_PAGED_PARTS = {"CommitComparison": "commits", "Commit": "files"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    github: FakeGitHub

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *arguments: Any) -> None:
        pass

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        path = parts.path.removeprefix(self.github.prefix).replace("/api/graphql", "/graphql")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.github.log.append((self.command, path))
        self.github.before(self.command, path)
        fault = self.github.fault(self.command, path)
        if fault == "cut":
            self.close_connection = True
            self.connection.close()
            return
        if fault == "slow":
            time.sleep(0.2)
        if isinstance(fault, tuple):
            self._send(fault[0], json.dumps(fault[2]).encode(), fault[1])
            return
        with self.github.lock:
            who = self.github.state.accounts.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
            status, body, model = self.github.answer(self.command, path, query, json.loads(raw or b"null"), who)
            headers: dict[str, str] = {}
            if status == 200 and self.command == "GET" and model:
                body, headers = self._page(path, query, body, model)
            for entry in body if isinstance(body, list) else [body] if model else []:
                check(model or "", entry)
            data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if fault == "done then cut":
            self.close_connection = True
            self.connection.close()
            return
        self._send(status, data, headers)

    def _page(self, path: str, query: dict[str, str], body: Any, model: str) -> tuple[Any, dict[str, str]]:
        """Return one page; the way to the next is on another path than the one that was asked, as GitHub's is."""
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        part = _PAGED_PARTS.get(model, "")
        whole = body if isinstance(body, list) else body.get(part) if part else None
        if whole is None:
            return body, {}
        chosen = whole[(page - 1) * size : page * size]
        headers = {}
        if page * size < len(whole):
            other = path.replace(f"/repos/{REPOSITORY}/", f"/repositories/{REPOSITORY_ID}/")
            following = urlencode({**query, "page": page + 1})
            headers["Link"] = f'<{self.github.url}{other}?{following}>; rel="next"'
        return (chosen if isinstance(body, list) else {**body, part: chosen}), headers

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        self.send_header("Date", formatdate(usegmt=True))
        self.send_header("Content-Type", "application/json")
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
