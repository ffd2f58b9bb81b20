"""What the fake GitHub knows: accounts, pull requests, comments, statuses, and one real git repository behind it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
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


@dataclass
class State:
    """Everything, in memory; commits and files come from `repo`, a real clone."""

    repo: Path
    accounts: dict[str, Account] = field(default_factory=dict)
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, tuple[int, dict[str, Any]]] = field(default_factory=dict)  # id -> (pull request, body)
    statuses: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    next_id: int = 1000

    def git(self, *arguments: str) -> str:
        """Ask the repository; raise KeyError for what it does not have."""
        done = subprocess.run(["git", "-C", str(self.repo), *arguments], capture_output=True)
        if done.returncode:
            raise KeyError(arguments)
        return done.stdout.decode("utf-8", "surrogateescape")

    def add_pull(self, number: int, base: str, head: str, **given: Any) -> dict[str, Any]:
        """Open a pull request; `fork` makes its head another repository's, None a deleted one's."""
        fork = given.pop("fork", False)
        branch, base_branch = given.pop("branch", "feature"), given.pop("base_branch", "main")
        here = {**filled("Repository"), "id": REPOSITORY_ID, "default_branch": "main", "full_name": REPOSITORY}
        there = None if fork is None else {**here, "id": REPOSITORY_ID + 1} if fork else here
        owner = "stranger" if fork else "org"
        body = filled("PullRequest", number=number, state=given.pop("state", "open"), merge_commit_sha=None)
        body["base"] = {**body["base"], "sha": base, "ref": base_branch, "repo": here}
        body["head"] = {**body["head"], "sha": head, "ref": branch, "repo": there, "label": f"{owner}:{branch}"}
        self.pulls[number] = {**body, **given}
        return self.pulls[number]

    def add_comment(self, number: int, body: str, author: Account | None = ACTIONS) -> dict[str, Any]:
        """Write a comment; without an author it is one whose account was deleted."""
        self.next_id += 1
        comment = filled(
            "IssueComment",
            id=self.next_id,
            body=body,
            user=author.body() if author else None,
            html_url=f"https://github.example/{REPOSITORY}/pull/{number}#issuecomment-{self.next_id}",
        )
        self.comments[self.next_id] = number, comment
        return comment

    def comments_on(self, number: int) -> list[dict[str, Any]]:
        """Return the comments of a pull request, oldest first."""
        return [comment for on, comment in self.comments.values() if on == number]

    def commit(self, revision: str, *, files: bool = False) -> dict[str, Any]:
        """Return a commit as GitHub describes it."""
        sha, parents, at, message = self.git("log", "-1", "--format=%H%x00%P%x00%cI%x00%B", revision).split("\0")
        body = filled("Commit", sha=sha, parents=[{"sha": p, "url": "u", "html_url": "u"} for p in parents.split()])
        person = {"name": "T", "email": "t@example.org", "date": at}
        body["commit"] = {**body["commit"], "message": message, "author": person, "committer": person}
        if files:
            root = ["--root"] if not parents else []
            body["files"] = self.files("diff-tree", *root, "-r", "-m", "--first-parent", "--no-commit-id", sha)
        return body

    def files(self, *command: str) -> list[dict[str, Any]]:
        """Return the files of a difference; a rename is one removed and one added."""
        names = {"A": "added", "M": "modified", "D": "removed", "T": "changed"}
        found = []
        for line in self.git(*command, "--raw", "--no-abbrev", "--no-renames").splitlines():
            meta, _, path = line.partition("\t")
            *_, old, new, status = meta.split()
            sha = old if status == "D" else new
            found.append(filled("DiffEntry", filename=path, sha=sha, status=names[status], additions=1, changes=1))
        return found

    def comparison(self, base: str, head: str) -> dict[str, Any]:
        """Return a comparison by three dots, its commits oldest first."""
        fork = self.git("merge-base", base, head).strip()
        ids = self.git("rev-list", "--reverse", "--topo-order", f"{base}..{head}").split()
        return filled(
            "CommitComparison",
            base_commit=self.commit(base),
            merge_base_commit=self.commit(fork),
            commits=[self.commit(sha) for sha in ids],
            files=self.files("diff-tree", "-r", fork, head)[:300],
            total_commits=len(ids),
        )
