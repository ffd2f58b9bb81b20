"""The contents of git's objects, and the lists of them that the index, a tree or a range of history gives.

Contents come as one stream from `git cat-file --batch`, which holds one chunk of one object in memory.
"""

import os

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git.asking import CUT, Asking, FailedError

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
TYPES = ("blob", "tree", "commit", "tag")
GITLINK, SYMLINK, GONE = "160000", "120000", "000000"
"""Modes that stand for something other than a file."""
_BATCH = 10_000
_FORMAT = "--batch=%(objecttype) %(objectsize) %(objectname) %(rest)"


class Objects(Asking):
    """What git holds in one repository."""

    # What is staged

    def staged(self, against: str = "HEAD") -> "list[Entry]":
        """Return the index's entries that differ from a commit, those that are gone with the mode `GONE`.

        All of the index where HEAD has no commit yet, or while a merge is unfinished.
        """
        records = self.records("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", against, "--")
        found: list[Entry] = []
        try:
            for record in records:
                _, mode, _, blob, status = record.split(b" ")
                if status == b"U":  # an unfinished merge: its versions stand in the index only
                    return self.indexed()
                found.append((mode.decode(), blob.decode(), _path(records)))
        except FailedError:
            if against != "HEAD" or self.head():
                raise
            return self.indexed()
        return found

    def indexed(self) -> "list[Entry]":
        """Return every entry of the index, in every stage of a merge."""
        found: list[Entry] = []
        for record in self.records("ls-files", "--stage", "-z", "--full-name", "--", ":/"):
            meta, _, path = record.partition(b"\t")
            mode, blob, _ = meta.split(b" ")
            found.append((mode.decode(), blob.decode(), os.fsdecode(path)))
        return found

    def head(self) -> str:
        """Return the commit that HEAD names, or nothing where it has none yet."""
        return self.try_line("rev-parse", "--quiet", "--verify", "HEAD")

    # Contents

    def contents(self, entries: "Iterable[Entry]") -> "Iterator[Content]":
        """Yield the contents of entries; a name is the entry's mode, a space and its path. Gitlinks are skipped."""
        batch: list[bytes] = []
        for mode, blob, path in entries:
            if mode not in (GITLINK, GONE):
                # No path holds `//`, so it can stand for a newline; the last slash keeps what cat-file would trim.
                path = path.replace("\n", "//")
                batch.append(b"%s %s %s/\n" % (blob.encode(), mode.encode(), os.fsencode(path)))
            if len(batch) == _BATCH:
                yield from self._each(batch)
                batch.clear()
        yield from self._each(batch)

    def _each(self, batch: "list[bytes]") -> "Iterator[Content]":
        answers = 0
        for content in self._cat(batch) if batch else ():
            answers += 1
            yield content
        if answers < len(batch):
            raise UnreadableError(CUT)

    def sizes(self, blobs: "Mapping[str, str]") -> "dict[str, int]":
        """Return the sizes of blobs, given with their paths; raise `UnreadableError` for one that is not there."""
        stdin = "".join(f"{blob}\n" for blob in blobs).encode()
        answers = self.lines("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=stdin) if blobs else []
        if len(answers) != len(blobs):
            raise UnreadableError(CUT)
        found: dict[str, int] = {}
        for answer, (blob, path) in zip(answers, blobs.items(), strict=True):
            name, _, size = answer.decode().partition(" ")
            if name != blob or not size.isdigit():
                raise UnreadableError(f"git: the contents of {path} are not in this repository")
            found[blob] = int(size)
        return found

    def reachable(self, revisions: "list[str]") -> "Iterator[Content]":
        """Yield every object that revisions (as for rev-list) reach: each commit, then what it brought.

        Oldest first. A name is one of the object's paths, as far as its first newline, or a tag's name.
        """
        command = ["rev-list", "--objects", "--in-commit-order", "--topo-order", "--reverse", "--stdin"]
        return self._cat([f"{revision}\n".encode() for revision in revisions], command)

    def _cat(self, lines: "list[bytes]", *lister: "list[str]") -> "Iterator[Content]":
        reader = _Reader(self._stream(b"".join(lines), *lister, ["cat-file", "--buffer", _FORMAT]))
        while header := reader.line():
            kind, _, rest = os.fsdecode(header).partition(" ")
            if kind in TYPES:
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
            path = _path(records)
            parents = len(record) - len(record.lstrip(b":"))
            fields = record.lstrip(b":").split(b" ")
            mode, blob = fields[parents], fields[2 * parents + 1]
            if blob.strip(b"0"):
                yield commit, (mode.decode(), blob.decode(), path)

    def tree(self, revision: str) -> "Iterator[Entry]":
        """Yield every entry of a commit's tree."""
        for record in self.records("ls-tree", "-r", "-z", "--full-tree", revision):
            meta, _, path = record.partition(b"\t")
            mode, _, blob = meta.split(b" ")
            yield mode.decode(), blob.decode(), os.fsdecode(path)


def _path(records: "Iterator[bytes]") -> str:
    """Return the path at the end of a line of git's output."""
    path = next(records, None)
    if path is None:
        raise UnreadableError(CUT)
    return os.fsdecode(path)


class _Reader:
    """The stream of cat-file: a header line, the contents, a newline, and so on."""

    def __init__(self, source: "Iterator[bytes]") -> None:
        self._source, self._data, self._at, self._left = source, b"", 0, 0

    def line(self) -> bytes:
        """Return the next header, or nothing at the end."""
        while (end := self._data.find(b"\n", self._at)) < 0:
            have = len(self._data) - self._at
            if not self._fill(have + 1):
                if have:
                    raise UnreadableError(CUT)
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
        if not self._fill(1):
            raise UnreadableError(CUT)
        self._at += 1

    def _rest(self) -> "Iterator[bytes]":
        while self._left:
            want = min(self._left, CHUNK)
            if not self._fill(want):
                raise UnreadableError(CUT)
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
