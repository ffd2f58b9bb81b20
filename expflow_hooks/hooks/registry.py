"""The hook `expflow-registry`: a tracked registry only grows; what later lines revise is listed."""

import os

from expflow_hooks.core.errors import FAILED, OK, UnreadableError, UsageError, worst
from expflow_hooks.git.repository import Git
from expflow_hooks.hooks.change import INDEX, ProposedChange, touched
from expflow_hooks.hooks.changes import changes
from expflow_hooks.hooks.tracked_names import may_matter
from expflow_hooks.hooks.util import run, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.core.registry.append_only import Growth
    from expflow_hooks.git.hook_options import Options
    from expflow_hooks.git.pushed import Push
    from expflow_hooks.git.remotes import Receiver
    from expflow_hooks.hooks.tracked import TrackedRegistry

_DOES = "Check that a tracked registry only grows: the base's lines survive byte for byte, in order."
_MOST_SHOWN = 10


def main(argv: "list[str] | None" = None) -> int:
    """Compare the registry with the base's; block a line that was changed, moved or removed."""
    return run(check, argv, "expflow-registry", _DOES)


def check(options: "Options", git: Git, push: "Push | None") -> int:
    """Compare each change's registry with those that it must not take lines from."""
    codes = [
        _compare(git, change, base, binding)
        for change in changes(git, options, os.environ, push)
        if change.after != INDEX or may_matter(touched(git, change))
        for base, binding in _bases(git, change)
    ]
    return worst(codes)


def _compare(git: Git, change: ProposedChange, base: str, binding: bool) -> int:
    if not may_matter(touched(git, change, base)):
        return OK
    from expflow_hooks.hooks.tracked import tracked_at

    after = tracked_at(git, change.after)
    try:
        before = tracked_at(git, base)
    except UsageError as error:  # nobody could read it, so it has no lines to keep; what mends it is let through
        say(f"{base[:12]}: {error}")
        return OK
    if not before.path:
        return OK
    growth = after.growth_since(before)
    _list_revisions(after, growth)
    broken = _list_broken(after, growth)
    if not (growth.lost or broken):
        return OK
    for lost in growth.lost[:_MOST_SHOWN]:
        say(f"{lost.file}: line {lost.line} of {base[:12]} was {lost.why}")
    more = len(growth.lost) - _MOST_SHOWN
    if more > 0:
        say(f"{before.path}: {more} more lines")
    if growth.lost:
        from shlex import quote

        show = f"git show {quote(f'{base[:12]}:{growth.lost[0].file}')}"
        say(f"a registry only grows: bring the lines back (`{show}`) and add new ones below")
    if not binding:
        say("there is no remote to compare with, so this is a warning")
    return FAILED if binding else OK


def _bases(git: Git, change: ProposedChange) -> "list[tuple[str, bool]]":
    """Return the revisions whose lines must survive, and whether they must: without a remote HEAD's only should.

    What a push overwrites unseen. The tip of the remote's default branch where the change goes to it; else where the
    change branched off from it, so that a topic branch need not have what others added since.
    """
    from expflow_hooks.git.remotes import default_branch, usual_remote

    unseen = [(change.unseen, True)] if change.unseen else []
    name, tip = default_branch(git, change.remote, _receiver(git, change))
    if change.push and change.branch == name:
        return unseen or [(base, True) for base in change.before[:1]]
    if tip:
        return [*unseen, (git.merge_base(tip, change.after or "HEAD") or tip, True)]
    remote = usual_remote(git, change.remote)
    if remote and not name and may_matter(touched(git, change)):
        raise UnreadableError(
            f"which branch of {remote} is its default is not known here, so the registry cannot be compared with it:"
            f" `git remote set-head {remote} --auto`"
        )
    return [*unseen, *((base, change.push is not None) for base in change.before[:1])]


def _receiver(git: Git, change: ProposedChange) -> "Receiver | None":
    """Return what the repository that is pushed to has, asked only where a registry can be concerned."""
    if change.push is None or not may_matter(touched(git, change)):
        return None
    return change.push.receivers()[0]


def _list_broken(tracked: "TrackedRegistry", growth: "Growth") -> bool:
    """List where the new lines break the history, as `run verify` does; return whether any do."""
    from expflow_hooks.core.registry.append_only import broken_by
    from expflow_hooks.core.registry.ends import fits_at_the_ends
    from expflow_hooks.core.registry.verify import verify

    if not growth.added or fits_at_the_ends(tracked.files, growth):
        return False
    registry = tracked.registry
    found = verify(registry.lines, line=registry.line, where=registry.where)
    broken = broken_by(growth, lambda: found, registry.where)
    for one in [one for one in found.unexpected if growth.is_new(registry.where(one.line))][:_MOST_SHOWN]:
        say(f"{registry.path}: unexpected: {one.message}")
    for problem in broken[:_MOST_SHOWN]:
        file, line = registry.where(problem.line)
        say(f"{file}:{line}: {problem.kind}: {problem.message}")
    if len(broken) > _MOST_SHOWN:
        more = len(broken) - _MOST_SHOWN
        say(f"{registry.path}: {more} more; `expflow-hooks run verify --source {registry.path}` lists them")
    return bool(broken)


def _list_revisions(tracked: "TrackedRegistry", growth: "Growth") -> None:
    """List what the new lines revise, and those of them that cannot be read."""
    from expflow_hooks.core.registry.history import repeated, revisions
    from expflow_hooks.core.registry.new_lines import read_new
    from expflow_hooks.render.audit import show_revision

    new = read_new(tracked.files, growth)
    for bad in new.unreadable[:_MOST_SHOWN]:
        say(f"{bad.file}:{bad.line}: unreadable line, {bad.why}; the other lines count")
    for name, history in tracked.histories(new.ids).items():
        for line, before in repeated(history):
            if growth.is_new((line.file or tracked.path, line.line)):
                say(f"{line.file or tracked.path}:{line.line}: says again what line {before.line} said of {name}")
        for revision in revisions(history):
            if growth.is_new((revision.file or tracked.path, revision.line)):
                say(f"revision of {name}: {show_revision(revision)}")


if __name__ == "__main__":
    raise SystemExit(main())
