"""What a commit or a push changes, and where it goes: from the stage, the framework's environment and git's own lines.

Standard library only: every hook asks this before it knows whether it has anything to do.
"""

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.git.hook_options import asked_range
from expflow_hooks.git.objects import GONE
from expflow_hooks.git.remotes import default_branch, fetch
from expflow_hooks.git.repository import Git
from expflow_hooks.hooks.tracked_names import may_matter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from expflow_hooks.git.hook_options import Options
    from expflow_hooks.git.pushed import Line, Push

INDEX = ""
"""The revision that stands for the index."""


class Change:
    """One change: what was there, what is there now, the branch it goes to, and the push that it is a part of."""

    def __init__(
        self, before: "list[str]", after: str, branch: str, push: "Push | None" = None, unseen: str = ""
    ) -> None:
        self.before = before
        """Revisions that the receiver has: what stands in one of them is not new."""
        self.after = after
        """The commit that is pushed, or `INDEX`."""
        self.branch = branch
        """The short name of the branch that the change goes to; empty where none is known."""
        self.push = push
        self.unseen = unseen
        """A commit that the push overwrites and that was never fetched here, or nothing."""

    @property
    def remote(self) -> str:
        """Return the remote that is pushed to, or nothing."""
        return self.push.remote if self.push else ""

    def commits(self, git: Git) -> "list[str]":
        """Return the commits that a push adds, newest first."""
        if not self.push:
            return []
        left_out = [*self.before, *self.push.left_out()]
        return git.commits([self.after, *(f"^{revision}" for revision in left_out)], ["--topo-order"])


def changes(
    git: Git, options: "Options | None", environment: "Mapping[str, str]", push: "Push | None"
) -> "list[Change]":
    """Return the changes to judge: one at a commit or for a range, one a branch at a push."""
    if push:
        return [change for line in push.lines if (change := _pushed(git, push, line))]
    revisions = asked_range(options, environment)
    if revisions:
        return [_range(git, revisions)]
    return [Change(["HEAD"] if git.head() else [], INDEX, git.branch())]


def _range(git: Git, revisions: str) -> Change:
    since, dots, until = revisions.partition("..")
    if not dots or revisions.startswith("-"):
        raise UsageError(f"--rev {revisions}: a range names both ends, such as main..HEAD")
    until = until.lstrip(".") or "HEAD"
    tip = git.resolve(until)[0]
    return Change([git.resolve(since or "HEAD")[0]], tip, git.branch())


def _pushed(git: Git, push: "Push", line: "Line") -> "Change | None":
    """Return what a line of a push changes, or None for what goes to no branch or is no commit."""
    _, ours, target, theirs = line
    after = git.commit(ours)
    if not after or not (target.startswith("refs/heads/") or (push.partial and not target)):
        return None
    branch = target.removeprefix("refs/heads/") or git.branch()
    if push.partial:
        theirs = _by_receiver(git, push, after, branch)
    known = not theirs or bool(git.present([theirs]))
    if not known:
        _fetch(git, push, f"refs/heads/{branch}", theirs)
    before = [theirs, default_branch(git, push.remote)[1]]
    return Change([tip for tip in dict.fromkeys(before) if tip], after, branch, push, "" if known else theirs)


def _by_receiver(git: Git, push: "Push", after: str, branch: str) -> str:
    """Return what the receiver's branch is; raise `UnreadableError` where that cannot be asked and matters."""
    if push.receivers()[0].problem and not may_matter(git.paths(after)):
        return ""
    return push.receiver().refs.get(f"refs/heads/{branch}", "")


def _fetch(git: Git, push: "Push", ref: str, commit: str) -> None:
    """Have here what a push would overwrite unseen; raise `UnreadableError` where that cannot be had."""
    try:
        fetch(git, push.url, ref)
        seen = bool(git.present([commit]))
    except UnreadableError:
        seen = False
    if not seen:
        raise UnreadableError(
            f"{ref} has commits there that are not here, so what the push would take away cannot be seen:"
            f" `git fetch {push.remote or 'the remote'}`, look at {commit[:12]}, then push again"
        )


def touched(git: Git, change: Change) -> "list[str]":
    """Return the paths that a change touches, those that it removes too; every path where nothing is staged."""
    if change.after == INDEX:
        against = change.before[0] if change.before else "HEAD"
        return [path for _, _, path in git.staged(against) or git.indexed()]
    if change.before:
        return git.differing(change.before[0], change.after)
    return git.paths(change.after)


def is_staged(git: Git) -> bool:
    """Return whether anything is staged that stays."""
    return any(mode != GONE for mode, _, _ in git.staged())
