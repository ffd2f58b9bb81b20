"""Which experiments belong to a change, which of them are judged, and whether the code has moved on since. Pure.

A run belongs to a change by the commit it was made of; one made on the head's own branch, after it forked, belongs to
it by the branch. The newest commit that has completed runs is judged; older runs are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from expflow_hooks.action.evidence.change import Change
from expflow_hooks.core.policy.path_patterns import any_match
from expflow_hooks.core.registry.experiment import UNFINISHED, Experiment, parse_time
from expflow_hooks.core.registry.location import is_part

SHORTEST_ID = 7  # hex digits: what git abbreviates a commit to

PathsSince = Callable[[str], "frozenset[str] | None"]
"""Takes a commit of the change and returns the paths that differ between it and the head; None for too many."""


class Candidates(NamedTuple):
    """The experiments of a change; `at` is the commit that `judged` were made of, nothing where only a branch is known.

    `replaced` were made on the branch, of commits that a force-push took out. `stale` are the paths that changed since
    `at` and matter.
    """

    judged: tuple[Experiment, ...] = ()
    at: str = ""
    older: tuple[Experiment, ...] = ()
    replaced: tuple[Experiment, ...] = ()
    unfinished: tuple[Experiment, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        """Return the ids of the judged."""
        return frozenset(experiment.experiment_id for experiment in self.judged)

    @property
    def all(self) -> tuple[Experiment, ...]:
        """Return every experiment of the change, judged or not."""
        return (*self.judged, *self.older, *self.replaced, *self.unfinished)


NONE = Candidates()


def find_candidates(
    experiments: Iterable[Experiment], change: Change, patterns: Sequence[str], ignored: str, paths_since: PathsSince
) -> Candidates:
    """Return the experiments of a change, judged and not; `ignored` is the registry, which results always change."""
    places = _Places(change)
    completed: dict[int, list[Experiment]] = {}
    unfinished: list[tuple[int, Experiment]] = []
    replaced: list[Experiment] = []
    for experiment in experiments:
        place = places.of(experiment)
        if place is None:
            continue
        if experiment.state in UNFINISHED:
            unfinished.append((place, experiment))
        elif experiment.state == "completed":
            (replaced if place == REPLACED else completed.setdefault(place, [])).append(experiment)
    if not completed:
        return Candidates(replaced=tuple(replaced), unfinished=tuple(run for _, run in unfinished))
    newest = min(completed)
    judged = completed.pop(newest)
    return Candidates(
        tuple(judged),
        places.commit(newest),
        tuple(run for place in sorted(completed) for run in completed[place]),
        tuple(replaced),
        tuple(run for place, run in unfinished if place <= newest),
        _stale(judged, newest, change, patterns, ignored, paths_since),
    )


REPLACED = 1 << 30
"""The place of a run of this branch whose commit is no part of the change any more."""
_BRANCH_ONLY = REPLACED - 1
"""The place of a run of this branch that names no commit: judged only if no other run is there."""


class _Places:
    """Tells how far below the head a run's commit is: 0 is the head itself, or a merge of it."""

    def __init__(self, change: Change) -> None:
        self._change = change
        ids = [(commit.id, place) for place, commit in enumerate(change.commits)]
        self._known = [*((merge, 0) for merge in change.merges), (change.head, 0), *ids]
        self._by_start: dict[str, list[tuple[str, int]]] = {}
        for commit, place in self._known:
            self._by_start.setdefault(commit[:SHORTEST_ID], []).append((commit, place))

    def commit(self, place: int) -> str:
        if place == _BRANCH_ONLY:
            return ""
        return self._change.commits[place].id if place else self._change.head

    def of(self, experiment: Experiment) -> int | None:
        """Return the place of a run, or None for one that does not belong to the change."""
        made_of = (experiment.revision or "").strip().lower()
        for commit, place in self._by_start.get(made_of[:SHORTEST_ID], ()):
            if len(made_of) >= SHORTEST_ID and commit.startswith(made_of):
                return place
        if not self._on_branch(experiment):
            return None
        return REPLACED if made_of else _BRANCH_ONLY

    def _on_branch(self, experiment: Experiment) -> bool:
        if not self._change.branch or experiment.branch != self._change.branch:
            return False
        at, since = parse_time(experiment.timestamp), self._change.forked_at
        return at is not None and since is not None and at > since


def _stale(
    judged: Sequence[Experiment],
    place: int,
    change: Change,
    patterns: Sequence[str],
    ignored: str,
    paths_since: PathsSince,
) -> tuple[str, ...]:
    """Return the paths that matter and changed after the runs; the runs say nothing of the code as it is now."""
    if place == 0:
        return ()
    if place == _BRANCH_ONLY:
        newest = max((at for commit in change.commits if (at := commit.at)), default=None)
        first = min((at for run in judged if (at := parse_time(run.timestamp))), default=None)
        return () if _before(newest, first) else ("(no commit recorded, and commits came after the run)",)
    paths = paths_since(change.commits[place].id)
    if paths is None:
        return ("(too many paths to list)",)
    return tuple(sorted(path for path in paths if matters([path], patterns, ignored)))


def _before(one: datetime | None, other: datetime | None) -> bool:
    return one is None or (other is not None and one <= other)


def matters(paths: Iterable[str], patterns: Sequence[str], ignored: str) -> bool:
    """Say whether one of the paths is code that results depend on; without patterns, all but the registry is."""
    if patterns:
        return any_match(patterns, paths)
    return any(not is_part(ignored, path) for path in paths)
