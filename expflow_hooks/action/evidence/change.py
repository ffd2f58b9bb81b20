"""What is proposed: the commits between base and head, as judging needs them, and the port they are read through.

`checkout.Checkout` reads them from a clone with git, `remote.Remote` by API as data only.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, Protocol


class Commit(NamedTuple):
    """One commit of the change: its id, and when it was committed (None where that is not known)."""

    id: str
    at: datetime | None = None


class Change(NamedTuple):
    """Commits newest first; `paths` are those that differ between merge base and head, None if too many to list.

    `branch` is the head's, where runs on it may belong to the change; `merges` are commits that merge the head, such
    as the one under test; `number` is the pull request's, 0 without one.
    """

    base: str
    head: str
    fork_point: str
    forked_at: datetime | None
    commits: tuple[Commit, ...]
    paths: frozenset[str] | None
    merges: tuple[str, ...] = ()
    branch: str = ""
    number: int = 0


class Leak(NamedTuple):
    """One finding of the scan, ready to print: where it is, its code, and what it is."""

    where: str
    code: str
    message: str


class Repository(Protocol):
    """Reads what a change consists of; every method raises UnreadableError for what cannot be read."""

    def change(self, base: str, head: str) -> Change:
        """Return the commits and paths between two commits."""

    def file(self, commit: str, path: str) -> bytes | None:
        """Return a file of a commit, or None where it has none."""

    def registry(self, commit: str, path: str) -> dict[str, bytes]:
        """Return the contents of a registry's files by path, one file's or a folder's; none where it is not there.

        Raises UsageError for one that is not spelled right, or has a link on its path.
        """

    def paths_between(self, older: str, newer: str) -> frozenset[str] | None:
        """Return the paths that differ between a commit and a descendant; None if too many to list."""

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return a commit's parents; none where the commit is not known."""

    def leaks(self, change: Change, excused: Collection[str]) -> list[Leak]:
        """Return what gives a PIN away in the objects that the change adds; `excused` blobs are those of the policy."""
