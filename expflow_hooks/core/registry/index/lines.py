"""Which lines each experiment has, in an index: buckets of (hash of the id, place, number), some bytes a line.

Lines that come later make a segment of their own; it takes in those before it that are small beside it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from io import BytesIO
from typing import NamedTuple

from expflow_hooks.core.registry.chain import read_link
from expflow_hooks.core.registry.codec import decode_experiment, decode_lines
from expflow_hooks.core.registry.index.container import Container

SEGMENTS = 1 << 41
"""The number of the first bucket's blob of segment 0; each segment has room for `_ROOM` of them."""

_ROOM = 1 << 24
_A_LINE = 300  # bytes, about
_IN_A_BUCKET = 128  # lines, about: 3 KB
_UNREADABLE = 1 << 63  # in a line's number: the experiment is known, the rest of the line is not
_BLOCK = 1 << 14  # bytes; see `reader`


class Segment(NamedTuple):
    """Some lines that follow each other: the bytes from `start` to `end`, as 2 to the `bits` buckets."""

    number: int
    start: int
    end: int
    bits: int

    @property
    def blobs(self) -> range:
        """Return the numbers of its blobs."""
        first = SEGMENTS + self.number * _ROOM
        return range(first, first + (1 << self.bits))


class Found(NamedTuple):
    """A line of an experiment: the byte at which it begins, its number in the file, from 1, and if it can be read."""

    place: int
    number: int
    readable: bool


def hash_of(experiment_id: str) -> int:
    """Return what the index calls an experiment; lines that it finds are looked at, so that two may share one."""
    return int.from_bytes(blake2b(experiment_id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def find(container: Container, segments: Sequence[Segment], experiment_id: str) -> list[Found]:
    """Return the lines that may be an experiment's, in the order of the file."""
    wanted = hash_of(experiment_id)
    found = []
    for segment in segments:
        bucket = array("Q", container.blob(segment.blobs[wanted >> (64 - segment.bits)]))
        for at in range(0, len(bucket), 3):
            if bucket[at] == wanted:
                number = bucket[at + 2]
                found.append(Found(bucket[at + 1], number & ~_UNREADABLE, number < _UNREADABLE))
    return found


def kept_segments(segments: Sequence[Segment], end: int) -> list[Segment]:
    """Return the segments that stay as they are when the lines up to `end` are added."""
    kept = list(segments)
    while kept and kept[-1].end - kept[-1].start < 2 * (end - kept[-1].end):
        kept.pop()
    return kept


class SegmentMaker:
    """Takes the bytes of a new segment, piece by piece, and gives its blobs."""

    def __init__(self, number: int, start: int, end: int, lines: int) -> None:
        self.segment = Segment(number, start, end, ((end - start) // _A_LINE // _IN_A_BUCKET).bit_length())
        self.lines = lines  # before the segment; of all so far
        self.last = start
        self.unreadable: list[int] = []  # place and number of each line that cannot be read
        self._shift = 64 - self.segment.bits
        self._buckets = [array("Q") for _ in self.segment.blobs]
        self._place = start
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take the bytes that follow."""
        data = self._rest + data
        whole = data.rfind(b"\n") + 1
        self._rest, lines = data[whole:], BytesIO(data[:whole])
        while block := lines.readlines(_BLOCK):
            self._add(block)

    def blobs(self) -> Iterator[tuple[int, bytes]]:
        """Yield the segment's blobs, each with its number."""
        return zip(self.segment.blobs, map(array.tobytes, self._buckets), strict=True)

    def _add(self, lines: list[bytes]) -> None:
        experiments = decode_lines(lines)
        if experiments is None:
            self._add_one_by_one(lines)
            return
        place, number, buckets, shift = self._place, self.lines, self._buckets, self._shift
        for experiment, line in zip(experiments, lines, strict=True):
            number += 1
            name = hash_of(experiment.experiment_id)
            buckets[name >> shift].extend((name, place, number))
            place += len(line)
        self.last = place - len(lines[-1])
        self._place, self.lines = place, number

    def _add_one_by_one(self, lines: list[bytes]) -> None:
        for line in lines:
            self.lines += 1
            self._add_one(line)
            self.last = self._place
            self._place += len(line)

    def _add_one(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            name, flag = decode_experiment(line).experiment_id, 0
        except ValueError:
            self.unreadable += (self._place, self.lines)
            name, flag = read_link(line).experiment_id, _UNREADABLE
        if name:
            hashed = hash_of(name)
            self._buckets[hashed >> self._shift].extend((hashed, self._place, self.lines | flag))
