"""Which experiments belong to a change and why, whether the code has moved on since, and which are judged.

The one place that decides it, for the hook and for the Action. What a tree holds is asked through a function, so that
git and GitHub's API answer alike; what cannot be asked is an error, never "no".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from expflow_hooks.core.change.code import Entry, code_id, differing_paths
from expflow_hooks.core.registry.experiment import UNFINISHED, Experiment, parse_time

LINE = "line"
"""The change adds a line of the experiment to the tracked registry."""
CODE = "code"
"""The experiment ran the code of the head, or of a commit of the change, and not the base's."""
COMMIT = "commit"
"""The experiment names a commit of the change, the head, or a merge of it."""
BRANCH = "branch"
"""The experiment names the head's branch, and began after the change forked."""

EXACT = "exact"
"""What ran is what the head holds."""
STALE = "stale"
"""The code has moved on since the run."""
UNPROVED = "unproved"
"""Nothing says whether what ran is what the head holds."""
_JUDGED_BY_LINE = UNFINISHED | {"completed"}
_PROOF = (EXACT, UNPROVED, STALE)

SHORTEST_ID = 7  # hex digits: what git abbreviates a commit to
_BY_CONTENT = (LINE, CODE)

Tree = Callable[[str], Iterable[Entry]]
"""Takes a commit and returns every entry of its tree; raises UnreadableError where it cannot be read."""
Added = Mapping[str, Sequence[Experiment]]
"""The lines that a change adds to the tracked registry, oldest first, by the experiment's id."""


class Change(NamedTuple):
    """What experiments are held against. `commits` are newest first, the head among them where it is known.

    `bases` are the commits whose code is not the change's own: the base's tip, the fork point. `merges` are commits
    that merge or squash the head. `branch` is empty where runs on a branch of that name may be of another repository.
    """

    head: str
    commits: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    merges: tuple[str, ...] = ()
    branch: str = ""
    forked_at: datetime | None = None
    newest_at: datetime | None = None


class Belonging(NamedTuple):
    """An experiment of a change: why it belongs, and whether it ran what the head holds.

    `commit` is the change's commit that it belongs by; `paths` are those that changed since, where that is known.
    `withdrawn` says what a later line says of a run whose completed line the change adds.
    """

    experiment: Experiment
    by: str
    freshness: str
    commit: str = ""
    paths: tuple[str, ...] = ()
    withdrawn: str = ""


class Candidates(NamedTuple):
    """The experiments of a change: those judged, those replaced by newer runs, and those not finished."""

    judged: tuple[Belonging, ...] = ()
    superseded: tuple[Belonging, ...] = ()
    unfinished: tuple[Belonging, ...] = ()

    def without(self, ids: Collection[str]) -> Candidates:
        """Return the candidates without these experiments."""
        return Candidates(*(tuple(one for one in part if one.experiment.experiment_id not in ids) for part in self))

    @property
    def ids(self) -> frozenset[str]:
        """Return the ids of the judged."""
        return frozenset(one.experiment.experiment_id for one in self.judged)

    @property
    def all_ids(self) -> frozenset[str]:
        """Return the ids of every experiment of the change, judged or not."""
        every = (*self.judged, *self.superseded, *self.unfinished)
        return frozenset(one.experiment.experiment_id for one in every)

    @property
    def exact(self) -> bool:
        """Return whether one of the judged ran what the head holds; where none did, no verdict is a pass."""
        return any(one.freshness == EXACT for one in self.judged)


def find_candidates(
    experiments: Iterable[Experiment],
    change: Change,
    tree: Tree,
    patterns: Sequence[str],
    added: Added | None = None,
) -> Candidates:
    """Return the experiments, each in its present state, that belong to a change, judged and not.

    Where completed runs of the head's own code are there, they are judged, with those of which nothing is proved; else
    all by line and code, of those by commit the newest commit's, and those by branch if there are no others.
    """
    court = Court(change, tree, patterns)
    lines = added or {}
    found: list[Belonging] = []
    rest: list[Experiment] = []
    for experiment in experiments:
        one = court.belonging(experiment, lines.get(experiment.experiment_id, ()))
        if one is None:
            rest.append(experiment)
        else:
            found.append(one)
    if not any(one.freshness == EXACT and one.experiment.state == "completed" for one in found):
        found += filter(None, map(court.late_belonging, rest))  # every commit's tree is read for these
    else:
        found += filter(None, map(court.by_branch, rest))
    return _choose(found, change)


def _choose(found: Iterable[Belonging], change: Change) -> Candidates:
    completed = [one for one in found if one.experiment.state == "completed"]
    unfinished = tuple(one for one in found if one.experiment.state in UNFINISHED and one.freshness != STALE)
    judged = [one for one in completed if one.freshness == EXACT]
    if judged:
        judged += [one for one in completed if one.freshness == UNPROVED]
    else:
        judged = [one for one in completed if one.by in _BY_CONTENT] + _newest(completed, change)
        judged = judged or completed
    kept = {id(one) for one in judged}
    return Candidates(tuple(judged), tuple(one for one in completed if id(one) not in kept), unfinished)


