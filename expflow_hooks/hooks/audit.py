"""The hook `expflow-audit`: the completed experiments that a change adds, or that pushed commits made, by the rules.

It blocks towards protected branches and reports elsewhere. What is unfinished is counted and named, never blocked.
"""

import os

from expflow_hooks.core.errors import FAILED, OK, UnreadableError, worst
from expflow_hooks.git.repository import Git
from expflow_hooks.hooks.change import INDEX, ProposedChange, is_staged, touched
from expflow_hooks.hooks.changes import changes
from expflow_hooks.hooks.util import run, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from expflow_hooks.core.audit.runs import RunGroup
    from expflow_hooks.core.policy.policy import Policy
    from expflow_hooks.core.registry.experiment import Experiment
    from expflow_hooks.core.registry.history import HistoryLine
    from expflow_hooks.git.hook_options import Options
    from expflow_hooks.git.pushed import Push
    from expflow_hooks.hooks.tracked import TrackedRegistry

_DOES = """\
Audit the completed experiments that a change adds to the tracked registry, or that pushed commits made.
A failure blocks towards protected branches (audit.protect, else the remote's default); elsewhere it is reported."""
_MOST_NAMED = 10


def main(argv: "list[str] | None" = None) -> int:
    """Audit what a commit or a push brings."""
    return run(check, argv, "expflow-audit", _DOES)


def check(options: "Options", git: Git, push: "Push | None") -> int:
    """Audit each change."""
    return worst([_check_change(git, change) for change in changes(git, options, os.environ, push)])


def _check_change(git: Git, change: ProposedChange) -> int:
    if not _has_anything_to_do(git, change):
        return OK
    from expflow_hooks.hooks.tracked import tracked_at

    tracked = tracked_at(git, change.after)
    if not tracked.policy.audits:
        return OK
    histories = _added(git, change, tracked)
    if change.push:
        histories |= _ran_what_is_pushed(git, change, tracked)
    return _judge(git, change, tracked.policy, histories, _groups(git, tracked, histories))


def _has_anything_to_do(git: Git, change: ProposedChange) -> bool:
    """Return whether a registry can be affected, by names alone."""
    from expflow_hooks.hooks.tracked_names import FILE, local_registry_exists, may_matter

    if may_matter(touched(git, change)):
        return True
    return change.push is not None and (local_registry_exists() or git.has(f"{change.after}:{FILE}"))


def _added(git: Git, change: ProposedChange, tracked: "TrackedRegistry") -> "dict[str, list[HistoryLine]]":
    """Return the histories of the experiments that the change adds lines of to the tracked registry."""
    from expflow_hooks.core.registry.append_only import check_growth
    from expflow_hooks.core.registry.new_lines import read_new
    from expflow_hooks.hooks.tracked import tracked_at

    if not tracked.files:
        return {}
    # Nothing staged: the whole index is looked at, as a framework asks for with --all-files.
    everything = change.after == INDEX and not (change.before and is_staged(git))
    bases = [] if everything else [tracked_at(git, base) for base in change.before]
    first, *others = [tracked.growth_since(base) for base in bases] or [check_growth({}, tracked.files)]
    new = read_new(tracked.files, first, lambda where: all(growth.is_new(where) for growth in others))
    for bad in new.unreadable:
        say(f"{bad.file}:{bad.line}: unreadable line, {bad.why}; the other lines count")
    return tracked.histories(new.ids)


def _ran_what_is_pushed(git: Git, change: ProposedChange, tracked: "TrackedRegistry") -> "dict[str, list[HistoryLine]]":
    """Return the histories of the experiments of what is pushed, from the tracked registry, else the local one."""
    from expflow_hooks.core.registry.experiment import latest
    from expflow_hooks.core.registry.reader import Registry
    from expflow_hooks.hooks.pushed_runs import pushed_runs

    read: Callable[[list[str]], Iterable[Experiment]] = tracked.experiments_with
    histories = tracked.histories
    if not tracked.files:
        source = _local_source(git, tracked.policy)
        if source is None:
            say("experiments on a server are audited in the pull request, not here")
            return {}
        local = Registry(source)
        read, histories = lambda _: latest(local.experiments()), local.histories
    runs = list(pushed_runs(git, tracked.policy, read, change.commits(git), change.before))
    others = [one.experiment.experiment_id for one, is_pushed in runs if not is_pushed]
    if others:
        say(f"not audited, they ran code that is not pushed: {_some(others)}")
    return histories({one.experiment.experiment_id for one, is_pushed in runs if is_pushed})


