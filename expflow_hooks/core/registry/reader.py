"""Reading the registry, `experiments.jsonl`: one record a line, and the last line of an id is its present state.

Readers never lock and hold no more than a block of lines; what writes is `writer`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import accumulate, chain, pairwise
from operator import itemgetter
from typing import IO, Any, NamedTuple

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.metrics.values import same_value
from expflow_hooks.core.registry.codec import decode_experiment, decode_lines, decode_record
from expflow_hooks.core.registry.experiment import Batch, Experiment, Placed
from expflow_hooks.core.registry.live_file import open_settled
from expflow_hooks.core.registry.random_access import Again
from expflow_hooks.core.suggest import did_you_mean

Progress = Callable[[int, int], None]
"""Told the bytes read and the bytes there are, now and then."""

_BLOCK = 1 << 14  # bytes: what a block decodes to stays in the processor's cache; 256 KB took a third longer
_MOST_UNREADABLE_KEPT = 1000


class Unreadable(NamedTuple):
    """A line that could not be read: its number, from 1, and why."""

    line: int
    why: str


class Revision(NamedTuple):
    """A later line that changed what a completed experiment had said: `field` was `old`, is `new` since `line`."""

    line: int
    field: str
    old: Any
    new: Any


class HistoryLine(NamedTuple):
    """One line of one experiment: its number, from 1, and its record with every field."""

    line: int
    record: dict[str, Any]


class Registry:
    """One registry file, or standard input as `-`. With `missing_ok`, a file that does not exist yet is empty.

    With `data`, the file's bytes as git holds them; `path` is their name then.
    """

    def __init__(self, path: str, *, missing_ok: bool = True, data: bytes | None = None) -> None:
        self.path = os.fspath(path)
        self._data = data
        self.missing_ok = missing_ok
        self.unreadable: list[Unreadable] = []
        self.unreadable_count = 0

    def experiments(self, progress: Progress | None = None) -> Iterator[Experiment]:
        """Yield the experiment of every line, in order: one that comes again replaces the one before.

        Lines that cannot be read are kept in `unreadable` and hide no other. Raises UnreadableError if the file cannot
        be read.
        """
        # chain hands them on without a step through Python for each: 0.06 µs a line
        return chain.from_iterable(map(itemgetter(0), self._batches(progress)))

    def placed(self, progress: Progress | None = None) -> Placed:
        """Return the same experiments, each with the byte at which its line begins, so that it can be read again."""
        again = Again()
        return Placed(lambda wanted: self._batches(progress, again if wanted else None), again)

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        if self._data is not None:
            yield BytesIO(self._data)
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

    def _batches(self, progress: Progress | None, again: Again | None = None) -> Iterator[Batch]:
        self.unreadable, self.unreadable_count = [], 0
        done = number = 0
        with self._open() as opened:
            file = again.take(opened) if again else opened
            total = _size(file)
            while lines := file.readlines(_BLOCK):
                places = accumulate(map(len, lines), initial=done)
                experiments = decode_lines(lines)
                yield self._one_by_one(lines, number, places) if experiments is None else (experiments, places)
                number += len(lines)
                done += sum(map(len, lines))
                if progress is not None:
                    progress(done, total)

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
                    self._note(number, _why(line, error))
        return found, found_at

    def _note(self, number: int, why: str) -> None:
        self.unreadable_count += 1
        if len(self.unreadable) < _MOST_UNREADABLE_KEPT:
            self.unreadable.append(Unreadable(number, why))

    def lines(self) -> Iterator[bytes]:
        """Yield the file's lines as they stand."""
        with self._open() as file:
            yield from file

    def numbered(self) -> Iterator[HistoryLine]:
        """Yield number and record of every line that can be read, every field as it stands; the others as above."""
        self.unreadable, self.unreadable_count = [], 0
        for number, line in enumerate(self.lines(), start=1):
            try:
                yield HistoryLine(number, decode_record(line))
            except ValueError as error:
                if line.strip():
                    self._note(number, _why(line, error))

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the record of every line that can be read."""
        return (line.record for line in self.numbered())

    def histories(self, ids: Collection[str]) -> dict[str, list[HistoryLine]]:
        """Return the lines of several experiments, oldest first; those that have none are left out."""
        found: dict[str, list[HistoryLine]] = {}
        for line in self.numbered() if ids else ():
            if line.record["experiment_id"] in ids:
                found.setdefault(line.record["experiment_id"], []).append(line)
        return found

    def history(self, experiment_id: str) -> list[HistoryLine]:
        """Return the lines of one experiment, oldest first; raise UsageError with the nearest ids if it has none."""
        found: list[HistoryLine] = []
        ids: set[str] = set()
        needle = _needle(experiment_id)
        for number, line in enumerate(self.lines(), start=1):
            try:
                name = decode_experiment(line).experiment_id
                if name == experiment_id:
                    found.append(HistoryLine(number, decode_record(line)))
                ids.add(name)
            except ValueError as error:
                if needle in line:  # it may have been about this experiment
                    self._note(number, _why(line, error))
        if not found:
            if not ids:
                raise UsageError(f"no experiment {experiment_id!r}: {self.path} has none yet")
            raise UsageError(f"no experiment {experiment_id!r} in {self.path}{did_you_mean(experiment_id, ids)}")
        return found


def _size(file: IO[bytes]) -> int:
    if not file.seekable():
        return 0
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def revisions(history: list[HistoryLine]) -> list[Revision]:
    """Return what later lines changed of a completed experiment: metrics, parameters and commit, old -> new."""
    found: list[Revision] = []
    for before, after in pairwise(history):
        if before.record.get("status", "completed") not in ("completed", None):
            continue
        old, new = _stated(before.record), _stated(after.record)
        found += [
            Revision(after.line, field, old.get(field), new.get(field))
            for field in sorted(old.keys() | new.keys())
            if not same_value(old.get(field), new.get(field))
        ]
    return found


def _stated(record: dict[str, Any]) -> dict[str, Any]:
    """Return what a record states, flat: `metrics.pde_mean`, `params.Args/lr`, `commit`."""
    flat = {
        f"{part}.{name}": value
        for part in ("metrics", "params")
        if isinstance(record.get(part), dict)
        for name, value in record[part].items()
    }
    commit = record.get("commit") or record.get("commit_hash")
    return flat | ({"commit": commit} if commit else {})


def _needle(experiment_id: str) -> bytes:
    return experiment_id.encode("utf-8", "surrogatepass")


def _why(line: bytes, error: ValueError) -> str:
    return f"{error}" if line.endswith(b"\n") else f"torn, no line end ({error})"


def cannot(what: str, path: str, error: OSError) -> UnreadableError:
    return UnreadableError(f"cannot {what} {path}: {error.strerror or error}")
