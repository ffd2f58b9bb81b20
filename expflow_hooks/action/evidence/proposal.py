"""What is proposed: the commits between base and head, as judging needs them, and the port they are read through.

`checkout.Checkout` reads them from a clone with git, `remote.Remote` by API as data only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from expflow_hooks.core.change.code import Entry


class ProposedCommit(NamedTuple):
    """One commit of the change: its id, and when it was committed (None where that is not known)."""

    id: str
    at: datetime | None = None


class Proposal(NamedTuple):
    """The commits of a change, newest first, since it left `base` at `fork_point` (nothing: it has no history with it).

    `merges` are commits that merge or squash the head; `branch` is the head's, where runs on it may belong to the
    change; `number` is the pull request's, 0 without one.
    """

    base: str
    head: str
    fork_point: str
    forked_at: datetime | None
    commits: tuple[ProposedCommit, ...]
    merges: tuple[str, ...] = ()
    branch: str = ""
    number: int = 0


class Leak(NamedTuple):
    """One finding of the scan, ready to print: where it is, its code, and what it is."""

    where: str
    code: str
    message: str


class CommitReader(Protocol):
    """Reads commits; every method raises UnreadableError for what cannot be read, and answers no list that was cut."""

    def proposal(self, base: str, head: str) -> Proposal:
        """Return the commits from where the head left the base to the head."""

    def tree(self, commit: str) -> tuple[Entry, ...]:
        """Return every file, link and submodule of a commit."""

    def blobs(self, blobs: Sequence[str]) -> list[bytes]:
        """Return the contents of files, in their order."""

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return a commit's parents; none where the commit is not known."""

    def leaks(self, proposal: Proposal, excused: Collection[str]) -> list[Leak]:
        """Return what gives a PIN away in the objects that the change adds; `excused` blobs are those of the policy."""
