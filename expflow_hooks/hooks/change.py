"""What a commit or a push changes, and where it goes: from the stage, the framework's environment and git's own lines.

Standard library only: every hook asks this before it knows whether it has anything to do.
"""

import os
import sys

from expflow_hooks.core.errors import UsageError
from expflow_hooks.git.repository import Git
from expflow_hooks.scan.ways import stage_is_push

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from expflow_hooks.scan.options import Options

INDEX = ""
"""The revision that stands for the index."""


class Change:
    """One change: what was there, what is there now, the branch it goes to, and the commits that it adds."""

    def __init__(self, before: "list[str]", after: str, branch: str, remote: str = "", push: bool = False) -> None:
        self.before = before
        """Revisions that the receiver has: what stands in one of them is not new."""
        self.after = after
        """The commit that is pushed, or `INDEX`."""
        self.branch = branch
        """The short name of the branch that the change goes to; empty where none is known."""
        self.remote = remote
        self.push = push

    def commits(self, git: Git) -> "list[str]":
        """Return the commits that a push adds, newest first."""
        if not self.push:
            return []
        remotes = f"--remotes={self.remote}" if self.remote in git.remotes() else "--remotes"
        left_out = [f"^{revision}" for revision in self.before]
        return git.commits([self.after, *left_out], ["--topo-order", "--not", remotes])


def changes(git: Git, options: "Options | None", environment: "Mapping[str, str]") -> "list[Change]":
    """Return the changes to judge: one at a commit or under a framework, one a branch at a push by plain git."""
    if options and options.rev:
        return [_range(git, options.rev)]
    push = options.push if options and (options.push or options.stage) else stage_is_push(environment)
    if push and environment.get("PRE_COMMIT_REMOTE_NAME"):
        return _pushed_by_framework(git, environment)
    if push:
        return _pushed_by_git(git, options)
    since, until = environment.get("PRE_COMMIT_FROM_REF"), environment.get("PRE_COMMIT_TO_REF")
    if since and until:
        return [_range(git, f"{since}..{until}")]
    return [Change(["HEAD"] if git.head() else [], INDEX, git.branch())]


def default_branch(git: Git, remote: str) -> "tuple[str, str]":
    """Return the name of the remote's default branch and its commit here; an empty commit where it is not known."""
    remotes = git.remotes()
    remote = remote if remote in remotes else "origin" if "origin" in remotes or not remotes else remotes[0]
    head = git.try_line("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD")
    names = [head.removeprefix(f"refs/remotes/{remote}/")] if head else ["main", "master"]
    for name in names:
        tip = git.commit(f"refs/remotes/{remote}/{name}")
        if tip:
            return name, tip
    return names[0], ""


def _range(git: Git, revisions: str) -> Change:
    since, dots, until = revisions.partition("..")
    if not dots or revisions.startswith("-"):
        raise UsageError(f"--rev {revisions}: a range names both ends, such as main..HEAD")
    until = until.lstrip(".") or "HEAD"
    tip = git.resolve(until)[0]
    return Change([git.resolve(since or "HEAD")[0]], tip, git.branch())


def _pushed_by_framework(git: Git, environment: "Mapping[str, str]") -> "list[Change]":
    remote = environment["PRE_COMMIT_REMOTE_NAME"]
    tip = environment.get("PRE_COMMIT_TO_REF") or environment.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
    found = git.commit(tip)
    if not found:  # an annotated tag of something else, or nothing committed yet
        return []
    branch = environment.get("PRE_COMMIT_REMOTE_BRANCH", "").removeprefix("refs/heads/")
    return [Change(_known(git, remote, branch), found, branch, remote, True)]


def _pushed_by_git(git: Git, options: "Options | None") -> "list[Change]":
    remote = (options.paths if options and options.paths else [""])[0]
    lines = b"" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()
    found = []
    for line in lines.splitlines():
        fields = os.fsdecode(line).rsplit(" ", 3)
        if len(fields) != 4:
            raise UsageError("standard input: expected lines `<local ref> <local id> <remote ref> <remote id>`")
        _, ours, target, theirs = fields
        if target.startswith("refs/heads/") and ours.strip("0"):
            branch = target.removeprefix("refs/heads/")
            known = [theirs] if theirs.strip("0") and git.has(theirs) else []
            found.append(Change(known + _known(git, remote, branch), ours, branch, remote, True))
    return found


def _known(git: Git, remote: str, branch: str) -> "list[str]":
    """Return what the remote is known to have: this branch and its default branch."""
    tips = [git.commit(f"refs/remotes/{remote}/{branch}"), default_branch(git, remote)[1]]
    return [tip for tip in dict.fromkeys(tips) if tip]


def touched(git: Git, change: Change) -> "list[str]":
    """Return the paths that a change touches, those that it removes too; every path where nothing is staged."""
    if change.after == INDEX:
        against = change.before[0] if change.before else ""
        staged = git.staged() if against in ("", "HEAD") else git.staged(against)
        return [path for _, _, path in staged or git.indexed()]
    if change.before:
        return git.differing(change.before[0], change.after)
    return git.paths(change.after)


def blob(git: Git, revision: str, path: str) -> "bytes | None":
    """Return a file's contents at a revision or in the index, or None where it is not there."""
    return git.file(revision, path)
