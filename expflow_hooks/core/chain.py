"""History that cannot be rewritten quietly: each line names, by SHA-256, the lines above that no line names yet.

Like a commit's parents: usually one; two after the merge of branches that both appended; at most `MOST_NAMED`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

MOST_NAMED = 16  # DESIGN: "usually one, at most 16"


def line_hash(line: bytes) -> str:
    """Return the SHA-256, in lower-case hex, of a line without its end."""
    return sha256(line.rstrip(b"\r\n")).hexdigest()


def named_by(line: bytes) -> list[str] | None:
    """Return the hashes that a line names, or None for a line that this tool did not write."""
    if b'"prev"' not in line:
        return None
    try:
        prev = json.loads(line).get("prev")
    except (ValueError, AttributeError, RecursionError):
        return None
    if not isinstance(prev, list) or not all(isinstance(name, str) for name in prev):
        return None
    return prev


class Heads:
    """The lines that no later line names, in the order of the file: fed line by line."""

    def __init__(self) -> None:
        self._chained: dict[str, None] = {}
        self._bare: dict[str, None] = {}  # written by another tool: no line of theirs names anything

    def feed(self, line: bytes) -> None:
        """Take the next line of the file."""
        named = named_by(line)
        for name in named or ():
            self._chained.pop(name, None)
            self._bare.pop(name, None)
        where = self._bare if named is None else self._chained
        where[line_hash(line)] = None

    def to_name(self) -> list[str]:
        """Return what the next line names: the chains' ends, then the oldest bare lines, `MOST_NAMED` at most."""
        return [*list(self._chained)[-MOST_NAMED:], *self._bare][:MOST_NAMED]


class Problem(NamedTuple):
    """One place where the history does not hold: the line's number, from 1, and what is wrong with it."""

    line: int
    kind: str  # edited, removed, inserted, cut
    message: str


class Verification(NamedTuple):
    """What `verify` found: problems, the numbers of lines that no chain covers, and the heads as hash -> line."""

    lines: int
    problems: list[Problem]
    uncovered: list[int]
    heads: dict[str, int]


def verify(lines: Iterable[bytes], expected_head: str | None = None) -> Verification:
    """Check every line's names against the lines above it.

    Named are an edited line, a removed one, an insertion, and with `expected_head` a cut tail.
    """
    seen: dict[str, int] = {}
    names: dict[int, list[str]] = {}
    named: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if (above := named_by(line)) is not None:
            names[number] = above
            named.update(above)
        seen[line_hash(line)] = number
    unnamed = {digest: number for digest, number in seen.items() if digest not in named}
    problems = [problem for number, above in names.items() for problem in _broken(number, above, seen, unnamed)]
    blamed = {problem.line for problem in problems}
    heads = {digest: number for digest, number in unnamed.items() if number in names and number not in blamed}
    last = max(seen.values(), default=0)
    if expected_head is not None and expected_head not in seen:
        problems.append(Problem(last, "cut", "the expected head is not in the file: the tail was cut or edited"))
    uncovered = [number for number in unnamed.values() if number not in names and number not in blamed]
    return Verification(last, problems, uncovered, heads)


def _broken(number: int, above: list[str], seen: dict[str, int], unnamed: dict[str, int]) -> Iterable[Problem]:
    """Yield a problem for each line that line `number` names and that does not stand above it."""
    for digest in above:
        place = seen.get(digest)
        if place is None:
            # An edit leaves the line in place under a hash that nobody names; a removal leaves nothing.
            edited = number - 1 in unnamed.values()
            if edited:
                yield Problem(number - 1, "edited", f"line {number - 1} was edited: line {number} names what it was")
            else:
                yield Problem(number, "removed", f"a line above line {number} was removed or edited")
        elif place >= number:
            yield Problem(place, "inserted", f"line {place} stands below line {number}, which was written after it")
