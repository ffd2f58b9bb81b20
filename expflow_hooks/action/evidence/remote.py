"""A change read by API, as data only: nothing of the head is checked out, let alone run.

GitHub cuts its lists without an error: 300 files of a comparison, 3,000 of a commit, large trees. Files are told by
trees here, which say when they are cut and can be read folder by folder then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from expflow_hooks.action.evidence.proposal import Leak, Proposal, ProposedCommit
from expflow_hooks.action.github import models
from expflow_hooks.action.github.client import ApiError, GitHub
from expflow_hooks.core.change.code import Entry
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.experiment import parse_time

MOST_FILES = 3000
"""Files that a commit lists; at that many there may be more."""
MOST_BLOBS = 300
"""Files of a registry that are read for one commit; the server grants 1,000 requests an hour."""
_FOLDER, _SUBMODULE = "tree", "160000"
_TREES, _BLOBS = 24, 256  # kept for the next pull request, which has many of them too
_LARGE = 1 << 20  # bytes; a larger blob is not kept


class Remote:
    """One repository on the server."""

    def __init__(self, github: GitHub, repository: str) -> None:
        self._github = github
        self._at = f"/repos/{repository}"
        self.tip = lru_cache(None)(self._tip)
        self.tree = lru_cache(_TREES)(self._tree)
        self._small_blob = lru_cache(_BLOBS)(self._read_blob)
        self._large: dict[str, bytes] = {}

    def _tip(self, branch: str) -> str:
        """Return the commit that a branch is at; asked once, until `tip.cache_clear`."""
        found = self._github.get(f"{self._at}/git/ref/heads/{quote(branch)}", models.Reference)
        return found.object.sha

    def proposal(self, base: str, head: str) -> Proposal:
        """Return the commits (all pages) between two commits."""
        pages = list(self._github.pages(f"{self._at}/compare/{base}...{head}", models.CommitComparison))
        fork = pages[0].merge_base_commit
        # Oldest first from the server; with merges in between its order is by time, as good as git's own.
        commits = [ProposedCommit(commit.sha, _committed(commit)) for page in pages for commit in page.commits]
        if len(commits) != pages[0].total_commits:
            raise UnreadableError(f"GitHub lists {len(commits)} of the {pages[0].total_commits} commits of this change")
        return Proposal(base, head, fork.sha, _committed(fork), tuple(reversed(commits)))

    def _tree(self, commit: str) -> tuple[Entry, ...]:
        """Return every file, link and submodule of a commit."""
        return tuple(self._entries(commit, ""))

    def _entries(self, tree: str, folder: str) -> Iterable[Entry]:
        at = f"{self._at}/git/trees/{tree}"
        found = self._github.get(at, models.Tree, recursive="1")
        if not found.truncated:
            for entry in found.tree:
                if entry.type != _FOLDER:
                    yield entry.mode, entry.sha, folder + entry.path
            return
        # Too much for one answer: the folder's own entries, then each folder in it.
        found = self._github.get(at, models.Tree)
        if found.truncated:
            raise UnreadableError(f"GitHub cuts the list of the files in {folder or 'the root'} of {tree[:12]}")
        for entry in found.tree:
            if entry.type == _FOLDER:
                yield from self._entries(entry.sha, f"{folder}{entry.path}/")
            else:
                yield entry.mode, entry.sha, folder + entry.path

    def blobs(self, blobs: Sequence[str]) -> list[bytes]:
        """Return the contents of files, in their order; raise UnreadableError for more than can be asked for."""
        if len(blobs) > MOST_BLOBS:
            raise UnreadableError(
                f"{len(blobs)} files of a registry, and by API at most {MOST_BLOBS} are read: check the repository out,"
                " or bring the files of merged branches together in one"
            )
        return list(map(self._blob, blobs))

    def _blob(self, blob: str) -> bytes:
        if blob in self._large:
            return self._large[blob]
        data = self._small_blob(blob)
        if len(data) > _LARGE:
            self._small_blob.cache_clear()
            self._large = {blob: data}
        return data

    def _read_blob(self, blob: str) -> bytes:
        return self._github.raw(f"{self._at}/git/blobs/{blob}")

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return a commit's parents; none where the server does not know the commit."""
        try:
            found = self._github.get(f"{self._at}/commits/{quote(commit)}", models.Commit, per_page=1)
        except ApiError as error:
            if error.status in (404, 422):
                return ()
            raise
        return tuple(parent.sha for parent in found.parents)

    def leaks(self, proposal: Proposal, excused: Collection[str]) -> list[Leak]:
        """Return what gives a PIN away in the messages and files of any commit of the change."""
        seen: dict[tuple[str, str], list[Leak]] = {}
        found: list[Leak] = []
        known = {blob for _, blob, _ in self.tree(proposal.fork_point)} if proposal.fork_point else set()
        for commit in proposal.commits:
            message, files = self._brought(commit.id)
            found += _leaks_in(message.encode(), "<commit message>", commit.id)
            for blob, path in files:
                if blob not in known and (blob, path) not in seen:
                    seen[blob, path] = _leaks_in(self._content(blob, path, commit.id), path, commit.id)
        past = {blob for (blob, _), leaks in seen.items() if leaks and blob in excused}
        if past:  # what still stands in the head is not history and cannot be excused
            past -= {blob for _, blob, _ in self.tree(proposal.head)}
        return found + [leak for (blob, _), leaks in seen.items() if blob not in past for leak in leaks]

    def _brought(self, commit: str) -> tuple[str, list[tuple[str, str]]]:
        """Return a commit's message, and blob and path of each file that it brought."""
        pages = list(self._github.pages(f"{self._at}/commits/{commit}", models.Commit, per_page=300))
        files = [file for page in pages for file in page.files or ()]
        message, parents = pages[0].commit.message, pages[0].parents
        if len(files) < MOST_FILES:
            return message, [(file.sha, file.filename) for file in files if file.sha and file.status != "removed"]
        before = {entry for parent in parents for entry in self.tree(parent.sha)}
        return message, [(blob, path) for mode, blob, path in self.tree(commit) if (mode, blob, path) not in before]

    def _content(self, blob: str, path: str, commit: str) -> bytes:
        """Return what a commit's file holds; nothing for a submodule, whose id is another repository's commit."""
        try:
            return self._blob(blob)
        except ApiError as error:
            if error.status == 404 and (_SUBMODULE, blob, path) in self.tree(commit):
                return b""
            raise


def _leaks_in(data: bytes, path: str, commit: str) -> list[Leak]:
    from expflow_hooks.scan import hits
    from expflow_hooks.scan.findings import Finding, printable
    from expflow_hooks.scan.prefilter import key_kind, suspect

    kind = "" if path.startswith("<") else key_kind(path)
    if not kind and not suspect(data, len(data)):
        return []
    findings = [Finding(path, *hit) for hit in hits(iter([data]), kind, excusable=True)]
    return [Leak(f"{commit[:12]}:{printable(path)}:{f.line}:{f.column}", f.code, f.message) for f in findings]


def _committed(commit: models.Commit) -> datetime | None:
    return parse_time(commit.commit.committer.date) if commit.commit.committer else None
