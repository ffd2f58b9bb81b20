"""One change: what was there, what is there now, where it goes, and the paths that it touches.

Standard library only: every hook asks this before it knows whether it has anything to do.
"""

from expflow_hooks.git.objects import GONE
from expflow_hooks.git.repository import Git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.git.pushed import Push

INDEX = ""
"""The revision that stands for the index."""


class ProposedChange:
    """One change: what was there, what is there now, the branch it goes to, and the push that it is a part of."""

    def __init__(
        self, before: "list[str]", after: str, branch: str, push: "Push | None" = None, unseen: str = ""
    ) -> None:
        self._before = before
        self.after = after
        """The commit that is pushed, or `INDEX`."""
        self._branch = branch
        self.push = push
        self.unseen = unseen
        """A commit that the push overwrites and that was never fetched here, or nothing."""

    @property
    def before(self) -> "list[str]":
        """Return revisions that the receiver has: their content is not new."""
        return self._before

    @property
    def branch(self) -> str:
        """Return the short name of the branch that the change goes to; empty where none is known."""
        return self._branch

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


class Commit(ProposedChange):
    """A commit that is about to be made; git is asked for HEAD and the branch only when they are needed."""

    def __init__(self, git: Git) -> None:
        super().__init__([], INDEX, "")
        self._git = git

    @property
    def before(self) -> "list[str]":
        """Return HEAD, nothing before the first commit."""
        return ["HEAD"] if self._git.head() else []

    @property
    def branch(self) -> str:
        """Return the branch that is checked out; empty on a detached HEAD."""
        return self._git.branch()


def touched(git: Git, change: ProposedChange, base: str = "") -> "list[str]":
    """Return the paths that a change touches, those that it removes too, against a base or what was there before.

    Every path where nothing is staged.
    """
    if change.after == INDEX:
        return [path for _, _, path in git.staged(base or "HEAD") or git.indexed()]
    if base or change.before:
        return git.differing(base or change.before[0], change.after)
    return git.paths(change.after)


def is_staged(git: Git) -> bool:
    """Return whether anything is staged that stays."""
    return any(mode != GONE for mode, _, _ in git.staged())
