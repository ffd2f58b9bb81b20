"""Writing the registry: whole lines under a lock, on the disk before they are acknowledged.

Each line names the lines above it that no line names yet (`chain`), so that history cannot be rewritten quietly. What
takes time is done before the lock is taken; under it, only what came since is read.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from expflow_hooks.core.errors import PinRefusedError
from expflow_hooks.core.files import read_all_at
from expflow_hooks.core.platform import sync, sync_folder
from expflow_hooks.core.registry import lock, spool
from expflow_hooks.core.registry.chain import digest_of
from expflow_hooks.core.registry.checkout import Checkouts
from expflow_hooks.core.registry.codec import decode_record, encode_record
from expflow_hooks.core.registry.known_file import PATIENCE, KnownFile
from expflow_hooks.core.registry.permit import Permit, permit_of_waiting, refuse_unpermitted
from expflow_hooks.core.registry.reader import cannot

Record = dict[str, Any]
Make = Callable[["Record | None"], Record]
"""Takes an experiment's present record (None if it has none) and returns the one to append."""

_ABSENT = 1.0  # seconds: a checkout removes a file before it puts another one there
_MOST_FILES = 10  # that take each other's place during one append
_KEPT = TimeoutError(16, "another process keeps the lock")


class Union(Protocol):
    """All files of a registry that is a folder, of which a writer appends to one."""

    def to_name(self) -> list[str]:
        """Return what the next line names, after all files were read."""

    def present(self, experiment_id: str) -> dict[str, Any] | None:
        """Return an experiment's present record, or None."""


class Append(NamedTuple):
    """One line to append: its experiment, what makes it, and the permit of an operation that the guard let go on."""

    experiment_id: str
    make: Make
    permit: Permit | None = None


class Writer:
    """Appends to one registry file. It remembers what it read, so that many appends in one process stay cheap.

    With `union` the file is one of a folder's, whose other files have a say in what is present and what is named.
    """

    def __init__(self, path: str, union: Union | None = None) -> None:
        self.path = os.fspath(path)
        self._union = union
        self._file = KnownFile(self.path)
        self._checkouts: Checkouts | None = None
        self._wait = lock.WAIT
        self._turn = threading.Lock()

    def append(self, record: Record) -> str | None:
        """Append one record; see `update_all`."""
        return self.update(str(record.get("experiment_id")), lambda _: record)

    def update(self, experiment_id: str, make: Make, permit: Permit | None = None) -> str | None:
        """Append the record that `make` returns, given the experiment's present one; see `update_all`."""
        return self.update_all([Append(experiment_id, make, permit)])

    def update_all(self, changes: Sequence[Append]) -> str | None:
        """Append one line for each change, all or none of them.

        When this returns, the lines are on the disk, in the file that the path names then. Where another process keeps
        the lock, the records wait for the next append, in the file that is returned.

        Raises UnreadableError if they cannot be written, ValueError for what is no record, PinRefusedError for what
        the guard has to be asked for, without its permit; the file is as it was.
        """
        try:
            with self._turn:
                return self._append(_Records(changes))
        except OSError as error:
            raise cannot("write", self.path, error) from None

    def present(self, experiment_id: str) -> Record | None:
        """Return an experiment's present record, or None; raise UnreadableError if the file cannot be read."""
        try:
            with self._turn, open(self.path, "rb", buffering=0) as file:
                return self._file.present(file.fileno(), experiment_id)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise cannot("read", self.path, error) from None

    def _append(self, records: _Records) -> str | None:
        for _ in range(_MOST_FILES):
            with lock.opened(self.path) as fd:
                for change in records.changes:  # what may take long, before the lock
                    self._present(fd, change.experiment_id)
                try:
                    with lock.locked(fd, self._wait):
                        if not lock.is_named(fd, self.path):  # replaced while we waited
                            continue
                        place, data = self._write(fd, records)
                except TimeoutError:
                    return self._spool(fd, records)
                self._wait = lock.WAIT
                if self._stands(fd, place, data):
                    return None
        raise OSError(5, "again and again, another file is put in its place")

    def _write(self, fd: int, records: _Records) -> tuple[int, bytes]:
        """Write the lines at the end, after those that waited, and return where and what."""
        torn = self._file.is_torn(fd)
        prev = (self._union or self._file.tail(fd).heads).to_name()
        waited = list(self._waited(fd))
        made = [record for _, some in waited for record in some] + records.made(partial(self._present, fd))
        data = (b"\n" if torn else b"") + b"".join(_chained(made, prev))
        place = os.fstat(fd).st_size
        _write_whole(fd, data)
        if not place:  # perhaps a new file, whose name has to be on the disk too
            sync_folder(self.path)
        spool.remove([file for file, _ in waited])
        return place, data

    def _present(self, fd: int, experiment_id: str) -> Record | None:
        return self._union.present(experiment_id) if self._union else self._file.present(fd, experiment_id)

    def _stands(self, fd: int, place: int, data: bytes) -> bool:
        """Return whether the path names a file with these lines, once no checkout is under way."""
        if self._checkouts is None:
            self._checkouts = Checkouts(self.path)
        self._checkouts.wait()
        deadline = time.monotonic() + _ABSENT
        while not lock.is_named(fd, self.path):
            if os.path.exists(self.path) or time.monotonic() > deadline:
                return False
            time.sleep(PATIENCE)
        return read_all_at(fd, place, place + len(data)) == data

    def _spool(self, fd: int, records: _Records) -> str:
        """Let records wait beside the registry; an operation that asked the guard can be repeated, and fails with that
        advice."""
        self._wait = 0.5  # the next one of this process need not wait as long for the same holder
        made = records.made(partial(self._present, fd))
        if any(change.permit and change.permit.way not in ("run", "origin") for change in records.changes):
            raise _KEPT
        file = spool.put(self.path, made)
        warnings.warn(
            f"{self.path}: another process keeps the lock; {spool.waiting_sentence(len(made), file)}", RuntimeWarning, 2
        )
        return file

    def _waited(self, fd: int) -> list[tuple[str, list[Record]]]:
        """Return the files of the records that waited, with those that the registry does not have yet."""
        taken = []
        for file, waiting in spool.waiting(self.path):
            new = [record for record in waiting if not _agrees(self._present(fd, record["experiment_id"]), record)]
            try:
                for record in new:
                    present = self._present(fd, record["experiment_id"])
                    refuse_unpermitted(present, record, permit_of_waiting(record))
            except PinRefusedError:
                spool.set_aside(file)
            else:
                taken.append((file, new))
        return taken


