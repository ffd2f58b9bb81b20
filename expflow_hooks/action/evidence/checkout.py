"""A change read from the clone in the workspace, with git."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from datetime import datetime, timezone

from expflow_hooks.action.evidence.proposal import Leak, Proposal, ProposedCommit
from expflow_hooks.core.change.code import Entry
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git.repository import Git

_PLAIN = "100644"


class Checkout:
    """The repository around a folder. With a scratch folder, whoever owns it: in a container that is another user."""

    def __init__(self, folder: str, scratch: str = "") -> None:
        self.folder = folder
        self._git = Git(folder, _trusting(scratch) if scratch else None)

    def proposal(self, base: str, head: str) -> Proposal:
        """Return the commits between two commits; without a base, all of the head's history."""
        self._git.require_history()
        for commit in filter(None, (base, head)):
            if not self.has(commit):
                raise UnreadableError(f"commit {commit[:12]} is not in this clone: check out with `fetch-depth: 0`")
        fork_point = self._git.merge_base(base, head) if base else ""
        since = self._log(fork_point, "--max-count=1") if fork_point else []
        commits = self._log(head, *([f"^{base}"] if base else []), "--topo-order")
        return Proposal(base, head, fork_point, since[0].at if since else None, tuple(commits))

    def tree(self, commit: str) -> tuple[Entry, ...]:
        """Return every file, link and submodule of a commit."""
        return tuple(self._git.tree(commit))

    def blobs(self, blobs: Sequence[str]) -> list[bytes]:
        """Return the contents of files, in their order."""
        found = []
        for kind, _, blob, _, chunks in self._git.contents((_PLAIN, blob, "") for blob in blobs):
            if kind != "blob":
                raise UnreadableError(f"git: object {blob[:12]} is missing: check out with `fetch-depth: 0`")
            found.append(b"".join(chunks))
        return found

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return a commit's parents; none where the commit is not in the clone."""
        return tuple(self._git.parents(commit)) if self.has(commit) else ()

    def leaks(self, proposal: Proposal, excused: Collection[str]) -> list[Leak]:
        """Return what gives a PIN away in any object that the range adds, also what a later commit took out again."""
        from expflow_hooks.scan import ScanReport, pushes
        from expflow_hooks.scan.findings import printable

        report = ScanReport()
        span = pushes.between(self._git, f"{proposal.base}..{proposal.head}" if proposal.base else proposal.head)
        pushes.scan(self._git, span, lambda git: frozenset(excused), report)
        if report.problems:
            raise UnreadableError(f"the scan could not read all: {printable(report.problems[0])}")
        return [
            Leak(f"{f.commit[:12]}:{printable(f.path)}:{f.line}:{f.column}", f.code, f.message) for f in report.findings
        ]

    def has(self, commit: str) -> bool:
        """Return whether the clone has a commit."""
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

    def _log(self, *revisions: str) -> list[ProposedCommit]:
        return [
            ProposedCommit(name, datetime.fromtimestamp(at, timezone.utc)) for name, at in self._git.dated(*revisions)
        ]


def _trusting(scratch: str) -> dict[str, str]:
    """Return the environment in which git reads a folder of another user; nobody else's git is changed.

    Git takes this from a configuration file only, so the user's own is included in one of ours.
    """
    home, settings = os.path.expanduser("~"), os.environ.get("XDG_CONFIG_HOME")
    usual = [os.path.join(settings or os.path.join(home, ".config"), "git", "config"), os.path.join(home, ".gitconfig")]
    own = [os.environ["GIT_CONFIG_GLOBAL"]] if "GIT_CONFIG_GLOBAL" in os.environ else usual
    path = os.path.join(scratch, "gitconfig")
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        for name in filter(os.path.isfile, map(os.path.abspath, filter(None, own))):
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            file.write(f'[include]\n\tpath = "{quoted}"\n')
        file.write("[safe]\n\tdirectory = *\n")
    return {"GIT_CONFIG_GLOBAL": path}