def _local_source(git: Git, policy: "Policy") -> "str | None":
    """Return the registry that the policy names in the work tree, or the one at home; None for a server."""
    from dataclasses import replace

    from expflow_hooks.core.registry.location import is_elsewhere
    from expflow_hooks.hooks.tracked_names import FILE
    from expflow_hooks.sources.open import choose

    source = choose(None, replace(policy, path=os.path.join(git.top(), FILE)))
    return None if is_elsewhere(source) else source


def _groups(git: Git, tracked: "TrackedRegistry", ids: "Collection[str]") -> "dict[str, RunGroup]":
    """Return the runs of each experiment's configuration, where a rule judges these."""
    from expflow_hooks.core.audit.rules import needs_groups

    if not ids or not needs_groups(tracked.policy.audit.rules):
        return {}
    from expflow_hooks.core.audit.runs import groups_of
    from expflow_hooks.core.registry.experiment import latest
    from expflow_hooks.core.registry.reader import Registry

    registry = tracked.registry if tracked.files else Registry(_local_source(git, tracked.policy) or "")
    return groups_of(ids, latest(registry.experiments()), tracked.policy.ignored)


def _judge(
    git: Git,
    change: ProposedChange,
    policy: "Policy",
    histories: "dict[str, list[HistoryLine]]",
    groups: "dict[str, RunGroup]",
) -> int:
    """Audit, print the results, and return 1 if a failure goes towards a protected branch."""
    from expflow_hooks.core.audit.validate import audit
    from expflow_hooks.core.registry.experiment import UNFINISHED, from_mapping
    from expflow_hooks.core.registry.history import revisions
    from expflow_hooks.render.audit import show_revision

    unfinished, failed, passed = [], [], 0
    for name, history in histories.items():
        experiment = from_mapping(history[-1].record)
        if experiment.state in UNFINISHED:
            unfinished.append(f"{name} ({experiment.state})")
        if experiment.state != "completed" or not set(policy.audit.tags) <= set(experiment.tags or ()):
            continue
        checks = audit(experiment, policy.audit.rules, policy.metrics, groups.get(name))
        broken = [check for check in checks if not check.passed]
        passed += not broken
        for revision in revisions(history):
            say(f"revision of {name}: {show_revision(revision)}")
        if experiment.gone:
            say(f"{name}: {experiment.gone}, as the last `expflow-hooks run sync` saw")
        for check in broken:
            say(f"{name}: {check.label}: {check.detail}")
        failed += [name] if broken else []
    _tell(passed, failed, unfinished)
    return _verdict(git, change, policy, failed)


def _tell(passed: int, failed: "list[str]", unfinished: "list[str]") -> None:
    if passed or failed:
        say(f"{passed + len(failed)} completed experiments audited, {len(failed)} break the rules")
    if unfinished:
        say(f"{len(unfinished)} unfinished, not audited: {_some(unfinished)}")


def _some(names: "list[str]") -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _verdict(git: Git, change: ProposedChange, policy: "Policy", failed: "list[str]") -> int:
    if not failed:
        return OK
    from expflow_hooks.core.policy.path_patterns import any_match

    protected = policy.audit.protect
    if protected is None:
        protected = (_default(git, change),)
    if any_match(protected, [change.branch]):
        say(f"{change.branch} is protected: take these experiments out, or make them hold ({', '.join(failed[:5])})")
        if change.push:
            say("to push all the same: `git push --no-verify`; the pull request judges them again")
        return FAILED
    where = change.branch or "a detached HEAD"
    say(f"reported only: {where} is not protected; towards {', '.join(protected) or 'no branch'} this blocks")
    return OK


def _default(git: Git, change: ProposedChange) -> str:
    """Return the name of the remote's default branch, at a push by its own word; raise UnreadableError if unknown."""
    from expflow_hooks.git.remotes import default_branch

    receiver = change.push.receivers()[0] if change.push else None
    name = default_branch(git, change.remote, receiver)[0]
    if not name:
        raise UnreadableError(
            "which branch is the remote's default, where a failure blocks, is not known here: say it in"
            " `audit.protect`, or `git remote set-head origin --auto`"
        )
    return name


if __name__ == "__main__":
    raise SystemExit(main())
