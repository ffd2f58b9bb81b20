"""GitHub's own part of a pull request's life, and the command `gh` that asks for it.

A stand-in across the network only: the repository is a real bare one, and what its workflow says is for the caller to
run, which is `check`.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fakes.github_state import REPOSITORY, State

CONTEXT = "expflow"
_WORDS = {"success": "pass", "failure": "fail", "error": "fail", "pending": "pending"}
_GH = """\
#!{python}
import json, os, subprocess, sys, urllib.request
branch = subprocess.run(["git", "branch", "--show-current"], capture_output=True, text=True).stdout.strip()
body = json.dumps([sys.argv[1:], branch]).encode()
code, text = json.load(urllib.request.urlopen("{url}", body, timeout=300))
sys.stdout.write(text)
sys.exit(code)
"""


class Desk:
    """Answers `gh pr create|checks|view|merge` for the branch that is checked out, as `gh` does without a terminal."""

    def __init__(self, state: State, check: Callable[[int], int]) -> None:
        self.state = state
        self._check = check
        self._checked: dict[int, tuple[str, int]] = {}
        """The head of each pull request that its workflow ran for, and how that ended."""

    def answer(self, arguments: list[str], branch: str) -> tuple[int, str]:
        """Return exit code and output."""
        verbs = {"create": self._create, "checks": self._checks, "view": self._view, "merge": self._merge}
        assert arguments[0] == "pr", arguments
        return verbs[arguments[1]](branch)

    def _create(self, branch: str) -> tuple[int, str]:
        number = len(self.state.pulls) + 1
        self.state.add_pull(number, self.state.tip("main"), self.state.tip(branch), branch=branch)
        return 0, f"https://github.com/{REPOSITORY}/pull/{number}\n"

    def _checks(self, branch: str) -> tuple[int, str]:
        number = self._number(branch)
        code = self._ended(number)
        status = self._status(number)
        told = [(_WORDS[status["state"]], CONTEXT, status["description"])]
        told.append(("fail" if code else "pass", "judge", ""))
        lines = [f"{name}\t{word}\t0\thttps://github.example\t{said}\n" for word, name, said in sorted(told)]
        return int("fail" in [word for word, _, _ in told]), "".join(lines)

    def _view(self, branch: str) -> tuple[int, str]:
        comments = self.state.comments_on(self._number(branch))
        head = "author:\t{}\nassociation:\tnone\nedited:\tfalse\nstatus:\tnone\n--\n"
        return 0, "".join(f"{head.format(one['user']['login'])}{one['body']}\n--\n" for one in comments)

    def _merge(self, branch: str) -> tuple[int, str]:
        """Squash the branch onto main, as a ruleset allows it that requires the status."""
        number = self._number(branch)
        self._ended(number)
        if self._status(number)["state"] != "success":
            said = (
                f"X Pull request {REPOSITORY}#{number} is not mergeable: the base branch policy prohibits the merge.\n"
            )
            return 1, said
        main, git = self.state.tip("main"), self.state.git
        tree = git("merge-tree", "--write-tree", main, self.state.tip(branch)).strip()
        commit = git("commit-tree", tree, "-p", main, "-m", f"{branch} (#{number})").strip()
        git("update-ref", "refs/heads/main", commit, main)
        self.state.pulls[number] |= {"state": "closed", "merged_at": "2026-11-25T12:00:00Z", "merge_commit_sha": commit}
        return 0, ""

    def _number(self, branch: str) -> int:
        return next(n for n, pull in self.state.pulls.items() if pull["head"]["ref"] == branch)

    def _ended(self, number: int) -> int:
        """Return how the workflow ended for the head as it is now; run it where it did not yet."""
        head = self.state.tip(self.state.pulls[number]["head"]["ref"])
        if self._checked.get(number, ("", 0))[0] != head:
            self.state.push_head(number, head)
            self._checked[number] = head, self._check(number)
        return self._checked[number][1]

    def _status(self, number: int) -> dict[str, Any]:
        return self.state.statuses_of(self.state.pulls[number]["head"]["sha"])[0]


@contextmanager
def gh(desk: Desk, folder: Path) -> Iterator[None]:
    """Put the command `gh` into a folder; it asks the desk."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            data = json.dumps(desk.answer(*asked)).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    folder.mkdir(exist_ok=True)
    command = folder / "gh"
    command.write_text(_GH.format(python=sys.executable, url=f"http://127.0.0.1:{server.server_port}"))
    command.chmod(0o755)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
