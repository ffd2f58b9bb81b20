"""Reading the registry, a file or a folder: one record a line, and the last line of an id is its present state.

Readers never lock and hold no more than a block of lines; what writes is `writer`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from itertools import accumulate, chain, count, repeat
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.registry.codec import decode_experiment, decode_lines, decode_record
from expflow_hooks.core.registry.experiment import Batch, Experiment, Placed, Saved
from expflow_hooks.core.registry.history import HistoryLine
from expflow_hooks.core.registry.live_file import BLOCK, lines_between, open_settled
from expflow_hooks.core.registry.location import LINES, is_folder
from expflow_hooks.core.registry.random_access import LineReader
from expflow_hooks.core.registry.stored import Files, Stored, opened
from expflow_hooks.core.suggest import did_you_mean

if TYPE_CHECKING:
    from expflow_hooks.core.registry.folder import Folder

Progress = Callable[[int, int], None]
"""Told the bytes read and the bytes there are, now and then."""

_MOST_UNREADABLE_KEPT = 1000


class Unreadable(NamedTuple):
    """A line that could not be read: its number, from 1, why, and of a folder's registry its file."""

    line: int
    why: str
    file: str = ""


class Registry:
    """One registry: a file, a folder of files, or standard input as `-`. The lines of all its files count through.

    With `missing_ok`, one that does not exist yet is empty. With `data`, a file's bytes as git holds them, or with
    `held` all files, by path; `path` is the registry's name then. With `indexed`, what an index knows of a
    file need not be read again.
    """

    def __init__(
        self,
        path: str,
        *,
        missing_ok: bool = True,
        data: bytes | None = None,
        held: Files | None = None,
        indexed: bool = False,
    ) -> None:
        self.path = os.fspath(path)
        self._data: Stored | None = data if held is None else held.get(self.path, b"")
        self._folder = _open_folder(self.path, held) if is_folder(self.path) else None
        self.missing_ok = missing_ok
        self.indexed = indexed and self._data is None and self._folder is None and self.path != "-"
        self.unreadable: list[Unreadable] = []
        self.unreadable_count = 0

    def experiments(self, progress: Progress | None = None) -> Iterator[Experiment]:
        """Yield the experiment of every line, in order: later records with the same id win.

        Lines that cannot be read are kept in `unreadable` and hide no other. Raises UnreadableError if the file cannot
        be read.
        """
        # chain hands them on without a step through Python for each: 0.06 µs a line
        return chain.from_iterable(map(itemgetter(0), self._batches(progress)))

    def placed(self, progress: Progress | None = None) -> Placed:
        """Return the same experiments, each with the byte at which its line begins, so that it can be read again."""
        again = LineReader()
        saved = partial(self._saved, again) if self.indexed else None
        return Placed(lambda wanted: self._batches(progress, again if wanted else None), again, saved)

    def _saved(self, again: LineReader, key: str) -> Saved | None:
        """Return what an index has of a ranking's columns, and the experiments of the lines that came since."""
        from expflow_hooks.core.registry.index.reading import open_saved

        opened = open_saved(self.path, key)
        if opened is None:
            return None
        again.take(opened.file)
        self.unreadable = [Unreadable(*one) for one in opened.meta["unreadable"]]
        self.unreadable_count = opened.meta["unreadable_count"]
        return Saved(opened.meta, opened.blob, self.read_between(opened.file, opened.meta["end"], opened.meta["lines"]))

    def read_between(self, file: IO[bytes], start: int, lines: int, end: int | None = None) -> Iterator[Batch]:
        """Yield the experiments of a file's lines from a place on, with `lines` before it, up to another; close it."""
        with file:
            yield from self._decoded(lines_between(file, start, end), lines)

    @property
    def is_folder(self) -> bool:
        """Return whether the registry is a folder of files."""
        return self._folder is not None

    def where(self, number: int) -> tuple[str, int]:
        """Return the file and the line in it of one of the registry's lines, all from 1."""
        return self._folder.where(number) if self._folder and self._folder.pieces else (self.path, number)

    def line(self, number: int) -> str:
        """Return a registry line's position in words: `line 3`, in a folder with the file's name."""
        file, line = self.where(number)
        return say_line(line, file if self._folder else "")

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Open the file of a registry that is one; an empty one where it may be missing and is."""
        if self._data is not None:
            with opened(self._data) as file:
                yield file
            return
        try:
            with open(0, "rb", closefd=False) if self.path == "-" else open_settled(self.path) as file:
                yield file
        except FileNotFoundError as error:
            if not self.missing_ok:
                raise cannot("read", self.path, error) from None
            yield BytesIO()
        except OSError as error:
            raise cannot("read", self.path, error) from None

    def _batches(self, progress: Progress | None, again: LineReader | None = None) -> Iterator[Batch]:
        self.unreadable, self.unreadable_count = [], 0
        yield from self._decoded(self._blocks(again), 0, progress)

    def _decoded(
        self, blocks: Iterable[tuple[list[bytes], int, int]], number: int, progress: Progress | None = None
    ) -> Iterator[Batch]:
        done = 0
        for lines, place, total in blocks:
            places = accumulate(map(len, lines), initial=place)
            experiments = decode_lines(lines)
            yield self._one_by_one(lines, number, places) if experiments is None else (experiments, places)
            number += len(lines)
            if progress is not None:
                done += sum(map(len, lines))
                progress(done, total)

    def _blocks(self, again: LineReader | None = None) -> Iterator[tuple[list[bytes], int, int]]:
        """Yield some lines at a time, the place of the first of them, and the bytes of all."""
        if self._folder is not None:
            yield from self._blocks_of_folder(self._folder, again)
            return
        place = 0
        with self.opened() as found:
            file = again.take(found) if again else found
            total = _size(file)
            while lines := file.readlines(BLOCK):
                yield lines, place, total
                place += sum(map(len, lines))

    def _blocks_of_folder(self, folder: Folder, again: LineReader | None) -> Iterator[tuple[list[bytes], int, int]]:
        if not (self.missing_ok or folder.names):
            there = f"holds no {LINES} file" if os.path.isdir(self.path) else "is not there"
            raise UnreadableError(f"cannot read {self.path}: the folder {there}")
        if again is not None:
            again.take_from(folder.read)
        for lines, place in folder.blocks():
            yield lines, place, folder.size

    def _one_by_one(self, lines: list[bytes], number: int, places: Iterable[int]) -> Batch:
        found: list[Experiment] = []
        found_at: list[int] = []
        for line, place in zip(lines, places, strict=False):
            number += 1
            try:
                found.append(decode_experiment(line))
                found_at.append(place)
            except ValueError as error:
                if line.strip():
                    self._note(number, why_unreadable(line, error))
        return found, found_at

    def _note(self, number: int, why: str) -> None:
        self.unreadable_count += 1
        if len(self.unreadable) < _MOST_UNREADABLE_KEPT:
            file, line = self.where(number)
            self.unreadable.append(Unreadable(line, why, file if self._folder else ""))

    def _wheres(self) -> Iterator[tuple[str, int]]:
        """Yield the file, nothing unless the registry is a folder, and the number of every line, in order."""
        return zip(repeat(""), count(1), strict=False) if self._folder is None else self._folder.wheres()

    def lines(self) -> Iterator[bytes]:
        """Yield the raw lines of all files, in the registry's order."""
        if self._folder is not None:
            yield from chain.from_iterable(map(itemgetter(0), self._blocks()))
            return
        with self.opened() as file:
            yield from file

    def numbered(self) -> Iterator[HistoryLine]:
        """Yield number and record of every readable line, each field unchanged; the others as above."""
        self.unreadable, self.unreadable_count = [], 0
        for number, (line, (file, place)) in enumerate(zip(self.lines(), self._wheres(), strict=False), start=1):
            try:
                yield HistoryLine(place, decode_record(line), file)
            except ValueError as error:
                if line.strip():
                    self._note(number, why_unreadable(line, error))

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the record of every line that can be read."""
        return (line.record for line in self.numbered())

    def histories(self, ids: Collection[str]) -> dict[str, list[HistoryLine]]:
        """Return the lines of several experiments, oldest first; those that have none are left out."""
        found: dict[str, list[HistoryLine]] = {}
        for number, line in self._lines_about(ids, self.indexed) if ids else ():
            try:
                name = decode_experiment(line).experiment_id
            except ValueError:
                continue
            if name in ids:
                found.setdefault(name, []).append(self._history_line(number, line))
        return found

    def history(self, experiment_id: str) -> list[HistoryLine]:
        """Return the lines of one experiment, oldest first; raise UsageError with the nearest ids if it has none."""
        ids: set[str] = set()
        found = self._history(experiment_id, ids, self.indexed)
        if not found and self.indexed:  # the nearest ids are among all lines
            found = self._history(experiment_id, ids, False)
        if not found:
            if not ids:
                raise UsageError(f"no experiment {experiment_id!r}: {self.path} has none yet")
            raise UsageError(f"no experiment {experiment_id!r} in {self.path}{did_you_mean(experiment_id, ids)}")
        return found

    def _history(self, experiment_id: str, ids: set[str], indexed: bool) -> list[HistoryLine]:
        self.unreadable, self.unreadable_count = [], 0
        found: list[HistoryLine] = []
        needle = _needle(experiment_id)
        for number, line in self._lines_about((experiment_id,), indexed):
            try:
                name = decode_experiment(line).experiment_id
                if name == experiment_id:
                    found.append(self._history_line(number, line))
                ids.add(name)
            except ValueError as error:
                if needle in line:  # it may have been about this experiment
                    self._note(number, why_unreadable(line, error))
        return found

    def _history_line(self, number: int, line: bytes) -> HistoryLine:
        file, place = self.where(number)
        return HistoryLine(place, decode_record(line), file if self._folder else "")

    def _lines_about(self, ids: Collection[str], indexed: bool) -> Iterator[tuple[int, bytes]]:
        """Yield number and bytes of the lines that may be about experiments: of those in an index, else all."""
        if not indexed:
            yield from enumerate(self.lines(), start=1)
            return
        from expflow_hooks.core.registry.index.reading import lines_about

        with self.opened() as file:
            yield from lines_about(self.path, file, ids)


def _open_folder(path: str, held: Files | None) -> Folder:
    from expflow_hooks.core.registry.folder import Folder  # most registries are one file, and need no hashes

    return Folder(path, held)


def _size(file: IO[bytes]) -> int:
    if not file.seekable():
        return 0
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def say_line(line: int, file: str = "") -> str:
    """Return a line's position in words."""
    return f"line {line} of {os.path.basename(file)}" if file else f"line {line}"


def _needle(experiment_id: str) -> bytes:
    return experiment_id.encode("utf-8", "surrogatepass")


def why_unreadable(line: bytes, error: ValueError) -> str:
    """Return in a few words why a line cannot be read."""
    return f"{error}" if line.endswith(b"\n") else f"torn, no line end ({error})"


def cannot(what: str, path: str, error: OSError) -> UnreadableError:
    return UnreadableError(f"cannot {what} {path}: {error.strerror or error}")
