"""What a push changes, a branch at a time, and what it would overwrite that was never fetched here."""

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git.pushed import Push
from expflow_hooks.git.remotes import default_branch, fetch
from expflow_hooks.git.repository import Git
from expflow_hooks.hooks.change import ProposedChange
from expflow_hooks.hooks.tracked_names import may_matter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.git.pushed import Line


def pushed_changes(git: Git, push: Push) -> "list[ProposedChange]":
    """Return the change of each branch that a push sends commits to."""
    return [change for line in push.lines if (change := _pushed(git, push, line))]


def _pushed(git: Git, push: Push, line: "Line") -> "ProposedChange | None":
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
    return ProposedChange([tip for tip in dict.fromkeys(before) if tip], after, branch, push, "" if known else theirs)


def _by_receiver(git: Git, push: Push, after: str, branch: str) -> str:
    """Return what the receiver's branch is; raise `UnreadableError` where that cannot be asked and matters."""
    if push.receivers()[0].problem and not may_matter(git.paths(after)):
        return ""
    return push.receiver().refs.get(f"refs/heads/{branch}", "")


def _fetch(git: Git, push: Push, ref: str, commit: str) -> None:
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
