"""Whether the history holds: every line that a line names stands above it, each once.

One pass keeps only the lines that nobody names yet; a second one, over the same lines, looks for what the first did not
find, and is not made where all is well. So memory does not grow with a file whose lines are chained.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from itertools import islice
from typing import NamedTuple

from expflow_hooks.core.registry.chain import MOST_NAMED, Fed, Heads, as_digest, digest_of, read_link

Read = Callable[[], Iterable[bytes]]
"""Gives the registry's lines from their beginning, each time it is called."""
Line = Callable[[int], str]
"""Says where one of the lines stands, given its number."""

NEWEST = 1000
"""How many of the last lines `run list` checks."""


class Problem(NamedTuple):
    """One place where the history does not hold.

    `line` is its number, from 1; `kind` what is wrong with it: edited, removed, inserted, cut; `by` the number of the
    line whose names say so.
    """

    line: int
    kind: str
    message: str
    by: int


class Verification(NamedTuple):
    """What `verify` found: problems, the numbers of lines that no chain covers, and the heads as hash -> line."""

    lines: int
    problems: list[Problem]
    uncovered: list[int]
    heads: dict[str, int]


class _Miss(NamedTuple):
    """A name that was no head where it was read: by line `by`; what it names stood between `low` and `high`."""

    by: int
    digest: bytes
    low: int
    high: int


def say_line(number: int) -> str:
    """Return where a line of a registry that is one file stands, in words."""
    return f"line {number}"


def verify(read: Read, expected_head: str | None = None, line: Line = say_line) -> Verification:
    """Check every line's names against the lines above it.

    Named are an edited line, a removed one, an insertion, and with `expected_head` a cut tail; messages say by `line`
    where a line stands.
    """
    return _verify(read, enumerate(read(), start=1), 0, expected_head, line)


def verify_bytes(data: bytes) -> Verification:
    """Check a registry's bytes, as git holds them."""
    return verify(lambda: BytesIO(data))


def verify_newest(read: Read, most: int = NEWEST, line: Line = say_line) -> Verification:
    """Check the names of the last lines only; the whole file is looked through where one of them is not at hand."""
    kept = deque(enumerate(read(), start=1), maxlen=most + MOST_NAMED)
    first = kept[0][0] if kept else 1
    return _verify(read, iter(kept), first + MOST_NAMED if first > 1 else 0, None, line)


def _verify(
    read: Read, lines: Iterator[tuple[int, bytes]], judged_from: int, expected: str | None, said: Line
) -> Verification:
    heads, last = Heads(), 0
    misses: list[_Miss] = []
    suspects: list[bytes] = []  # lines that may stand twice: a copy names what is no head any more, or nothing
    expected_digest = None if expected is None else as_digest(expected.lower())
    met = expected is None
    for number, line in lines:
        if not line.strip():
            continue
        last, prev = number, read_link(line).prev
        fed = heads.feed(line, prev, number)
        met = met or fed.digest == expected_digest
        if prev is not None and number >= judged_from and (not prev or None in fed.places):
            suspects.append(fed.digest)
            misses += _misses(number, fed)
    problems = _judge(misses, suspects, heads, _find(read, last, misses, suspects), said)
    if not met:
        message = "the expected head is not there: the tail was cut or edited"
        problems.append(Problem(last, "cut", message, last))
    return _result(last, problems, heads)


def _misses(number: int, fed: Fed) -> Iterator[_Miss]:
    """Yield the names that were no heads; the names on both sides tell where such a line stood."""
    around = [0, *fed.places, number]
    for place, digest in enumerate(fed.named):
        if fed.places[place] is None:
            low, high = around[place] or 0, around[place + 2] or number
            yield _Miss(number, digest, *((low, high) if low < high else (0, number)))


def _find(read: Read, last: int, misses: list[_Miss], suspects: list[bytes]) -> dict[bytes, list[int]]:
    """Return the numbers of all lines whose digest is missed or suspected, up to line `last`."""
    found: dict[bytes, list[int]] = {}
    # The first line of a file names nothing, so it alone is no reason to read all of it again.
    if not misses and len(suspects) < 2:
        return found
    wanted = {*suspects, *(miss.digest for miss in misses)}
    for number, line in enumerate(islice(read(), last), start=1):
        digest = digest_of(line)
        if digest in wanted and line.strip():
            found.setdefault(digest, []).append(number)
    return found


def _judge(
    misses: list[_Miss], suspects: list[bytes], heads: Heads, found: Mapping[bytes, list[int]], said: Line
) -> list[Problem]:
    unnamed = sorted([*heads.chained.values(), *heads.bare.values()]) if misses else []
    problems = []
    for miss in misses:
        places = found.get(miss.digest, [])
        if not places:
            problems.append(_edited_or_removed(miss, unnamed, said))
        elif places[0] >= miss.by:
            message = f"{said(places[0])} stands below {said(miss.by)}, which was written after it"
            problems.append(Problem(places[0], "inserted", message, miss.by))
    for digest in set(suspects):
        first, *copies = found.get(digest, [0])
        problems += [Problem(copy, "inserted", f"{said(copy)} repeats {said(first)}", copy) for copy in copies]
    return sorted(set(problems))


def _edited_or_removed(miss: _Miss, unnamed: list[int], said: Line) -> Problem:
    """Return the problem of a name that stands nowhere.

    An edit leaves a line in place that nobody names. So does a removal, of the line above the removed one, where it was
    that line's only name: then the two look the same, and the message says so.
    """
    line = next((number for number in reversed(unnamed) if miss.low < number < miss.high), None)
    if line is None:
        return Problem(miss.by, "removed", f"a line above {said(miss.by)} was removed", miss.by)
    message = f"{said(line)} was edited, or a line below it was removed: {said(miss.by)} names what is not there"
    return Problem(line, "edited", message, miss.by)


def _result(last: int, problems: list[Problem], heads: Heads) -> Verification:
    blamed = {problem.line for problem in problems}
    return Verification(
        last,
        problems,
        [number for number in heads.bare.values() if number not in blamed],
        {digest.hex(): number for digest, number in heads.chained.items() if number not in blamed},
    )
