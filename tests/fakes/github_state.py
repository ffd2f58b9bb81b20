"""What the fake GitHub knows: accounts, pull requests, comments, statuses, and one real git repository behind it."""

from __future__ import annotations

import builtins
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from fakes.schema import filled

REPOSITORY = "org/research"
REPOSITORY_ID = 4242


class Account(NamedTuple):
    """Who a token belongs to, and whether it may write."""

    login: str
    id: int
    writes: bool = True
    type: str = "Bot"

    def body(self) -> dict[str, Any]:
        return filled("SimpleUser", login=self.login, id=self.id, type=self.type)


ACTIONS = Account("github-actions[bot]", 41898282)
STRANGER = Account("stranger", 777, type="User")
MAINTAINER = Account("maintainer", 778, type="User")
"""May write to the repository, so also edit what others wrote."""


@dataclass
class Limits:
    """GitHub's own limits; a test that would need gigabytes lowers one."""

    commit_files: int = 3000
    compared_files: int = 300
    compared_commits: int = 250  # where no page is asked for
    tree_entries: int = 100_000
    contents_bytes: int = 1 << 20  # above, only the raw form has the content
    statuses: int = 1000  # of one commit and context
    comments: int = 2500
    requests: int = 1000  # an hour


@dataclass
class State:
    """Everything, in memory; commits and files come from `repo`, a real clone."""

    repo: Path
    accounts: dict[str, Account] = field(default_factory=dict)
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, tuple[int, dict[str, Any]]] = field(default_factory=dict)  # id -> (pull request, body)
    statuses: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    archived: bool = False
    used: int = 0  # requests of this hour
    ids: Iterator[int] = field(default_factory=lambda: count(1001))

    def git(self, *arguments: str) -> str:
        """Ask the repository; raise KeyError for what it does not have."""
        return self.bytes(*arguments).decode("utf-8", "surrogateescape")

    def bytes(self, *arguments: str) -> bytes:
        """Ask the repository; raise KeyError for what it does not have."""
        done = subprocess.run(["git", "-C", str(self.repo), *arguments], capture_output=True)
        if done.returncode:
            raise KeyError(arguments)
        return done.stdout

    # Pull requests

    def add_pull(self, number: int, base: str, head: str, **given: Any) -> dict[str, Any]:
        """Open a pull request; `fork` makes its head another repository's, None a deleted one's.

        `base` is where the base branch was at the last push to the head, which is all that GitHub says of it.
        """
        fork = given.pop("fork", False)
        branch, base_branch = given.pop("branch", "feature"), given.pop("base_branch", "main")
        here = {**filled("Repository"), "id": REPOSITORY_ID, "default_branch": "main", "full_name": REPOSITORY}
        there = None if fork is None else {**here, "id": REPOSITORY_ID + 1, "fork": True} if fork else here
        owner = "stranger" if fork is not False else "org"
        body = filled("PullRequest", number=number, state=given.pop("state", "open"), merge_commit_sha=None)
        body["base"] = {**body["base"], "sha": base, "ref": base_branch, "repo": here}
        body["head"] = {**body["head"], "sha": head, "ref": branch, "repo": there, "label": f"{owner}:{branch}"}
        self.pulls[number] = {**body, **given}
        return self.pulls[number]

    def push_head(self, number: int, head: str) -> None:
        """Move a pull request's head; now, and only now, GitHub notes where its base is."""
        pull = self.pulls[number]
        pull["head"] = {**pull["head"], "sha": head}
        with suppress(KeyError):
            pull["base"] = {**pull["base"], "sha": self.tip(pull["base"]["ref"])}

    def tip(self, branch: str) -> str:
        """Return the commit of a branch; raise KeyError where there is none."""
        return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}").strip()

    # Comments and statuses

    def add_comment(self, number: int, body: str, author: Account | None = ACTIONS) -> dict[str, Any]:
        """Write a comment; without an author it is one whose account was deleted."""
        id = next(self.ids)
        comment = filled(
            "IssueComment",
            id=id,
            body=body,
            user=author.body() if author else None,
            html_url=f"https://github.example/{REPOSITORY}/pull/{number}#issuecomment-{id}",
            created_at=now(),
            updated_at=now(),
        )
        self.comments[id] = number, comment
        return comment

    def edit_comment(self, id: int, body: str) -> dict[str, Any]:
        """Give a comment another text; its author stays who it was."""
        comment = self.comments[id][1]
        comment |= {"body": body, "updated_at": now()}
        return comment

    def comments_on(self, number: int) -> list[dict[str, Any]]:
        """Return the comments of a pull request, oldest first."""
        return [comment for on, comment in self.comments.values() if on == number]

    def add_status(self, commit: str, body: dict[str, Any], who: Account) -> dict[str, Any]:
        """Set the status of a commit, by what a POST brings."""
        found = {name: body.get(name) for name in ("state", "context", "description", "target_url")}
        made = filled("Status", **found, id=next(self.ids), created_at=now(), updated_at=now(), creator=who.body())
        self.statuses.append((commit, made))
        return made

    def statuses_of(self, commit: str) -> list[dict[str, Any]]:
        """Return the statuses of a commit, newest first."""
        return [status for on, status in reversed(self.statuses) if on == commit]

    # Commits, comparisons, trees

    def commit(self, revision: str, *, files: bool = False) -> dict[str, Any]:
        """Return a commit as GitHub describes it."""
        sha, parents, at, message = self.git("log", "-1", "--format=%H%x00%P%x00%cI%x00%B", revision).split("\0")
        body = filled("Commit", sha=sha, parents=[{"sha": p, "url": "u", "html_url": "u"} for p in parents.split()])
        person = {"name": "T", "email": "t@example.org", "date": at}
        body["commit"] = {**body["commit"], "message": message, "author": person, "committer": person}
        if files:
            root = ["--root"] if not parents else []
            found = self.files("diff-tree", *root, "-r", "-m", "--first-parent", "--no-commit-id", sha)
            body["files"] = found[: self.limits.commit_files]
        return body

    def files(self, *command: str) -> list[dict[str, Any]]:
        """Return the files of a difference; a rename is one removed and one added."""
        names = {"A": "added", "M": "modified", "D": "removed", "T": "changed"}
        found = []
        fields = iter(self.git(*command, "--raw", "-z", "--no-abbrev", "--no-renames").split("\0"))
        for meta in fields:
            if meta:
                *_, old, new, status = meta.split()
                sha = old if status == "D" else new
                file = {"filename": next(fields), "sha": sha, "status": names[status]}
                found.append(filled("DiffEntry", **file, additions=1, changes=1))
        return found

    def comparison(self, base: str, head: str, *, paged: bool) -> dict[str, Any]:
        """Return a comparison by three dots, its commits oldest first; the newest only, where no page is asked for."""
        fork = self.git("merge-base", base, head).strip()
        ids = self.git("rev-list", "--reverse", "--topo-order", f"{base}..{head}").split()
        chosen = ids if paged else ids[-self.limits.compared_commits :]
        return filled(
            "CommitComparison",
            base_commit=self.commit(base),
            merge_base_commit=self.commit(fork),
            commits=[self.commit(sha) for sha in chosen],
            files=self.files("diff-tree", "-r", fork, head)[: self.limits.compared_files],
            total_commits=len(ids),
        )

    def tree(self, tree: str, *, recursive: bool) -> dict[str, Any]:
        """Return a tree as GitHub does: folders are entries too, and what is too much is cut."""
        lines = self.git("ls-tree", "-z", *(["-r", "-t"] if recursive else []), tree).split("\0")
        entries = []
        for line in filter(None, lines):
            meta, _, path = line.partition("\t")
            mode, kind, sha = meta.split()
            entries.append({"path": path, "mode": mode, "type": kind, "sha": sha})
        most = self.limits.tree_entries
        sha = self.git("rev-parse", f"{tree}^{{tree}}").strip()
        return filled("GitTree", sha=sha, tree=entries[:most], truncated=len(entries) > most)

    def file(self, revision: str, path: str) -> tuple[str, builtins.bytes]:
        """Return blob and content of a file; the contents of GitHub follow a link inside the repository."""
        line = self.git("ls-tree", "-z", revision, "--", path).rstrip("\0")
        if not line:
            raise KeyError(path)
        mode, _, blob = line.partition("\t")[0].split()
        content = self.bytes("cat-file", "blob", blob)
        if mode == "120000":
            target = (Path(path).parent / content.decode()).as_posix()
            return self.file(revision, target)
        return blob, content


def now() -> str:
    """Return the server's time, in whole seconds as GitHub says it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
