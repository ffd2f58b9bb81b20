"""Writing a registry that is a folder: each branch appends to a file of its own, so that merges never touch one twice.

An experiment that is not finished stays in the file that it began in. A line names the heads of all files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.registry.chain import Fed, Heads, read_link
from expflow_hooks.core.registry.codec import decode_record
from expflow_hooks.core.registry.experiment import UNFINISHED, from_mapping
from expflow_hooks.core.registry.location import is_line_file
from expflow_hooks.core.registry.parts import parts_on_disk
from expflow_hooks.core.registry.reader import Registry, cannot
from expflow_hooks.core.registry.writer import Append, Writer


class FolderWriter(Writer):
    """Appends to one registry folder; `own_file` names the file that the present branch appends to."""

    def __init__(self, path: str, own_file: Callable[[], str]) -> None:
        super().__init__(path)
        self._own_file = own_file
        self._known = _Union(self.path)
        self._writers: dict[str, Writer] = {}

    def update_all(self, changes: Sequence[Append]) -> str | None:
        """Append one line for each change; those of one file all or none. See `Writer.update_all`."""
        try:
            os.makedirs(self.path, exist_ok=True)
        except OSError as error:
            raise cannot("make", self.path, error) from None
        own, done = self._own_file(), None
        with self._turn:
            self._known.read_on()
            for name, some in groupby(changes, key=lambda change: self._known.file_of_unfinished(change.experiment_id)):
                done = self._writer(name or own).update_all(list(some))
        return done

    def present(self, experiment_id: str) -> dict[str, Any] | None:
        """Return an experiment's present record, or None; raise UnreadableError if a file cannot be read."""
        with self._turn:
            self._known.read_on()
            return self._known.present(experiment_id)

    def _writer(self, name: str) -> Writer:
        if not is_line_file(name):
            raise UsageError(f"{name!r} is no name of a registry's file")
        if name not in self._writers:
            self._writers[name] = Writer(os.path.join(self.path, name), self._known)
        return self._writers[name]


class _Union:
    """What is known of all files together: the heads, and where each experiment's lines are."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._forget()

    def _forget(self) -> None:
        self._heads = _Heads()
        self._files: dict[str, _Read] = {}
        self._last: dict[str, tuple[str, int]] = {}  # of an experiment, in the file that was read last
        self._several: set[str] = set()  # experiments that more than one file has lines of
        self._lines = 0

    def read_on(self) -> None:
        """Read what was appended to any file; all of them anew where one is no more what it was."""
        names = parts_on_disk(self._path)
        try:
            if self._files.keys() - set(names) or not all(read.still_holds() for read in self._files.values()):
                self._forget()
            for name in names:
                if name not in self._files or not self._files[name].is_as_it_was():
                    self._read(name)
        except OSError as error:
            raise cannot("read", error.filename or self._path, error) from None

    def to_name(self) -> list[str]:
        """Return what the next line names, after all files were read."""
        self.read_on()
        return self._heads.to_name()

    def present(self, experiment_id: str) -> dict[str, Any] | None:
        """Return an experiment's present record, or None."""
        if experiment_id in self._several:
            return Registry(self._path).history(experiment_id)[-1].record
        if experiment_id not in self._last:
            return None
        name, place = self._last[experiment_id]
        try:
            return decode_record(self._files[name].line(place))
        except ValueError as error:
            path = os.path.join(self._path, name)
            raise UsageError(f"{path}: the last line of {experiment_id} cannot be read: {error}") from None

    def file_of_unfinished(self, experiment_id: str) -> str:
        """Return the file that an experiment which is not finished began in; nothing for any other."""
        present = self.present(experiment_id)
        if present is None or from_mapping(present).state not in UNFINISHED:
            return ""
        if experiment_id in self._several:
            return os.path.basename(Registry(self._path).history(experiment_id)[-1].file)
        return self._last[experiment_id][0]

    def _read(self, name: str) -> None:
        if name not in self._files:
            self._files[name] = _Read(os.path.join(self._path, name))
        for line, place in self._files[name].lines():
            self._lines += 1
            if not line.strip():
                continue
            link = read_link(line)
            self._heads.feed(line, link.prev, self._lines)
            if link.experiment_id:
                before = self._last.get(link.experiment_id)
                if before is not None and before[0] != name:
                    self._several.add(link.experiment_id)
                self._last[link.experiment_id] = name, place


class _Read:
    """One file as far as it was read."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen = (0, 0, 0, 0)  # device, inode, bytes and time of change
        self._end = 0
        self._last = b""

    def is_as_it_was(self) -> bool:
        """Return whether nothing was done to the file since it was read."""
        found = os.stat(self._path)
        return self._seen == (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)

    def still_holds(self) -> bool:
        """Return whether the file still has the last line that was read, and that one was whole."""
        if not self._last or self.is_as_it_was():
            return True
        with open(self._path, "rb", buffering=0) as file:
            found = os.fstat(file.fileno())
            if (found.st_dev, found.st_ino) != self._seen[:2] or not self._last.endswith(b"\n"):
                return False
            file.seek(self._end - len(self._last))
            return file.read(len(self._last)) == self._last

    def lines(self) -> Iterator[tuple[bytes, int]]:
        """Yield the lines that were not read yet, each with where it begins."""
        with open(self._path, "rb") as file:
            found = os.fstat(file.fileno())
            file.seek(self._end)
            for line in file:
                yield line, self._end
                self._end += len(line)
                self._last = line
            self._seen = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)

    def line(self, place: int) -> bytes:
        """Return the line that begins at a place."""
        with open(self._path, "rb") as file:
            file.seek(place)
            return file.readline()


class _Heads(Heads):
    """Heads of several files, whose lines come file by file: a line may have been named before it is read."""

    def __init__(self) -> None:
        super().__init__()
        self._named: set[bytes] = set()

    def feed(self, line: bytes, prev: list[str] | None, number: int) -> Fed:
        """Take the next line of any file."""
        fed = super().feed(line, prev, number)
        self._named.update(name for name, place in zip(fed.named, fed.places, strict=True) if place is None)
        if fed.digest in self._named:
            self.chained.pop(fed.digest, None)
            self.bare.pop(fed.digest, None)
        return fed
