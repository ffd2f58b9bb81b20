"""What a writer knows of its registry's file: the tail, and where the last line of each experiment before it begins."""

from __future__ import annotations

import os
import time
from typing import Any

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.registry.codec import decode_record
from expflow_hooks.core.registry.index.cache import is_worth_it
from expflow_hooks.core.registry.search import last_line_of
from expflow_hooks.core.registry.tail import Start, Tail, find_start, line_at, places_between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.core.registry.index.index import Index

PATIENCE = 0.01  # seconds: a tool that takes no lock may be halfway through its line


class KnownFile:
    """One registry file as far as a process knows it; the descriptors that it is given are open on that file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._tail: Tail | None = None
        self._before = _Before(0, None)

    def tail(self, fd: int) -> Tail:
        """Return the file's tail, read to its end."""
        if self._tail is None or not self._tail.still_holds(fd):
            stat = os.fstat(fd)
            index, start = self._in_index(fd, stat.st_size)
            self._tail = Tail((stat.st_dev, stat.st_ino), start or find_start(fd))
            self._before = _Before(self._tail.start, index)
        self._tail.read_on(fd)
        return self._tail

    def _in_index(self, fd: int, size: int) -> tuple[Index | None, Start | None]:
        """Return the index of the file, if it has one that fits, and where reading may begin by it."""
        if not is_worth_it(size):
            return None, None
        from expflow_hooks.core.registry.index.heads import start_in
        from expflow_hooks.core.registry.index.index import SAMPLES_OF_WRITER, open_index

        index = open_index(self._path, fd, SAMPLES_OF_WRITER)
        return index, start_in(index) if index else None

    def is_torn(self, fd: int) -> bool:
        """Return whether the last line has no end and will get none: what is being written has one in a moment."""
        if self.tail(fd).is_torn():
            time.sleep(PATIENCE)
        return self.tail(fd).is_torn()

    def present(self, fd: int, experiment_id: str) -> dict[str, Any] | None:
        """Return an experiment's present record, or None."""
        place = self.tail(fd).places.get(experiment_id)
        if place is None:
            place = self._before.place(fd, experiment_id)
        if place is None:
            return None
        try:
            return decode_record(line_at(fd, place))
        except ValueError as error:
            raise UsageError(f"{self._path}: the last line of {experiment_id} cannot be read: {error}") from None


class _Before:
    """The lines before the tail: those that an index has are asked of it, the others are searched."""

    def __init__(self, end: int, index: Index | None) -> None:
        self._end, self._index = end, index
        self._known: dict[str, int | None] = {}
        self._all: dict[str, int] | None = None  # of the lines that no index has

    def place(self, fd: int, experiment_id: str) -> int | None:
        """Return where an experiment's last line begins, or None if it has none here."""
        if experiment_id not in self._known:
            self._known[experiment_id] = self._find(fd, experiment_id)
        return self._known[experiment_id]

    def _find(self, fd: int, experiment_id: str) -> int | None:
        index = self._index
        place = self._in_rest(fd, experiment_id, index.end if index else 0)
        if place is not None or index is None:
            return place
        place, fits = index.last_place(fd, experiment_id, self._end)
        if not fits:
            self._index = None
            self._all = None
            return self._in_rest(fd, experiment_id, 0)
        return place

    def _in_rest(self, fd: int, experiment_id: str, start: int) -> int | None:
        """Search the lines that no index has: one is searched for; for more, the ids are read once."""
        if start >= self._end:
            return None
        if not self._known:
            return last_line_of(fd, experiment_id, self._end, start)
        if self._all is None:
            self._all = places_between(fd, start, self._end)
        return self._all.get(experiment_id)
