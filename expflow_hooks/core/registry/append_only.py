"""The registry only grows: the base's lines survive byte for byte, in order, and new lines fit them. Pure.

New lines may stand anywhere between them, since a merge of two branches that both appended interleaves their lines.
What the base holds already is not held against a change. A file that is gone may have been renamed or split: then all
lines of an experiment stand in one other file, in their order. Files are read in pieces, and of lines that do not stand
where they stood, digests are compared: memory does not grow with what both have in common.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import sha1, sha256
from typing import IO, TYPE_CHECKING, NamedTuple

from expflow_hooks.core.registry.stored import Blob, Files, Stored, line_blocks, opened, some_lines

if TYPE_CHECKING:
    from expflow_hooks.core.registry.verify import HistoryFault, Verification

Where = Callable[[int], "tuple[str, int]"]
"""Takes the number of a registry's line and returns its file and its number there, as `Registry.where` does."""

_CHUNK = 1 << 20


class Lost(NamedTuple):
    """A line of the base that does not survive: its number in its file, from 1, and what became of it."""

    line: int
    why: str
    file: str


class Start(NamedTuple):
    """Where in a file new lines begin: the byte, the number of lines before, and whether no old line stands below."""

    place: int = 0
    lines: int = 0
    only_new: bool = False


class Growth(NamedTuple):
    """What became of a registry: the base's lines that are lost, for each file the numbers of new lines, and where
    they begin.
    """

    lost: list[Lost]
    added: Mapping[str, Collection[int]]
    starts: Mapping[str, Start] = {}

    def is_new(self, where: tuple[str, int]) -> bool:
        """Return whether a line, given by its file and its number there, is new."""
        file, line = where
        return line in self.added.get(file, ())


class NewLine(NamedTuple):
    """A line that the base does not have."""

    file: str
    number: int
    line: bytes


def check_growth(base: Files, head: Files) -> Growth:
    """Return what the head lost of the base's lines, and which of its lines are new.

    A last line without an end is compared as if it had one: appending to it has to end it first. A file that is the
    same object in both is not looked into.
    """
    lost: list[Lost] = []
    added: dict[str, Collection[int]] = {}
    starts: dict[str, Start] = {}
    for path in head.keys() - base.keys():
        added[path], starts[path] = range(1, _count(head[path]) + 1), Start(only_new=True)
    for path in sorted(base.keys() & head.keys()):
        if base[path] is not head[path]:
            gone, added[path], starts[path] = _compare_file(path, base[path], head[path])
            lost += gone
    removed = sorted(base.keys() - head.keys())
    if removed:
        places, taken = _places(head, added), set[tuple[str, int]]()
        for path in removed:
            lost += _moved(path, base[path], places, taken)
        added = {path: {number for number in added[path] if (path, number) not in taken} for path in added}
        starts = {path: start._replace(only_new=False) for path, start in starts.items()}
    added = {path: numbers for path, numbers in sorted(added.items()) if numbers}
    return Growth(lost, added, {path: starts[path] for path in added})


def new_lines(files: Files, growth: Growth) -> Iterator[NewLine]:
    """Yield the new lines of a registry's files."""
    for path, numbers in growth.added.items():
        place, before, _ = growth.starts[path]
        for number, line in enumerate(some_lines(files[path], place), start=before + 1):
            if number in numbers:
                yield NewLine(path, number, line)


def broken_by(growth: Growth, verify: Callable[[], Verification], where: Where) -> list[HistoryFault]:
    """Return where the history does not hold because of new lines; without any, nothing is verified."""
    problems = verify().problems if growth.added else []
    return [one for one in problems if growth.is_new(where(one.line)) or growth.is_new(where(one.by))]


def split_lines(data: bytes) -> list[bytes]:
    """Return the lines of a file without their ends; what follows the last end is a line if it is anything."""
    lines = data.split(b"\n")
    return lines[:-1] if not lines[-1] else lines


def _count(stored: Stored, place: int = 0) -> int:
    """Return the number of lines from a byte on."""
    return sum(map(len, line_blocks(stored, place)))


def _compare_file(path: str, base: Stored, head: Stored) -> tuple[list[Lost], Collection[int], Start]:
    start = _by_name(base, head) if isinstance(base, Blob) else None
    if start is None:
        with opened(base) as old, opened(head) as new:
            start = _common(old, new)
    if start.only_new:  # what nearly every change does
        return [], range(start.lines + 1, start.lines + 1 + _count(head, start.place)), start
    lost, added = _compare(path, base, head, start)
    return lost, added, start


