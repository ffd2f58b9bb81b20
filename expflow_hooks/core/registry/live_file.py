"""Reading a file that others append to: a line that is being written is waited for, a torn one is not.

Readers hold no lock: a read may fall into the middle of a write, and then the file seems to end within a line.
"""

from __future__ import annotations

import io
import os
import stat
import time
from collections.abc import Iterator
from typing import IO, Any

from expflow_hooks.core.registry.lock import is_locked

BLOCK = 1 << 14
"""Bytes that are decoded at a time: they stay in the processor's cache; 256 KB took a third longer."""

_BUFFER = 1 << 17
_STEP = 0.002  # seconds between two looks
_PATIENCE = 0.01  # seconds for a tool that takes no lock: its next piece follows at once, or never
_PATIENCE_WITH_WRITER = 0.5  # seconds while somebody holds the lock: a busy machine may stop a write halfway


def open_settled(path: str) -> IO[bytes]:
    """Open a file for reading so that its end is never the middle of a write; raise OSError if it cannot be opened."""
    return io.BufferedReader(_Settled(path), _BUFFER)


class _Settled(io.FileIO):
    _within_line = False

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._may_grow = stat.S_ISREG(os.fstat(self.fileno()).st_mode)  # the end of a pipe is one

    def readinto(self, buffer: Any) -> int | None:
        """Read as a file does; at an end within a line, wait a little for the rest of it."""
        got = super().readinto(buffer)
        if not got and self._within_line and self._may_grow:
            got = self._wait(buffer)
        if got:
            self._within_line = buffer[got - 1] != 10
        return got

    def _wait(self, buffer: Any) -> int | None:
        begin = time.monotonic()
        while True:
            patience = _PATIENCE_WITH_WRITER if is_locked(self.fileno()) else _PATIENCE
            if got := super().readinto(buffer):
                return got
            if os.fstat(self.fileno()).st_size < self.tell():  # taken back: the disk was full
                return 0
            if time.monotonic() - begin > patience:
                self._within_line = False  # torn: ask only once
                return 0
            time.sleep(_STEP)


def lines_between(file: IO[bytes], place: int, end: int | None) -> Iterator[tuple[list[bytes], int, int]]:
    """Yield the lines of a file from a place to another, or its end, some at a time, with the place of the first."""
    file.seek(place)
    while lines := file.readlines(BLOCK if end is None else max(1, min(BLOCK, end - place))):
        yield lines, place, 0
        place += sum(map(len, lines))
        if end is not None and place >= end:
            return
