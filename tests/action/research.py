"""A small research repository with a pull request, and the Action run on it in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakes.github_server import FakeGitHub
from fakes.github_state import ACTIONS, REPOSITORY
from gitrepo import Repo

TOKEN = "a-token-of-the-fake-" + "x" * 20
POLICY = """\
version: 1
leaderboard:
  source: experiments.jsonl
  sort_by: pde_mean
  gates: [pde_mean:lt:18.09, train_time_min:lt:60]
  paths: ["src/**"]
audit:
  rules:
  - reported: seg_total
"""


def record(id: str, /, pde: Any = 10.0, minutes: Any = 30.0, **fields: Any) -> dict[str, Any]:
    """Return a completed experiment."""
    metrics = {"pde_mean": pde, "train_time_min": minutes, "seg_total": 80.0}
    base = {"experiment_id": id, "status": "completed", "timestamp": "2099-01-01T00:00:00Z", "metrics": metrics}
    return {**base, **fields}


def lines(*records: dict[str, Any]) -> str:
    """Return records as a registry's text."""
    return "".join(json.dumps(entry) + "\n" for entry in records)


@dataclass
class Research:
    """The repository: `base` on main, `head` on feature. `server` is its GitHub."""

    repo: Repo
    base: str = ""
    head: str = ""
    number: int = 7
    run_id: int = 100
    server: FakeGitHub | None = None
    last: dict[str, str] = field(default_factory=dict)
    text: str = ""
    summary: str = ""

    def setup(self, policy: str | None = POLICY, base_records: list[dict[str, Any]] | None = None) -> None:
        """Make the base: code, policy, and two experiments unless told others."""
        self.repo.write("src/train.py", "print(1)\n")
        if policy is not None:
            self.repo.write("expflow.yaml", policy)
        records = [record("old-1", 9.5), record("old-2", 12.5)] if base_records is None else base_records
        self.repo.write("experiments.jsonl", lines(*records))
        self.repo.git("add", "--all")
        self.repo.git("commit", "--quiet", "--message", "base")
        self.base = self.repo.git("rev-parse", "HEAD")
        self.repo.git("update-ref", "refs/remotes/origin/main", self.base)
        self.repo.git("checkout", "--quiet", "-b", "feature")
        self.change()

    def change(self, path: str = "src/train.py", content: str | None = None) -> str:
        """Commit a change on the branch; return the commit."""
        self.head = self.repo.commit(path, content or f"print({os.urandom(4).hex()!r})\n")
        self._moved()
        return self.head

    def results(self, *records: dict[str, Any]) -> str:
        """Commit experiments, appended to the registry; return the commit."""
        path = self.repo.path / "experiments.jsonl"
        self.head = self.repo.commit("experiments.jsonl", path.read_text() + lines(*records), "results")
        self._moved()
        return self.head

    def open(self, **given: Any) -> None:
        """Open the pull request on the server."""
        assert self.server is not None
        self.server.state.accounts.setdefault(TOKEN, ACTIONS)
        self.server.state.add_pull(self.number, self.base, self.head, **given)

    def _moved(self) -> None:
        if self.server is not None and self.number in self.server.state.pulls:
            self.server.state.push_head(self.number, self.head)

    def payload(self) -> dict[str, Any]:
        """Return the payload of the event `pull_request`."""
        assert self.server is not None
        pull = self.server.state.pulls[self.number]
        return {"number": self.number, "pull_request": pull, "repository": {"default_branch": "main"}}

    def environment(self, event: str, payload: dict[str, Any], **inputs: str) -> dict[str, str]:
        """Return the runner's variables for one run, with files for its outputs."""
        temp = self.repo.path.parent / "runner temp"
        temp.mkdir(exist_ok=True)
        (temp / "event.json").write_text(json.dumps(payload))
        for name in ("output", "summary"):
            (temp / name).write_text("")
        self.run_id += 1
        base = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(temp / "event.json"),
            "GITHUB_OUTPUT": str(temp / "output"),
            "GITHUB_STEP_SUMMARY": str(temp / "summary"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": str(self.run_id),
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_SHA": self.head,
            "GITHUB_WORKSPACE": str(self.repo.path),
            "GITHUB_API_URL": self.server.url if self.server else "",
            "GITHUB_GRAPHQL_URL": f"{self.server.url}/graphql" if self.server else "",
            "RUNNER_TEMP": str(temp),
            "INPUT_GITHUB_TOKEN": TOKEN,
            "INPUT_UNDECIDED": "fail",  # so that the exit code shows what a job would be silent about
        }
        return base | {f"INPUT_{name.upper()}": value for name, value in inputs.items()}

    def run(self, event: str = "pull_request", payload: Any = None, env: Any = None, **inputs: str) -> int:
        """Run the Action here; keep its outputs, log and summary; return its exit code."""
        import contextlib
        import io

        from expflow_hooks.action import main

        environment = self.environment(event, self.payload() if payload is None else payload, **inputs) | (env or {})
        log = io.StringIO()
        with contextlib.redirect_stdout(log):
            code = main.run(environment)
        self.text = log.getvalue()
        self.summary = Path(environment["GITHUB_STEP_SUMMARY"]).read_text()
        self.last = dict(read_outputs(Path(environment["GITHUB_OUTPUT"]).read_text()))
        return code

    def comments(self) -> list[str]:
        """Return the bodies of our comments."""
        assert self.server is not None
        return [
            c["body"] for c in self.server.state.comments_on(self.number) if (c["user"] or {}).get("id") == ACTIONS.id
        ]

    @property
    def comment(self) -> str:
        """Return the body of the one comment of ours."""
        (body,) = self.comments()
        return body

    @property
    def status(self) -> dict[str, Any]:
        """Return the last commit status, which must be on the head."""
        assert self.server is not None
        commit, status = self.server.state.statuses[-1]
        assert commit == self.head
        return status


def read_outputs(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and value as the runner reads them: from `name<<delimiter` to the delimiter."""
    rest = iter(text.splitlines())
    for line in rest:
        name, _, delimiter = line.partition("<<")
        value = []
        for part in rest:
            if part == delimiter:
                break
            value.append(part)
        yield name, "\n".join(value)


def command(arguments: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "expflow_hooks", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
