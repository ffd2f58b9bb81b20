"""A change read from the clone in the workspace, with git."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timezone

from expflow_hooks.action.evidence.change import Change, Commit, Leak
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git.registry_files import registry_files
from expflow_hooks.git.repository import Git


class Checkout:
    """The repository around a folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._git = Git(folder)

    def change(self, base: str, head: str) -> Change:
        """Return the commits and paths between two commits; without a base, all of the head's history."""
        self._git.require_history()
        for commit in filter(None, (base, head)):
            if not self.has(commit):
                raise UnreadableError(f"commit {commit[:12]} is not in this clone: check out with `fetch-depth: 0`")
        fork_point = self._merge_base(base, head)
        start = fork_point or self._git.empty_tree()
        since = self._log(fork_point, "--max-count=1") if fork_point else []
        commits = self._log(head, *([f"^{base}"] if base else []), "--topo-order")
        paths = self.paths_between(start, head)
        return Change(base, head, fork_point, since[0].at if since else None, tuple(commits), paths)

    def file(self, commit: str, path: str) -> bytes | None:
        """Return a file of a commit, or None where it has none."""
        return self._git.file(commit, path)

    def registry(self, commit: str, path: str) -> dict[str, bytes]:
        """Return the contents of a registry's files by path, one file's or a folder's; none where it is not there."""
        return registry_files(self._git, commit, path)

    def paths_between(self, older: str, newer: str) -> frozenset[str] | None:
        """Return the paths that differ between two commits or trees."""
        return frozenset(self._git.differing(older, newer))

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return a commit's parents; none where the commit is not in the clone."""
        return tuple(self._git.parents(commit)) if self._git.has(commit) else ()

    def leaks(self, change: Change, excused: Collection[str]) -> list[Leak]:
        """Return what gives a PIN away in any object that the range adds, also what a later commit took out again."""
        from expflow_hooks.scan import Report, pushes
        from expflow_hooks.scan.findings import printable

        report = Report()
        span = pushes.between(self._git, f"{change.base}..{change.head}" if change.base else change.head)
        pushes.scan(self._git, span, lambda git: frozenset(excused), report)
        if report.problems:
            raise UnreadableError(f"the scan could not read all: {printable(report.problems[0])}")
        return [
            Leak(f"{f.commit[:12]}:{printable(f.path)}:{f.line}:{f.column}", f.code, f.message) for f in report.findings
        ]

    def has(self, commit: str) -> bool:
        """Say whether the clone has a commit."""
        return self._git.has(f"{commit}^{{commit}}")

    def tip(self, name: str) -> str:
        """Return the commit of a branch, or nothing."""
        return self._git.commit(name)

    def default_base(self) -> str:
        """Return the tip of the branch that a pull request would go to; raise UnreadableError if none is found."""
        for name in ("origin/HEAD", "origin/main", "origin/master", "main", "master"):
            if found := self.tip(name):
                return found
        raise UnreadableError("no base to compare with: there is no origin/HEAD, main or master here")

    def head(self) -> tuple[str, str]:
        """Return the commit that is checked out, and its branch or nothing."""
        commit = self._git.commit("HEAD")
        if not commit:
            raise UnreadableError("HEAD has no commit yet, so there is nothing to judge")
        return commit, self._git.branch().encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def _merge_base(self, base: str, head: str) -> str:
        return self._git.merge_base(base, head) if base else ""

    def _log(self, *revisions: str) -> list[Commit]:
        return [Commit(name, datetime.fromtimestamp(at, timezone.utc)) for name, at in self._git.dated(*revisions)]
