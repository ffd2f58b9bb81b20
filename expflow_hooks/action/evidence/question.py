"""What is to be judged, and where its evidence is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from expflow_hooks.action.evidence.proposal import CommitReader, Proposal
from expflow_hooks.action.evidence.tracker import Tracker


@dataclass(frozen=True)
class Place:
    """Where evidence is read: the repository of the change, that of the base's tip, and a folder whose registry counts.

    `workspace` is nothing where no file of a checkout may count.
    """

    repository: CommitReader
    base: CommitReader
    workspace: str = ""
    tracker: Tracker = field(default_factory=Tracker)


@dataclass(frozen=True)
class Question:
    """What to judge: a head, and the base whose policy binds, at its tip.

    `since` is where the commits of the change begin, if that is not the tip. `maybe` may be a merge of the head, if the
    head turns out to be among its parents. Where runs belong to other commits than these, `runs` says which.
    """

    base: str
    head: str
    since: str = ""
    branch: str = ""
    number: int = 0
    base_branch: str = ""
    merges: tuple[str, ...] = ()
    maybe: str = ""
    runs: tuple[Proposal, CommitReader] | None = None
    scan: bool = True
