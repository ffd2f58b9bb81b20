"""What a push sends, and what its receiver has already: the one reader of a push's lines."""

import os
import sys

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.git.remotes import Receiver, ask_receiver, push_urls, usual_remote
from expflow_hooks.git.repository import Git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from expflow_hooks.git.hook_options import Options

    class Stdin(Protocol):
        """Standard input, as far as it is read here."""

        def isatty(self) -> bool: ...
        @property
        def buffer(self) -> "Readable": ...

    class Readable(Protocol):
        def read(self) -> bytes: ...

    Line = tuple[str, str, str, str]
    """A ref and its object id here, a ref and its object id there; nothing for an id that is not known."""

_LOCAL = ("refs/heads/", "refs/tags/")
_NO_LINES = (
    "standard input holds no line of the push, so what it sends cannot be seen: a command before this one in the hook"
    " has read them, or there is nothing to push; `refs=$(cat)` keeps them for each command of a hook"
)


class Push:
    """A push: its lines, where it goes, and whether more refs than those of its lines may go along."""

    def __init__(self, git: Git, lines: "list[Line]", remote: str, urls: "list[str]", *, partial: bool = False) -> None:
        self.git = git
        self.lines = [line for line in lines if line[1]]
        """Those that send something: a deletion sends nothing."""
        self.remote = remote
        self.partial = partial
        """Whether the framework that runs us has named one ref only."""
        self._urls = urls
        self._receivers: list[Receiver] = []
        self._stated = [theirs for *_, theirs in self.lines if theirs]

    def tips(self) -> "list[tuple[str, str]]":
        """Return (name, object id) of what is pushed; where one ref was named, also what the receiver lacks."""
        named = [(ours, target) for ours, target, _, _ in self.lines]
        if not self.partial:
            return named
        there = [set(receiver.refs.values()) for receiver in self.receivers()]
        refs = [ref for ref in self.git.refs(*_LOCAL) if not all(ref[1] in ids for ids in there)]
        return named + [ref for ref in refs if ref not in named]

    def names(self) -> "list[str]":
        """Return the names that are sent: of refs on both sides."""
        both = [name for ours, _, theirs, _ in self.lines for name in (ours, theirs)]
        return list(dict.fromkeys([*both, *(name for name, _ in self.tips())]))

    def left_out(self, *, ask: bool = False) -> "list[str]":
        """Return the commits here that the receiver has: by its own word in the push's lines, else by its refs."""
        here = self.git.present(self._stated)
        said_all = len(self._stated) == len(self.lines) and set(self._stated) <= set(here)
        if said_all and not (self.partial or ask):
            return here
        ids = [set(receiver.refs.values()) for receiver in self.receivers()]
        return sorted({*here, *self.git.present(list(set.intersection(*ids)) if ids else [])})

    def receivers(self) -> "list[Receiver]":
        """Return what each repository that is pushed to has, asked once."""
        if not self._receivers:
            self._receivers = [ask_receiver(self.git, url) for url in self._urls or [""]]
        return self._receivers

    def receiver(self) -> Receiver:
        """Return what the first repository that is pushed to has; raise `UnreadableError` if it cannot be asked."""
        first = self.receivers()[0]
        if first.problem:
            raise UnreadableError(f"{self.remote or 'the receiver'} could not be asked what it has: {first.problem}")
        return first

    @property
    def url(self) -> str:
        """Return the URL of the first repository that is pushed to."""
        return self._urls[0] if self._urls else ""


def read_push(
    git: Git, options: "Options | None", environment: "Mapping[str, str]", given: "bytes | None" = None
) -> Push:
    """Return the push that a stage is about: by the framework's environment, by git's lines, else all that is local.

    `given` is what git wrote, where it has been read already. Raises `UnreadableError` where git's lines are due and
    are not there.
    """
    if environment.get("PRE_COMMIT_REMOTE_NAME") and not (options and options.paths):
        return _by_framework(git, environment)
    remote, url = (*(options.paths if options else []), "", "")[:2]
    urls = [url] if url else push_urls(git, remote or usual_remote(git))
    text = _standard_input() if given is None else given
    if text.strip():
        return Push(git, [_line(line) for line in text.splitlines() if line], remote, urls)
    if given is not None:
        return Push(git, [], remote, urls)
    if url or (options and options.stage == "pre-push"):
        raise UnreadableError(_NO_LINES)
    return Push(git, _checked_out(git), remote, urls, partial=True)


def _standard_input() -> bytes:
    stdin: Stdin | None = sys.stdin
    return b"" if stdin is None or stdin.isatty() else stdin.buffer.read()


def _line(line: bytes) -> "Line":
    fields = os.fsdecode(line).rsplit(" ", 3)
    if len(fields) != 4:
        raise UsageError("standard input: expected lines `<local ref> <local id> <remote ref> <remote id>`")
    ours, our_id, theirs, their_id = fields
    return ours, our_id if our_id.strip("0") else "", theirs, their_id if their_id.strip("0") else ""


def _by_framework(git: Git, environment: "Mapping[str, str]") -> Push:
    """Return the push of which a framework names one ref; `PRE_COMMIT_FROM_REF` may be what this clone remembers."""
    branch = environment.get("PRE_COMMIT_LOCAL_BRANCH", "")
    tip = environment.get("PRE_COMMIT_TO_REF", "") or branch or "HEAD"
    target = environment.get("PRE_COMMIT_REMOTE_BRANCH", "")
    remote, url = environment["PRE_COMMIT_REMOTE_NAME"], environment.get("PRE_COMMIT_REMOTE_URL", "")
    born = tip != "HEAD" or git.head()
    lines: list[Line] = [(branch or tip, _id(git, tip), target, "")] if born else []
    return Push(git, lines, remote, [url] if url else push_urls(git, remote), partial=True)


def _checked_out(git: Git) -> "list[Line]":
    head = git.head()
    return [("HEAD", head, "", "")] if head else []


def _id(git: Git, revision: str) -> str:
    """Return the object id of a revision; git need not be asked for one that is an id, as the frameworks give them."""
    is_id = len(revision) in (40, 64) and not revision.strip("0123456789abcdef")
    return revision if is_id else git.resolve(revision)[0]