def _by_name(base: Blob, head: Stored) -> Start | None:
    """Return where new lines start if the head begins with the base, told by the base's id; None if it does not.

    To hash the head's beginning takes half the time of reading the base.
    """
    left = base.size()
    hashing = (sha1 if len(base.name) == 40 else sha256)(b"blob %d\0" % left)
    lines, last = 0, b"\n"
    with opened(head) as file:
        while chunk := file.read(min(left, _CHUNK)):
            hashing.update(chunk)
            lines, last, left = lines + chunk.count(b"\n"), chunk[-1:], left - len(chunk)
    same = hashing.hexdigest() == base.name and last == b"\n"
    return Start(base.size(), lines, only_new=True) if same else None


def _common(old: IO[bytes], new: IO[bytes]) -> Start:
    """Return where two files part, at the beginning of a line."""
    place = lines = size = 0
    while chunk := old.read(_CHUNK):
        other = new.read(len(chunk))
        same = len(chunk) if other == chunk else _same(chunk, other)
        end = chunk.rfind(b"\n", 0, same) + 1
        if end:
            place, lines = size + end, lines + chunk.count(b"\n", 0, end)
        if same < len(chunk):
            return Start(place, lines)
        size += len(chunk)
    return Start(place, lines, only_new=place == size)


def _same(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts that differ have in common at their beginnings."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _digests(stored: Stored, place: int = 0) -> Iterator[bytes]:
    """Yield the digest of each line without its end from a byte on, nothing for a blank line."""
    for lines in line_blocks(stored, place):
        for line in lines:
            yield sha256(line.removesuffix(b"\n")).digest() if line.strip() else b""


def _compare(path: str, base: Stored, head: Stored, start: Start) -> tuple[list[Lost], Collection[int]]:
    """Walk through both: taking the first place that is left for each line finds an order if there is one."""
    places: dict[bytes, list[int]] = {}
    for number, digest in enumerate(_digests(head, start.place), start=start.lines + 1):
        if digest:
            places.setdefault(digest, []).append(number)
    lost: list[Lost] = []
    kept: set[int] = set()
    after = 0
    for number, digest in enumerate(_digests(base, start.place), start=start.lines + 1):
        here = places.get(digest, [])
        left = bisect_left(here, after)
        if left < len(here):
            kept.add(here[left])
            after = here[left] + 1
        elif digest:
            lost.append(Lost(number, "moved or its copy removed" if here else "changed or removed", path))
    return lost, {number for numbers in places.values() for number in numbers if number not in kept}


_Places = dict[bytes, "dict[str, list[int]]"]
"""The digest of a line -> the files that it stands in -> its numbers there."""


def _places(head: Files, added: Mapping[str, Collection[int]]) -> _Places:
    """Return the places of new lines that may come from a file which is gone."""
    found: _Places = {}
    for path in sorted(added):
        for number, digest in enumerate(_digests(head[path]), start=1):
            if number in added[path]:
                found.setdefault(digest, {}).setdefault(path, []).append(number)
    return found


def _moved(path: str, gone: Stored, places: _Places, taken: set[tuple[str, int]]) -> list[Lost]:
    """Return the lines of a deleted file that occur nowhere else; mark the places of the others as taken."""
    from expflow_hooks.core.registry.chain import read_link

    digests = list(_digests(gone))
    of_one: dict[str | bytes, list[int]] = {}
    for number, line in enumerate(some_lines(gone, 0), start=1):
        if line.strip():
            of_one.setdefault(read_link(line).experiment_id or digests[number - 1], []).append(number)
    lost: list[Lost] = []
    for numbers in of_one.values():
        wanted = [digests[number - 1] for number in numbers]
        files = places.get(wanted[0], ())
        found = next((found for file in files if (found := _in_order(wanted, file, places, taken))), None)
        if found is None:
            lost += [Lost(number, "changed, removed, or parted from its experiment", path) for number in numbers]
        else:
            taken |= found
    return sorted(lost)


def _in_order(
    wanted: list[bytes], file: str, places: _Places, taken: set[tuple[str, int]]
) -> set[tuple[str, int]] | None:
    """Return the place of consecutive lines in a file, or None if they are not there."""
    found: set[tuple[str, int]] = set()
    after = 0
    for line in wanted:
        here = places.get(line, {}).get(file, [])
        left = bisect_right(here, after)
        while left < len(here) and (file, here[left]) in taken:
            left += 1
        if left == len(here):
            return None
        after = here[left]
        found.add((file, after))
    return found