class _Records:
    """The records of some changes: made once, whichever file they go into."""

    def __init__(self, changes: Sequence[Append]) -> None:
        self.changes = changes
        self._made: list[Record] | None = None

    def made(self, present_of: Callable[[str], Record | None]) -> list[Record]:
        """Return the records; each builds on the one before it."""
        if self._made is None:
            latest: dict[str, Record | None] = {}
            made = []
            for name, make, permit in self.changes:
                present = latest[name] if name in latest else present_of(name)
                record = make(present)
                refuse_unpermitted(present, record, permit)
                latest[name] = decode_record(encode_record(record))
                made.append(record)
            self._made = made
        return self._made


def _agrees(present: Record | None, record: Record) -> bool:
    """Return whether an experiment's present record is just that record."""
    return present is not None and {**present, "prev": None} == {**record, "prev": None}


def _chained(records: Sequence[Record], prev: list[str]) -> list[bytes]:
    """Return the lines of records: the first names what no line names yet, the others the one before."""
    lines = []
    for record in records:
        line = encode_record({**record, "prev": prev})
        lines.append(line + b"\n")
        prev = [digest_of(line).hex()]
    return lines


def _write_whole(fd: int, data: bytes) -> None:
    """Write all of `data` at the end in one call and sync it, or leave the file as it was."""
    size = os.fstat(fd).st_size
    try:
        if os.write(fd, data) != len(data):
            raise OSError(28, "No space left on device, or a quota or a limit of the file's size is reached")
        sync(fd)
    except OSError:
        # Only our own bytes are taken back: a tool that does not lock may have appended since.
        end = os.fstat(fd).st_size
        if size < end <= size + len(data) and read_all_at(fd, size, end) == data[: end - size]:
            os.ftruncate(fd, size)
        raise
