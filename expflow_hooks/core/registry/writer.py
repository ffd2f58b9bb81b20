"""Writing the registry: one write of one whole line under a lock, on the disk before it is acknowledged.

Each line names the lines above it that no line names yet (`chain`), so that history cannot be rewritten quietly.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.files import sync_folder
from expflow_hooks.core.registry.chain import Heads, digest_of, read_link
from expflow_hooks.core.registry.codec import decode_experiment, decode_record, encode_record
from expflow_hooks.core.registry.lock import locked
from expflow_hooks.core.registry.permit import Permit, refuse_unpermitted
from expflow_hooks.core.registry.reader import Registry, cannot

Make = Callable[["dict[str, Any] | None"], "dict[str, Any]"]
"""Takes an experiment's present record (None if it has none) and returns the one to append."""


class Union(Protocol):
    """All files of a registry that is a folder, of which a writer appends to one."""

    def to_name(self) -> list[str]:
        """Return what the next line names, after all files were read."""

    def present(self, experiment_id: str) -> dict[str, Any] | None:
        """Return an experiment's present record, or None."""


class Change(NamedTuple):
    """One line to append: its experiment, what makes it, and the permit of an operation that the guard let go on."""

    experiment_id: str
    make: Make
    permit: Permit | None = None


_PATIENCE = 0.01  # seconds: a tool that takes no lock may be halfway through its line


class Writer:
    """Appends to one registry file. It remembers what it read, so that many appends in one process stay cheap.

    With `union` the file is one of a folder's, whose other files have a say in what is present and what is named.
    """

    def __init__(self, path: str, union: Union | None = None) -> None:
        self.path = os.fspath(path)
        self._union = union
        self._forget((0, 0))

    def _forget(self, file: tuple[int, int]) -> None:
        self._file = file  # device and inode: a checkout puts another file in its place
        self._offset = self._lines = 0
        self._last = b""
        self._heads = Heads()
        self._places: dict[str, int] = {}

    def append(self, record: dict[str, Any]) -> int:
        """Append one record and return the number of its line; see `update_all`."""
        return self.update(str(record.get("experiment_id")), lambda _: record)

    def update(self, experiment_id: str, make: Make, permit: Permit | None = None) -> int:
        """Append the record that `make` returns, given the experiment's present one, and return its line's number."""
        return self.update_all([Change(experiment_id, make, permit)])

    def update_all(self, changes: Sequence[Change]) -> int:
        """Append one line for each change, all or none of them, and return the number of the last line.

        When this returns, the lines are on the disk. Raises UnreadableError if they cannot be written, ValueError for
        what is no record, PinRefusedError for what the guard has to be asked for, without its permit; the file is as
        it was.
        """
        try:
            with locked(self.path) as fd:
                torn = self._catch_up(fd) and self._is_torn_for_good(fd)
                lines = self._made(fd, changes)
                _write_whole(fd, (b"\n" if torn else b"") + b"".join(line + b"\n" for line in lines))
                if not self._lines:  # perhaps a new file, whose name has to be on the disk too
                    sync_folder(self.path)
                return self._lines + len(lines)
        except OSError as error:
            raise cannot("write", self.path, error) from None

    def _made(self, fd: int, changes: Sequence[Change]) -> list[bytes]:
        """Return the lines of the changes; each names the one before it, and sees what that one says."""
        lines: list[bytes] = []
        made: dict[str, dict[str, Any]] = {}
        prev = (self._union or self._heads).to_name()
        for name, make, permit in changes:
            present = made[name] if name in made else self._present(fd, name)
            record = make(present)
            refuse_unpermitted(present, record, permit)
            line = encode_record({**record, "prev": prev})
            made[name] = decode_record(line)
            lines.append(line)
            prev = [digest_of(line).hex()]
        return lines

    def present(self, experiment_id: str) -> dict[str, Any] | None:
        """Return an experiment's present record, or None; raise UnreadableError if the file cannot be read."""
        found = None
        for line in Registry(self.path).lines():
            try:
                if decode_experiment(line).experiment_id == experiment_id:
                    found = decode_record(line)
            except ValueError:  # unreadable lines are reported by those who read, and hide no other
                continue
        return found

    def _catch_up(self, fd: int) -> bool:
        """Read what was appended since; say whether the last line is torn, that is, has no end."""
        stat = os.fstat(fd)
        if self._file != (stat.st_dev, stat.st_ino) or self._changed_before(fd):
            self._forget((stat.st_dev, stat.st_ino))
        with open(os.dup(fd), "rb") as file:
            file.seek(self._offset)
            for line in file:
                self._feed(line)
        return self._torn()

    def _is_torn_for_good(self, fd: int) -> bool:
        """Say whether a last line without its end stays so; what is being written has its end in a moment."""
        time.sleep(_PATIENCE)
        return self._catch_up(fd) if os.fstat(fd).st_size > self._offset else True

    def _torn(self) -> bool:
        return self._last != b"" and not self._last.endswith(b"\n")

    def _changed_before(self, fd: int) -> bool:
        """Say whether the file no longer has the last line known where it was, or may have: it was torn."""
        return self._torn() or os.pread(fd, len(self._last), self._offset - len(self._last)) != self._last

    def _feed(self, line: bytes) -> None:
        self._lines += 1
        if line.strip():
            link = read_link(line)
            self._heads.feed(line, link.prev, self._lines)
            if link.experiment_id:  # an unreadable line has none, but its hash counts
                self._places[link.experiment_id] = self._offset
        self._offset += len(line)
        self._last = line

    def _present(self, fd: int, experiment_id: str) -> dict[str, Any] | None:
        if self._union is not None:
            return self._union.present(experiment_id)
        place = self._places.get(experiment_id)
        if place is None:
            return None
        with open(os.dup(fd), "rb") as file:
            file.seek(place)
            try:
                return decode_record(file.readline())
            except ValueError as error:
                raise UsageError(f"{self.path}: the last line of {experiment_id} cannot be read: {error}") from None


def _write_whole(fd: int, data: bytes) -> None:
    """Write all of `data` at the end in one call and sync it, or leave the file as it was."""
    size = os.fstat(fd).st_size
    try:
        if os.write(fd, data) != len(data):
            raise OSError(28, "No space left on device, or a quota or a limit of the file's size is reached")
        os.fsync(fd)
    except OSError:
        # Only our own bytes are taken back: a tool that does not lock may have appended since.
        end = os.fstat(fd).st_size
        if size < end <= size + len(data) and os.pread(fd, end - size, size) == data[: end - size]:
            os.ftruncate(fd, size)
        raise