def _newest(completed: Sequence[Belonging], change: Change) -> list[Belonging]:
    """Return those that belong by the newest commit that has any."""
    places = {commit: place for place, commit in enumerate(change.commits)}
    by_commit = [(places.get(one.commit, -1), one) for one in completed if one.by == COMMIT]
    newest = min((place for place, _ in by_commit), default=0)
    return [one for place, one in by_commit if place == newest]


class Court:
    """Holds experiments against one change; each tree is read once, and only where it decides something."""

    def __init__(self, change: Change, tree: Tree, patterns: Sequence[str]) -> None:
        self._change = change
        self._patterns = tuple(patterns)
        self._tree = cache(lambda commit: tuple(tree(commit)))
        self._id = cache(lambda commit: code_id(self._tree(commit), patterns))
        self._heads = tuple(dict.fromkeys((change.head, *change.merges)))
        self._by_start: dict[str, list[str]] = {}
        for commit in dict.fromkeys((*self._heads, *change.commits)):
            self._by_start.setdefault(commit[:SHORTEST_ID], []).append(commit)

    def marks(self) -> list[str]:
        """Return texts: an experiment that belongs by commit or code has a line that holds one, in any case."""
        commits = dict.fromkeys((*self._heads, *self._change.commits))
        return [*self._by_start, *filter(None, dict.fromkeys(map(self._id, commits)))]

    def belonging(self, experiment: Experiment, added: Sequence[Experiment] = ()) -> Belonging | None:
        """Return how an experiment belongs by a line, the head's code or a commit's name; None if by none of them."""
        if added and (experiment.state in _JUDGED_BY_LINE or any(one.state == "completed" for one in added)):
            return self._by_line(experiment, added)
        if self._ran_head(experiment) and not self._is_base(experiment):
            return Belonging(experiment, CODE, EXACT, self._change.head)
        commit = self._commit_of(experiment)
        if commit:
            return Belonging(experiment, COMMIT, *self._since(experiment, commit))
        return None

    def late_belonging(self, experiment: Experiment) -> Belonging | None:
        """Return how an experiment belongs by an older commit's code, else by its branch."""
        if experiment.code and _began_after(experiment, self._change.forked_at) is not False:
            for commit in self._change.commits:
                if self._id(commit) == experiment.code.id != "" and not self._is_base(experiment):
                    return Belonging(experiment, CODE, STALE, commit)
        return self.by_branch(experiment)

    def by_branch(self, experiment: Experiment) -> Belonging | None:
        """Return how an experiment belongs by its branch, or None."""
        change = self._change
        if not change.branch or experiment.branch != change.branch or not _began_after(experiment, change.forked_at):
            return None
        if self._is_base(experiment):
            return None
        known = experiment.code or experiment.revision
        came_after = known or not (change.newest_at is None or _began_after(experiment, change.newest_at))
        return Belonging(experiment, BRANCH, STALE if came_after else EXACT)

    def _by_line(self, experiment: Experiment, added: Sequence[Experiment]) -> Belonging:
        """Return the belonging of a run from its lines, by the line with the strongest proof.

        A later line that is deleted, or names other code, does not take a completed one out of the judging.
        """
        completed = [one for one in reversed(added) if one.state == "completed"]
        if experiment.state == "completed":
            completed.insert(0, experiment)
        held = [(one, self._commit_of(one)) for one in completed or [experiment]]
        told = [Belonging(one, LINE, *self._since(one, commit)) for one, commit in held]
        best = min(told, key=lambda one: _PROOF.index(one.freshness))
        withdrawn = ""
        if completed and experiment.state != "completed":
            withdrawn = experiment.state
        elif (best.experiment.revision, best.experiment.code) != (experiment.revision, experiment.code):
            withdrawn = "names other code"
        return best._replace(withdrawn=withdrawn)

    def _since(self, experiment: Experiment, commit: str) -> tuple[str, str, tuple[str, ...]]:
        """Return whether a run used the head's code, its commit, and the differing paths where the commit is known."""
        if self._ran_head(experiment):
            return EXACT, commit, ()
        if experiment.code and experiment.code.paths == self._patterns:
            return STALE, commit, ()
        # No code, or one over other paths than are asked for now: a clean commit may still tell.
        if not commit or experiment.dirty:
            return UNPROVED, commit, ()
        if commit in self._heads:
            return EXACT, commit, ()
        paths = differing_paths(self._tree(commit), self._tree(self._change.head), self._patterns)
        return (STALE if paths else EXACT), commit, paths

    def _ran_head(self, experiment: Experiment) -> bool:
        code = experiment.code
        return code is not None and code.id != "" and any(self._id(head) == code.id for head in self._heads)

    def _is_base(self, experiment: Experiment) -> bool:
        code = experiment.code
        return code is not None and any(self._id(base) == code.id for base in self._change.bases)

    def _commit_of(self, experiment: Experiment) -> str:
        """Return the change's commit that a run names, by seven digits or more; nothing where it names none."""
        made_of = (experiment.revision or "").strip().lower()
        if len(made_of) < SHORTEST_ID:
            return ""
        return next((one for one in self._by_start.get(made_of[:SHORTEST_ID], ()) if one.startswith(made_of)), "")


def _began_after(experiment: Experiment, moment: datetime | None) -> bool | None:
    """Return whether a run began after a moment; None where one of the two is not known."""
    at = parse_time(experiment.timestamp)
    return None if at is None or moment is None else at > moment
