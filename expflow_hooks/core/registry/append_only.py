"""The registry only grows: the base's lines survive byte for byte, in order, and new lines fit them. Pure, on bytes.

New lines may stand anywhere between them, since a merge of two branches that both appended interleaves their lines.
What the base holds already is not held against a change. A file that is gone may have been renamed or split: then all
lines of an experiment stand in one other file, in their order.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from expflow_hooks.core.registry.verify import HistoryFault, Verification

Files = Mapping[str, bytes]
"""A registry as git holds it: the contents of its files by path."""
Where = Callable[[int], "tuple[str, int]"]
"""Takes the number of a registry's line and returns its file and its number there, as `Registry.where` does."""


class Lost(NamedTuple):
    """A line of the base that does not survive: its number in its file, from 1, and what became of it."""

    line: int
    why: str
    file: str


class Growth(NamedTuple):
    """What became of a registry: the base's lines that are lost, and for each file the numbers of new lines."""

    lost: list[Lost]
    added: Mapping[str, Collection[int]]

    def is_new(self, where: tuple[str, int]) -> bool:
        """Say whether a line, given by its file and its number there, is new."""
        file, line = where
        return line in self.added.get(file, ())


def check_growth(base: Files, head: Files) -> Growth:
    """Return what the head lost of the base's lines, and which of its lines are new.

    A last line without an end is compared as if it had one: appending to it has to end it first.
    """
    lost: list[Lost] = []
    added: dict[str, Collection[int]] = {
        path: range(1, len(split_lines(data)) + 1) for path, data in head.items() if path not in base
    }
    for path in sorted(base.keys() & head.keys()):
        gone, added[path] = _compare_file(path, base[path], head[path])
        lost += gone
    removed = sorted(base.keys() - head.keys())
    if removed:
        places, taken = _places(head, added), set[tuple[str, int]]()
        for path in removed:
            lost += _moved(path, split_lines(base[path]), places, taken)
        added = {path: [number for number in added[path] if (path, number) not in taken] for path in added}
    return Growth(lost, {path: numbers for path, numbers in added.items() if numbers})


def broken_by(growth: Growth, verify: Callable[[], Verification], where: Where) -> list[HistoryFault]:
    """Return where the history does not hold because of new lines; without any, nothing is verified."""
    problems = verify().problems if growth.added else []
    return [one for one in problems if growth.is_new(where(one.line)) or growth.is_new(where(one.by))]


def split_lines(data: bytes) -> list[bytes]:
    """Return the lines of a file without their ends; what follows the last end is a line if it is anything."""
    lines = data.split(b"\n")
    return lines[:-1] if not lines[-1] else lines


def _compare_file(path: str, base: bytes, head: bytes) -> tuple[list[Lost], Collection[int]]:
    if head.startswith(base) and (base.endswith(b"\n") or not base):  # what nearly every change does
        old = base.count(b"\n")
        return [], range(old + 1, old + 1 + len(split_lines(head[len(base) :])))
    return _compare(path, split_lines(base), split_lines(head))


def _compare(path: str, base: list[bytes], head: list[bytes]) -> tuple[list[Lost], Collection[int]]:
    """Walk through both: taking the first place that is left for each line finds an order if there is one."""
    places: dict[bytes, list[int]] = {}
    for place, line in enumerate(head):
        places.setdefault(line, []).append(place)
    lost: list[Lost] = []
    kept: set[int] = set()
    after = 0
    for number, line in enumerate(base, start=1):
        here = places.get(line, [])
        left = bisect_left(here, after)
        if left < len(here):
            kept.add(here[left])
            after = here[left] + 1
        elif line.strip():
            lost.append(Lost(number, "moved or its copy removed" if here else "changed or removed", path))
    return lost, {place + 1 for place in range(len(head)) if place not in kept and head[place].strip()}


_Places = dict[bytes, "dict[str, list[int]]"]
"""A line -> the files that it stands in -> its numbers there."""


def _places(head: Files, added: Mapping[str, Collection[int]]) -> _Places:
    """Return where each new line stands, that may be one of a file which is gone."""
    found: _Places = {}
    for path in sorted(added):
        for number, line in enumerate(split_lines(head[path]), start=1):
            if number in added[path]:
                found.setdefault(line, {}).setdefault(path, []).append(number)
    return found


def _moved(path: str, lines: list[bytes], places: _Places, taken: set[tuple[str, int]]) -> list[Lost]:
    """Return the lines of a file that is gone which stand nowhere else; note as taken where the others stand."""
    from expflow_hooks.core.registry.chain import read_link

    of_one: dict[str | bytes, list[int]] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            of_one.setdefault(read_link(line).experiment_id or line, []).append(number)
    lost: list[Lost] = []
    for numbers in of_one.values():
        wanted = [lines[number - 1] for number in numbers]
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
    """Return where lines stand in a file, one below the other, or None if they do not."""
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
