"""A run's relation to the current branch: why it belongs to the change, and how the code has changed since.

What the Action will say of it in a pull request, told where the work is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import NamedTuple

from expflow_hooks.core.change.belonging import EXACT, LINE, UNPROVED, Belonging, Change, find_candidates
from expflow_hooks.core.change.code import code_id
from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.experiment import Experiment, from_mapping
from expflow_hooks.core.registry.history import HistoryLine
from expflow_hooks.core.registry.location import locate
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.git.code_identity import code_of_work_tree, patterns_here
from expflow_hooks.git.registry_files import registry_files
from expflow_hooks.git.repository import Git

_BASES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_WHY = {
    "line": "its line is new on this branch",
    "code": "it ran code of this branch",
    "commit": "it names a commit of this branch",
    "branch": "it names this branch",
}


class Standing(NamedTuple):
    """The description of a run, and whether the code it ran is HEAD's (None: unknown)."""

    says: str
    is_committed: bool | None


def standing_of(history: Sequence[HistoryLine], registry: str, policy: Policy, folder: str = ".") -> Standing:
    """Return a run's relation to HEAD's branch; nothing where git cannot be asked."""
    try:
        git = Git(folder)
        head = git.head() if git.try_top() else ""
        return _Looking(git, head, policy, registry).at(history) if head else Standing("", None)
    except ExpflowError as error:
        return Standing(f"its relation to the commits here is unknown: {error}", None)


class _Looking:
    """The current branch, read once."""

    def __init__(self, git: Git, head: str, policy: Policy, registry: str) -> None:
        self._git, self._head = git, head
        self._patterns = patterns_here(policy, git.top(), registry)
        self._inside = locate(registry).inside
        self._base = next(filter(None, map(git.commit, _BASES)), "")

    def at(self, history: Sequence[HistoryLine]) -> Standing:
        """Return the standing of the run with these lines."""
        run = from_mapping(history[-1].record)
        change = self._change()
        found = find_candidates([run], change, self._git.tree, self._patterns, self._added(run, history))
        every = (*found.judged, *found.unfinished, *found.superseded)
        # Where nothing is committed yet on the branch, only a new line is not the base's.
        if every and (every[0].by == LINE or self._base != self._head):
            return self._belongs(every[0])
        return self._of_code(run)

    def _change(self) -> Change:
        """Return the change from the base to HEAD."""
        fork = self._git.merge_base(self._base, self._head) if self._base else ""
        commits = self._git.dated(self._head, *([f"^{self._base}"] if self._base else []), "--topo-order")
        forked = self._git.dated(fork, "--max-count=1") if fork else []
        ids = tuple(commit for commit, _ in commits) or (self._head,)
        bases = tuple(dict.fromkeys(filter(None, (self._base, fork))))
        return Change(self._head, ids, bases, (), self._git.branch(), _newest(forked), _newest(commits))

    def _added(self, run: Experiment, history: Sequence[HistoryLine]) -> dict[str, list[Experiment]]:
        """Return the run's lines that the base does not have."""
        if not self._inside or not self._base:
            return {}
        held = registry_files(self._git, self._base, self._inside)
        known = Registry(self._inside, held=held).histories([run.experiment_id]).get(run.experiment_id, [])
        records = [line.record for line in known]
        added = [from_mapping(line.record) for line in history if line.record not in records]
        return {run.experiment_id: added} if added else {}

    def _belongs(self, one: Belonging) -> Standing:
        why = f"belongs to {self._git.branch() or 'HEAD'}: {_WHY[one.by]}"
        if one.freshness == EXACT:
            return Standing(f"{why}; exact, HEAD holds the code that ran", True)
        told = self._of_code(one.experiment)
        if one.freshness == UNPROVED and one.experiment.code is None:
            return Standing(f"{why}; unproved, no code was recorded and no clean commit of this branch", None)
        changed = f" ({', '.join(one.paths[:5])} changed)" if one.paths else ""
        return Standing(f"{why}; stale{changed}; {told.says}", False)

    def _of_code(self, run: Experiment) -> Standing:
        """Return where the code that ran is now, by the code alone."""
        if run.code is None:
            return Standing("the code that ran was not recorded", None)
        if run.code.id == code_id(self._git.tree(self._head), self._patterns):
            return Standing("HEAD holds the code that ran", True)
        if run.code.id == code_of_work_tree(self._patterns, self._git.top()).id:
            return Standing("the code that ran is in the work tree and not committed", False)
        return Standing("the code has changed since the run: HEAD and the work tree hold other code", False)


def _newest(commits: Sequence[tuple[str, int]]) -> datetime | None:
    return max((datetime.fromtimestamp(at, timezone.utc) for _, at in commits), default=None)
