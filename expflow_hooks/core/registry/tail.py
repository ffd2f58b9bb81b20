"""The end of a registry: the lines there, read backwards as far as the chain needs, and forwards from then on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from expflow_hooks.core.files import read_all_at
from expflow_hooks.core.registry.chain import MOST_NAMED, Heads, read_link

WINDOW = 1 << 18
"""Bytes: at least so far back, so that both ends of an ordinary merge are seen."""

_CHUNK = 1 << 20


class Start(NamedTuple):
    """Where reading may begin: everything before `place` is covered, except the lines in `heads`."""

    place: int
    heads: Heads


def find_start(fd: int) -> Start:
    """Return where reading has to begin to know what the next line names.

    That is at a line of ours that had room to name more: it names all that was not named then. The whole file is read
    where no such line is found, as in one that another tool alone wrote.
    """
    size, window = os.fstat(fd).st_size, WINDOW
    while window < size:
        begin = size - window
        data = read_all_at(fd, begin, size)
        place = data.find(b"\n") + 1
        for line in data[place:].split(b"\n"):
            prev = read_link(line).prev
            if prev and len(prev) < MOST_NAMED:
                return Start(begin + place, Heads())
            place += len(line) + 1
        window *= 4
    return Start(0, Heads())


class Tail:
    """The lines from a start to the end, read as they are appended: the heads, and where experiments' lines begin."""

    def __init__(self, file: tuple[int, int], start: Start) -> None:
        self.file = file  # device and inode: a checkout puts another file in its place
        self.start = start.place
        self.end = start.place
        self.heads = start.heads
        self.places: dict[str, int] = {}  # of the last line of each experiment that has one here
        self._last = b""

    def read_on(self, fd: int) -> None:
        """Read what was appended since."""
        for line in lines_between(fd, self.end, os.fstat(fd).st_size):
            self._feed(line)

    def is_torn(self) -> bool:
        """Return whether the last line has no end."""
        return self._last != b"" and not self._last.endswith(b"\n")

    def still_holds(self, fd: int) -> bool:
        """Return whether the file has the last line known where it was; one that was torn may be whole by now."""
        stat = os.fstat(fd)
        if (stat.st_dev, stat.st_ino) != self.file or stat.st_size < self.end or self.is_torn():
            return False
        return read_all_at(fd, self.end - len(self._last), self.end) == self._last

    def _feed(self, line: bytes) -> None:
        if line.strip():
            link = read_link(line)
            self.heads.feed(line, link.prev, self.end)
            if link.experiment_id:  # an unreadable line has none, but its hash counts
                self.places[link.experiment_id] = self.end
        self.end += len(line)
        self._last = line


def lines_between(fd: int, start: int, end: int) -> Iterator[bytes]:
    """Yield the lines between two places; the last one as far as it goes."""
    rest = b""
    while start < end:
        piece = read_all_at(fd, start, min(end, start + _CHUNK))
        if not piece:
            break
        start += len(piece)
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


def line_at(fd: int, place: int) -> bytes:
    """Return the line that begins at a place."""
    line, size = b"", 1 << 12
    while piece := read_all_at(fd, place + len(line), place + len(line) + size):
        end = piece.find(b"\n")
        if end >= 0:
            return line + piece[: end + 1]
        line, size = line + piece, size * 4
    return line


def places_between(fd: int, start: int, end: int) -> dict[str, int]:
    """Return where the last line of each experiment begins, of the lines from `start` to `end`."""
    places: dict[str, int] = {}
    place = start
    for line in lines_between(fd, start, end):
        if line.strip() and (name := read_link(line).experiment_id):
            places[name] = place
        place += len(line)
    return places
