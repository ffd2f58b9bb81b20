"""Every question asked of git, and the one way to ask.

Only raw objects and plumbing commands are read, so no configuration, attribute, filter or text conversion changes what
is seen. Object contents come as one stream from `git cat-file --batch`, which holds one chunk of one object in memory.
"""

import os

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git.spawn import Scratch, stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Entry = tuple[str, str, str]
    """Mode, object id and path of an entry in the index or in a tree."""
    Content = tuple[str, int, str, str, "Iterator[bytes]"]
    """Type, size, object id, name and chunks of an object; the chunks are to be read before the next object."""

CHUNK = 1 << 20
ABSENT = "missing"
"""Type of an object that the repository should have and has not."""
_GITLINK = "160000"
_BATCH = 10_000
_FORMAT = "--batch=%(objecttype) %(objectsize) %(objectname) %(rest)"
_TYPES = ("blob", "tree", "commit", "tag")

_UNSET = (
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_EXTERNAL_DIFF",
)
_SET = {
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace would show other contents than a push sends
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",  # error messages are matched and shown
}


class Git:
    """Git in one repository: the one that holds `folder`, or the current folder."""

    def __init__(
        self, folder: str = "", environment: "Mapping[str, str] | None" = None, settings: "Iterable[str]" = ()
    ) -> None:
        options = [option for setting in settings for option in ("-c", setting)]
        self._command = ["git", *(["-C", folder] if folder else []), *options]
        kept = {key: value for key, value in os.environ.items() if key not in _UNSET}
        self._environment = {**kept, **_SET, **(environment or {})}

    # How git is asked

    def ask(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Return what git prints; raise `UnreadableError` with git's own reason if it fails."""
        return b"".join(self._stream(stdin, list(arguments)))

    def tells(self, *arguments: str) -> "bytes | None":
        """Return what git prints, or None if it fails."""
        try:
            return self.ask(*arguments)
        except UnreadableError:
            return None

    def _stream(self, stdin: bytes, *commands: "list[str]") -> "Iterator[bytes]":
        """Yield the output of a pipeline of git commands."""
        with Scratch(stdin) as given, Scratch() as complaints:
            failed = yield from stream(
                [self._command + command for command in commands], self._environment, given, complaints
            )
            if failed:
                raise UnreadableError(_reason(complaints.text()))

    def records(self, *command: str, stdin: bytes = b"") -> "Iterator[bytes]":
        """Yield the NUL-terminated records that git prints."""
        rest = b""
        for chunk in self._stream(stdin, list(command)):
            *records, rest = (rest + chunk).split(b"\0")
            yield from records

    # What is staged

    def staged(self) -> "Iterator[Entry]":
        """Yield the index's entries that differ from HEAD; all of them if HEAD is unborn or cannot be read."""
        records = self.records("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "HEAD", "--")
        try:
            for record in records:
                _, mode, _, blob, status = record.split(b" ")
                path = next(records)
                if status == b"U":  # an unfinished merge: its versions stand in the index only
                    break
                if status != b"D":
                    yield mode.decode(), blob.decode(), os.fsdecode(path)
            else:
                return
        except UnreadableError:
            pass
        yield from self.indexed()

    def indexed(self) -> "Iterator[Entry]":
        """Yield every entry of the index, in every stage of a merge."""
        for record in self.records("ls-files", "--stage", "-z", "--full-name", "--", ":/"):
            meta, _, path = record.partition(b"\t")
            mode, blob, _ = meta.split(b" ")
            yield mode.decode(), blob.decode(), os.fsdecode(path)

    # Objects

    def contents(self, entries: "Iterable[Entry]") -> "Iterator[Content]":
        """Yield the contents of entries; a name is the entry's mode, a space and its path. Gitlinks are skipped."""
        batch: list[bytes] = []
        for mode, blob, path in entries:
            if mode != _GITLINK:
                # No path holds `//`, so it can stand for a newline; the last slash keeps what cat-file would trim.
                path = path.replace("\n", "//")
                batch.append(b"%s %s %s/\n" % (blob.encode(), mode.encode(), os.fsencode(path)))
            if len(batch) == _BATCH:
                yield from self._cat(batch)
                batch.clear()
        if batch:
            yield from self._cat(batch)

    def reachable(self, revisions: "list[str]", options: "list[str]") -> "Iterator[Content]":
        """Yield every object that revisions and options (as for rev-list) reach: each commit, then what it brought.

        Oldest first. A name is one of the object's paths, as far as its first newline, or a tag's name.
        """
        command = ["rev-list", "--objects", "--in-commit-order", "--topo-order", "--reverse", "--stdin", *options]
        return self._cat([f"{revision}\n".encode() for revision in revisions], command)

    def _cat(self, lines: "list[bytes]", *lister: "list[str]") -> "Iterator[Content]":
        reader = _Reader(self._stream(b"".join(lines), *lister, ["cat-file", "--buffer", _FORMAT]))
        while header := reader.line():
            kind, _, rest = os.fsdecode(header).partition(" ")
            if kind in _TYPES:
                size, blob, name = rest.split(" ", 2)
                yield kind, int(size), blob, name.removesuffix("/").replace("//", "\n"), reader.chunks(int(size))
                reader.end()
            else:
                yield ABSENT, 0, kind, "", iter(())

    def changed(self, commits: "Iterable[str]", *patterns: str) -> "Iterator[tuple[str, Entry]]":
        """Yield (commit, entry) for the files that commits (merges too) brought, of those that match."""
        stdin = "".join(f"{commit}\n" for commit in commits).encode()
        command = ["diff-tree", "--stdin", "-r", "-c", "--root", "--raw", "-z", "--no-renames", "--no-abbrev", "--"]
        commit = ""
        records = self.records(*command, *patterns, stdin=stdin)
        for record in records:
            if not record.startswith(b":"):
                commit = record.decode().strip()
                continue
            path = next(records)
            parents = len(record) - len(record.lstrip(b":"))
            fields = record.lstrip(b":").split(b" ")
            mode, blob = fields[parents], fields[2 * parents + 1]
            if blob.strip(b"0"):
                yield commit, (mode.decode(), blob.decode(), os.fsdecode(path))

    def tree(self, revision: str) -> "Iterator[Entry]":
        """Yield every entry of a commit's tree."""
        for record in self.records("ls-tree", "-r", "-z", "--full-tree", revision):
            meta, _, path = record.partition(b"\t")
            mode, _, blob = meta.split(b" ")
            yield mode.decode(), blob.decode(), os.fsdecode(path)

    # Revisions

    def commits(self, revisions: "list[str]", options: "list[str]") -> "list[str]":
        """Return the commits that revisions and options (as for rev-list) reach."""
        stdin = "".join(f"{revision}\n" for revision in revisions).encode()
        return self.ask("rev-list", "--stdin", *options, stdin=stdin).decode().split()

    def resolve(self, revision: str) -> "list[str]":
        """Return the object ids of a revision or a range, `^` before those that a range excludes."""
        return self.ask("rev-parse", "--revs-only", revision, "--").decode().split()

    def has(self, revision: str) -> bool:
        """Return whether the repository has the object."""
        return self.tells("cat-file", "-e", revision) is not None

    def refs(self, *patterns: str) -> "list[tuple[str, str]]":
        """Return (name, object id) of the refs below the patterns."""
        lines = self.ask("for-each-ref", "--format=%(objectname) %(refname)", *patterns).split(b"\n")
        pairs = (line.partition(b" ") for line in lines if line)
        return [(os.fsdecode(name), target.decode()) for target, _, name in pairs]

    def require_history(self) -> None:
        """Raise `UnreadableError` if there is no commit, or if the clone is shallow."""
        if self.ask("rev-parse", "--is-shallow-repository").strip() == b"true":
            raise UnreadableError(
                "the clone is shallow, so its history cannot be read: fetch it whole (`fetch-depth: 0`)"
            )
        if self.tells("rev-parse", "--quiet", "--verify", "HEAD") is None:
            raise UnreadableError("HEAD has no commit yet, so there is no history to read")


def _reason(complaints: str) -> str:
    """Return the line of git's complaints that says why, without git's prefix."""
    lines = complaints.splitlines() or ["failed without a reason"]
    for prefix in ("fatal: ", "error: "):
        for line in lines:
            if line.startswith(prefix):
                return f"git: {line.removeprefix(prefix)}"
    return f"git: {lines[0]}"


class _Reader:
    """The stream of cat-file: a header line, the contents, a newline, and so on."""

    def __init__(self, source: "Iterator[bytes]") -> None:
        self._source, self._data, self._at, self._left = source, b"", 0, 0

    def line(self) -> bytes:
        """Return the next header, or nothing at the end."""
        while (end := self._data.find(b"\n", self._at)) < 0:
            if not self._fill(len(self._data) - self._at + 1):
                return b""
        line, self._at = self._data[self._at : end], end + 1
        return line

    def chunks(self, size: int) -> "Iterator[bytes]":
        """Begin an object of `size` bytes and return its chunks."""
        self._left = size
        return self._rest()

    def end(self) -> None:
        """Pass over what of the object has not been read, and the newline after it."""
        for _ in self._rest():
            pass
        self._fill(1)
        self._at += 1

    def _rest(self) -> "Iterator[bytes]":
        while self._left:
            want = min(self._left, CHUNK)
            if not self._fill(want):
                raise UnreadableError("git: the object's contents end too early")
            chunk = self._data[self._at : self._at + want]
            self._at += want
            self._left -= want
            yield chunk

    def _fill(self, want: int) -> bool:
        """Have at least `want` bytes at hand; return whether there are."""
        have = len(self._data) - self._at
        if have >= want:
            return True
        parts = [self._data[self._at :]]
        while have < want and (chunk := next(self._source, b"")):
            parts.append(chunk)
            have += len(chunk)
        self._data, self._at = b"".join(parts), 0
        return have >= want
