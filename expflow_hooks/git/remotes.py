"""What other repositories have: asked of themselves, within a bounded time, or remembered here where that is enough."""

import os

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git.repository import Git

SECONDS = 30
"""Longest wait for another repository."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_ASKED = ("HEAD", "refs/heads/*", "refs/tags/*")
_USUAL = ("main", "master", "trunk", "develop")


class Receiver:
    """The repository that a push goes to: its branches and tags, or why it could not be asked."""

    def __init__(self, refs: "dict[str, str]", default: str = "", problem: str = "") -> None:
        self.refs = refs
        """Full name -> object id; `^{}` behind the name of an annotated tag is what it is a tag of."""
        self.default = default
        """The short name of its default branch, or nothing where it says none."""
        self.problem = problem


def ask_receiver(git: Git, url: str, seconds: float = SECONDS) -> Receiver:
    """Return what the repository at a URL has."""
    if not url:
        return Receiver({}, problem="its URL is not known")
    try:
        answer = git.ask_away("ls-remote", "--symref", "--", url, *_ASKED, seconds=seconds)
    except UnreadableError as error:
        return Receiver({}, problem=str(error).replace(url, "its URL"))  # which may hold a password
    refs, default = {}, ""
    for line in answer.split(b"\n")[:-1]:
        target, _, name = os.fsdecode(line).partition("\t")
        if target.startswith("ref: "):
            default = target.removeprefix("ref: refs/heads/") if name == "HEAD" else default
        else:
            refs[name] = target
    return Receiver(refs, default)


def fetch(git: Git, url: str, ref: str, seconds: float = SECONDS) -> None:
    """Fetch a ref's objects, without a trace in this repository's refs; raise `UnreadableError` if that fails."""
    quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-gc")
    git.ask_away("fetch", *quiet, "--", url, ref, seconds=seconds)
    git.forget()  # what was missing before may be here now


def push_urls(git: Git, remote: str) -> "list[str]":
    """Return the URLs that a push to a remote goes to; a name that is no remote's is a URL itself."""
    if remote not in git.remotes():
        return [remote] if remote else []
    return [os.fsdecode(line) for line in git.lines("remote", "get-url", "--push", "--all", remote)]


def usual_remote(git: Git, wanted: str = "") -> str:
    """Return the wanted remote if there is one of that name, else `origin`, else the first; nothing without any."""
    remotes = git.remotes()
    return next((name for name in (wanted, "origin", *remotes) if name in remotes), "")


def default_branch(git: Git, wanted: str = "", receiver: "Receiver | None" = None) -> "tuple[str, str]":
    """Return the short name of a remote's default branch and its commit here.

    What the receiver says, else what the last clone or fetch noted, else a branch with a usual name; where there is no
    branch yet, what git would make first. The commit is empty where it is not here, and both are where nothing says
    which branch it is.
    """
    if receiver and receiver.default:
        theirs = receiver.refs.get(f"refs/heads/{receiver.default}", "")
        return receiver.default, theirs if git.present([theirs]) else ""
    remote = usual_remote(git, wanted)
    prefix = f"refs/remotes/{remote}/" if remote else "refs/heads/"
    for name in _likely(git, remote):
        tip = git.commit(prefix + name)
        if tip:
            return name, tip if remote else ""
    nothing_yet = not git.refs(prefix) or (receiver is not None and not receiver.problem)
    return (git.setting("init.defaultBranch") or _USUAL[0] if nothing_yet else ""), ""


def _likely(git: Git, remote: str) -> "Iterator[str]":
    """Yield the names that a default branch may have, the one that is noted as it first."""
    if remote:
        head = f"refs/remotes/{remote}/HEAD"
        noted = git.try_line("symbolic-ref", "--quiet", head)
        yield from [noted.removeprefix(head.removesuffix("HEAD"))] if noted else []
    yield from filter(None, [git.setting("init.defaultBranch"), *_USUAL])
