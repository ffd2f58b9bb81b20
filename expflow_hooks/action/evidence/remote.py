"""A change read by API, as data only: nothing of the head is checked out, let alone run."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from expflow_hooks.action.evidence.change import Change, Commit, Leak
from expflow_hooks.action.github import models
from expflow_hooks.action.github.client import ApiError, GitHub
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.experiment import parse_time
from expflow_hooks.core.registry.parts import parts_in_git

if TYPE_CHECKING:
    from expflow_hooks.core.registry.parts import Entry

MOST_FILES = 300
"""Files that a comparison lists; at that many there may be more."""
MOST_PARTS = 300
"""Files of a registry that are fetched for one commit; the server grants 1,000 requests an hour."""


class Remote:
    """One repository on the server."""

    def __init__(self, github: GitHub, repository: str) -> None:
        self._github = github
        self._at = f"/repos/{repository}"
        self._blobs: dict[str, bytes] = {}

    def change(self, base: str, head: str) -> Change:
        """Return the commits (all pages) and paths between two commits."""
        pages = list(self._github.pages(f"{self._at}/compare/{base}...{head}", models.Comparison))
        fork = pages[0].merge_base_commit
        # Oldest first from the server; with merges in between its order is by time, as good as git's own.
        commits = [Commit(commit.sha, _committed(commit)) for page in pages for commit in page.commits]
        return Change(base, head, fork.sha, _committed(fork), tuple(reversed(commits)), _paths(pages[0]))

    def file(self, commit: str, path: str) -> bytes | None:
        """Return a file of a commit, or None where it has none."""
        try:
            return self._github.raw(f"{self._at}/contents/{quote(path)}", ref=commit)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def registry(self, commit: str, path: str) -> dict[str, bytes]:
        """Return the contents of a registry's files by path, one file's or a folder's; each blob is fetched once.

        Raises UnreadableError for more files than the server can be asked for.
        """
        parts = parts_in_git(path, lambda tree: self._entries(tree or commit))
        new = [blob for blob in parts.values() if blob not in self._blobs]
        if len(new) > MOST_PARTS:
            raise UnreadableError(
                f"{path} has {len(new)} files, and by API at most {MOST_PARTS} are read: check the repository out, or"
                " bring the files of merged branches together in one"
            )
        self._blobs.update((blob, self._blob(blob)) for blob in new)
        return {name: self._blobs[blob] for name, blob in parts.items()}

    def _entries(self, tree: str) -> list[Entry]:
        found = self._github.get(f"{self._at}/git/trees/{quote(tree)}", models.Tree)
        if found.truncated:
            raise UnreadableError(f"GitHub lists only a part of the tree {tree[:12]}: check the repository out instead")
        return [(entry.mode, entry.sha or "", entry.path) for entry in found.tree]

    def paths_between(self, older: str, newer: str) -> frozenset[str] | None:
        """Return the paths that differ between a commit and a descendant; None if the server lists only some."""
        return _paths(self._github.get(f"{self._at}/compare/{older}...{newer}", models.Comparison, per_page=1))

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return a commit's parents; none where the server does not know the commit."""
        try:
            found = self._github.get(f"{self._at}/commits/{quote(commit)}", models.Commit, per_page=1)
        except ApiError as error:
            if error.status in (404, 422):
                return ()
            raise
        return tuple(parent.sha for parent in found.parents)

    def leaks(self, change: Change, excused: Collection[str]) -> list[Leak]:
        """Return what gives a PIN away in the messages and files of any commit of the change."""
        seen: dict[tuple[str, str], list[Leak]] = {}
        found: list[Leak] = []
        for commit in change.commits:
            for page in self._github.pages(f"{self._at}/commits/{commit.id}", models.Commit):
                found += _leaks_in(page.commit.message.encode(), "<commit message>", commit.id)
                for file in page.files or ():
                    key = file.sha or "", file.filename
                    if key[0] and key not in seen and file.status != "removed":
                        seen[key] = _leaks_in(self._blob(key[0]), key[1], commit.id)
        past = {key[0] for key, leaks in seen.items() if leaks and key[0] in excused}
        if past:
            past -= self._blobs_of(change.head)
        return found + [leak for key, leaks in seen.items() if key[0] not in past for leak in leaks]

    def _blobs_of(self, commit: str) -> set[str]:
        """Return every blob of a commit's tree: what still stands there is not history and cannot be excused."""
        tree = self._github.get(f"{self._at}/git/trees/{commit}", models.Tree, recursive="1")
        if tree.truncated:
            raise UnreadableError("the tree is too large to tell what is history: take the blob out of scan.allow")
        return {entry.sha for entry in tree.tree if entry.sha}

    def _blob(self, blob: str) -> bytes:
        try:
            return self._github.raw(f"{self._at}/git/blobs/{blob}")
        except ApiError as error:
            if error.status == 404:  # a gitlink: the commit of another repository
                return b""
            raise


def _leaks_in(data: bytes, path: str, commit: str) -> list[Leak]:
    from expflow_hooks.scan import closer
    from expflow_hooks.scan.findings import Finding, printable
    from expflow_hooks.scan.prefilter import key_kind, suspect

    kind = "" if path.startswith("<") else key_kind(path)
    if not kind and not suspect(data, len(data)):
        return []
    hits = closer.hits(iter([data]), kind, excusable=True)
    findings = [Finding(path, *hit) for hit in hits]
    return [Leak(f"{commit[:12]}:{printable(path)}:{f.line}:{f.column}", f.code, f.message) for f in findings]


def _paths(comparison: models.Comparison) -> frozenset[str] | None:
    files = comparison.files or []
    names = {name for file in files for name in (file.filename, file.previous_filename) if name}
    return None if len(files) >= MOST_FILES else frozenset(names)


def _committed(commit: models.Commit) -> datetime | None:
    return parse_time(commit.commit.committer.date) if commit.commit.committer else None
