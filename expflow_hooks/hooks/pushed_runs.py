"""Which experiments of a registry ran what a push sends: by the code, else by the commit that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from expflow_hooks.core.change.belonging import CODE, EXACT, STALE, Belonging, Change, Court
from expflow_hooks.core.change.code import policy_patterns
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.git.repository import Git


def pushed_runs(
    git: Git,
    policy: Policy,
    experiments: Callable[[list[str]], Iterable[Experiment]],
    commits: list[str],
    before: list[str],
) -> Iterator[tuple[Belonging, bool]]:
    """Yield the experiments of pushed commits, and whether each ran what is pushed.

    One that names a pushed commit and ran other code (uncommitted changes, another branch's) did not. `experiments`
    takes texts and gives, in their present states, at least the experiments that have a line with one of them; `before`
    are revisions that the receiver has. Raises UnreadableError for a tree that cannot be read.
    """
    if not commits:
        return
    change = Change(commits[0], tuple(commits), tuple(before))
    court = Court(change, git.tree, policy_patterns(policy))
    for experiment in experiments(court.marks()):
        one = court.belonging(experiment) or court.late_belonging(experiment)
        if one is not None:
            is_old_commit = one.freshness == STALE and experiment.code is None
            yield one, one.by == CODE or one.freshness == EXACT or is_old_commit
