"""The hook `expflow-registry`: a tracked registry only grows; what later lines revise is listed."""

import os

from expflow_hooks.core.errors import OK, SAYS_NO, worst
from expflow_hooks.git.repository import Git
from expflow_hooks.hooks.change import Change, changes, default_branch, touched
from expflow_hooks.hooks.util import run, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.core.registry.append_only import Growth
    from expflow_hooks.scan.options import Options

_DOES = "Check that a tracked registry only grows: the base's lines survive byte for byte, in order."
_MOST_SHOWN = 10


def main(argv: "list[str] | None" = None) -> int:
    """Compare the registry with the base's; block a line that was changed, moved or removed."""
    return run(_check, argv, "expflow-registry", _DOES)


def _check(options: "Options | None", git: Git) -> int:
    return worst([_check_change(git, change) for change in changes(git, options, os.environ)])


def _check_change(git: Git, change: Change) -> int:
    base, binding = _base(git, change)
    if not base:
        return OK
    from expflow_hooks.hooks.tracked_names import may_matter

    # Against the base all of the branch counts, also where this commit touches nothing of the registry.
    if not may_matter(touched(git, Change([base], change.after, change.branch))):
        return OK
    from expflow_hooks.core.registry.append_only import check_growth
    from expflow_hooks.hooks.tracked import tracked_at

    before, after = tracked_at(git, base), tracked_at(git, change.after)
    if before.path is None:
        return OK
    growth = check_growth(before.data, after.data if after.path else b"")
    _list_revisions(after.data, growth, after.path or before.path)
    broken = _list_broken(after.data, growth, after.path or before.path)
    if not (growth.lost or broken):
        return OK
    for lost in growth.lost[:_MOST_SHOWN]:
        say(f"{before.path}: line {lost.line} of {base[:12]} was {lost.why}")
    more = len(growth.lost) - _MOST_SHOWN
    if more > 0:
        say(f"{before.path}: {more} more lines")
    if growth.lost:
        say(
            f"a registry only grows: bring the lines back (`git show {base[:12]}:{before.path}`) and add new ones below"
        )
    if not binding:
        say("there is no remote to compare with, so this is a warning")
    return SAYS_NO if binding else OK


def _base(git: Git, change: Change) -> "tuple[str, bool]":
    """Return the revision whose lines must survive, and whether they must: without a remote HEAD's only should.

    The tip of the remote's default branch where the change goes to it; else where the change branched off from it, so
    that a topic branch need not have what others added since.
    """
    name, tip = default_branch(git, change.remote)
    here = change.after or "HEAD"
    if tip and change.push and change.branch == name:
        return tip, True
    if tip:
        return git.merge_base(tip, here) or tip, True
    if change.push:
        return (change.before[0], True) if change.before else ("", False)
    return (change.before[0] if change.before else ""), False


def _list_broken(data: bytes, growth: "Growth", path: str) -> bool:
    """List where the history of the new lines does not hold, as `run verify` does; say whether there was any."""
    from expflow_hooks.core.registry.append_only import broken_by
    from expflow_hooks.core.registry.verify import verify_bytes

    broken = broken_by(growth, lambda: verify_bytes(data))
    for problem in broken[:_MOST_SHOWN]:
        say(f"{path}:{problem.line}: {problem.kind}: {problem.message}")
    if len(broken) > _MOST_SHOWN:
        say(f"{path}: {len(broken) - _MOST_SHOWN} more; `expflow-hooks run verify --source {path}` lists them")
    return bool(broken)


def _list_revisions(data: bytes, growth: "Growth", path: str) -> None:
    """List what the new lines revise, and those of them that cannot be read."""
    from expflow_hooks.core.registry.reader import Registry, revisions
    from expflow_hooks.render.audit import show_revision

    added = set(growth.added)
    registry = Registry(path, data=data)
    ids = {record["experiment_id"] for number, record in registry.numbered() if number in added}
    unreadable = [bad for bad in registry.unreadable if bad.line in added]
    for bad in unreadable[:_MOST_SHOWN]:
        say(f"{path}:{bad.line}: unreadable line, {bad.why}")
    for name, history in registry.histories(ids).items():
        for revision in revisions(history):
            if revision.line in added:
                say(f"{path}: revision of {name}: {show_revision(revision)}")


if __name__ == "__main__":
    raise SystemExit(main())
