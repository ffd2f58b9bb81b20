"""The order of a registry's lines over several files: within a file by place, between files by the chain, then by
timestamp, then by name.

What a line names stands before it, in whichever file. Of a line a few bytes are kept, so that a million take 24 MB.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush
from typing import IO, NamedTuple

from expflow_hooks.core.registry.chain import as_digest, digest_of, read_link
from expflow_hooks.core.registry.experiment import parse_time


class Piece(NamedTuple):
    """Lines that follow each other, in one file and in the registry.

    `file` is the file's place among the files, `start` and `end` the bytes, `line` the first line's number in the
    file, and `number` its number in the registry, both from 1.
    """

    file: int
    start: int
    end: int
    line: int
    number: int


class _File:
    """What ordering needs of one file's lines: where each begins, its time, and the lines of other files it names."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.starts = array("q", [0])
        self.times = array("d")
        self.digests = array("Q")
        self.names: list[tuple[int, int]] = []  # line, and the beginning of a digest that is not the line's above
        self.waits: list[tuple[int, int, int]] = []  # line, and the file and the line that stand before it; last first
        self.next = 0
        last, time = b"", float("-inf")
        for number, line in enumerate(lines):
            link, digest = read_link(line), digest_of(line)
            # Nearly every line names the one above it, which orders nothing between files.
            names = [name for text in link.prev or () if (name := as_digest(text)) != last]
            self.names += [(number, _short(name)) for name in names if len(name) == len(digest)]
            self.digests.append(_short(digest))
            at = parse_time(link.timestamp)
            time = at.timestamp() if at else time
            self.times.append(time)
            self.starts.append(self.starts[-1] + len(line))
            last = digest if line.strip() else last


def _short(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big")


def arrange(opens: Sequence[Callable[[], IO[bytes]]]) -> list[Piece]:
    """Return the order of the lines of files, which are given in the order of their names."""
    files = []
    for opened in opens:
        with opened() as file:
            files.append(_File(iter(file)))
    _find_named(files)
    return list(_pieces(files))


def _find_named(files: list[_File]) -> None:
    """Note for each line which lines of other files it names; names without a line are for `verify` to report."""
    wanted = {name for file in files for _, name in file.names}
    places: dict[int, tuple[int, int]] = {}
    for place, file in enumerate(files if wanted else ()):
        for line, digest in enumerate(file.digests):
            if digest in wanted:
                places.setdefault(digest, (place, line))
    for place, file in enumerate(files):
        found = ((line, *places[name]) for line, name in file.names if name in places)
        file.waits = [wait for wait in found if wait[1] != place][::-1]
        file.digests, file.names = array("Q"), []


def _pieces(files: list[_File]) -> Iterator[Piece]:
    """Merge the files: of those whose next line waits for none, the one with the earliest goes on.

    Where each waits for another, which no registry that was written can, the earliest goes on all the same.
    """
    ready: list[tuple[float, int]] = []
    waiting: dict[int, list[int]] = {}  # the file that is waited for -> the files that wait
    for place in range(len(files)):
        _queue(files, place, ready, waiting)
    number = 1
    while ready or any(waiting.values()):
        if not ready:
            _release_one(files, ready, waiting)
        _, place = heappop(ready)
        file = files[place]
        first = file.next
        _run_on(file, (ready[0] if ready else (float("inf"), len(files))), place, waiting.get(place, ()), files)
        yield Piece(place, file.starts[first], file.starts[file.next], first + 1, number)
        number += file.next - first
        _queue(files, place, ready, waiting)
        for other in waiting.pop(place, ()):
            _queue(files, other, ready, waiting)


def _run_on(file: _File, following: tuple[float, int], place: int, waiting: Sequence[int], files: list[_File]) -> None:
    """Go on in a file until another file's line is earlier, its own has to wait, or one that waits for it need not."""
    stop = file.waits[-1][0] if file.waits else len(file.times)
    for other in waiting:
        stop = min(stop, files[other].waits[-1][2] + 1)
    times, at = file.times, file.next + 1
    while at < stop and (times[at], place) < following:
        at += 1
    file.next = at


def _queue(files: list[_File], place: int, ready: list[tuple[float, int]], waiting: dict[int, list[int]]) -> None:
    """Put a file among the ready ones, or among those that wait."""
    file = files[place]
    while file.waits and file.waits[-1][0] <= file.next:
        line, other, before = file.waits[-1]
        if line == file.next and files[other].next <= before:
            waiting.setdefault(other, []).append(place)
            return
        file.waits.pop()
    if file.next < len(file.times):
        heappush(ready, (file.times[file.next], place))


def _release_one(files: list[_File], ready: list[tuple[float, int]], waiting: dict[int, list[int]]) -> None:
    _, place = min((files[place].times[files[place].next], place) for some in waiting.values() for place in some)
    for some in waiting.values():
        if place in some:
            some.remove(place)
    files[place].waits.pop()
    _queue(files, place, ready, waiting)
