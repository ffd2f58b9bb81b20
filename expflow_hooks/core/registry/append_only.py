"""The registry only grows: the base's lines survive byte for byte, in order, and new lines fit them. Pure, on bytes.

New lines may stand anywhere between them, since a merge of two branches that both appended interleaves their lines.
What the base holds already is not held against a change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from expflow_hooks.core.registry.verify import Problem, Verification


class Lost(NamedTuple):
    """A line of the base that does not survive: its number there, from 1, and what became of it."""

    line: int
    why: str


class Growth(NamedTuple):
    """What became of a registry: the base's lines that are lost, and the numbers, from 1, of the lines that are new."""

    lost: list[Lost]
    added: list[int]


def check_growth(base: bytes, head: bytes) -> Growth:
    """Return what the head lost of the base's lines, and which of its lines are new.

    A last line without an end is compared as if it had one: appending to it has to end it first.
    """
    if head.startswith(base) and base.endswith(b"\n"):  # what nearly every change does
        old = base.count(b"\n")
        return Growth([], list(range(old + 1, old + 1 + len(_lines(head[len(base) :])))))
    return _compare(_lines(base), _lines(head))


def broken_by(growth: Growth, verify: Callable[[], Verification]) -> list[Problem]:
    """Return where the history does not hold because of new lines; without any, nothing is verified."""
    added = set(growth.added)
    problems = verify().problems if added else []
    return [problem for problem in problems if problem.line in added or problem.by in added]


def _lines(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    return lines[:-1] if not lines[-1] else lines


def _compare(base: list[bytes], head: list[bytes]) -> Growth:
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
            lost.append(Lost(number, "moved or its copy removed" if here else "changed or removed"))
    return Growth(lost, [place + 1 for place in range(len(head)) if place not in kept and head[place].strip()])
