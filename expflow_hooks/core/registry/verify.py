"""Verify the history: every line that a line names is above it, each exactly once.

One pass keeps only the lines that nobody names yet; a second one, over the same lines, looks for what the first did not
find, and is not made where all is well. So memory does not grow with a file whose lines are chained. Both are linear in
the lines, whatever is missed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import islice
from typing import NamedTuple

from expflow_hooks.core.registry.chain import MOST_NAMED, Fed, Heads, as_digest, digest_of, read_link

Read = Callable[[], Iterable[bytes]]
"""Gives the registry's lines from their beginning, each time it is called."""
Line = Callable[[int], str]
"""Says where one of the lines stands, given its number."""
Where = Callable[[int], "tuple[str, int]"]
"""Gives the file of one of the lines, and its number there."""

NEWEST = 1000
"""How many of the last lines `run list` checks."""


class HistoryFault(NamedTuple):
    """One place where the history does not hold.

    `line` is its number, from 1; `kind` what is wrong with it: edited, removed, inserted, cut; `by` the number of the
    line whose names say so.
    """

    line: int
    kind: str
    message: str
    by: int


class Unexpected(NamedTuple):
    """A line that fits the history and that no append of ours writes into that file: a merge's, or one put in."""

    line: int
    message: str


class Verification(NamedTuple):
    """What `verify` found: problems, the numbers of lines that no chain covers, and the heads as hash -> line.

    `unexpected` stays so whatever is appended later: a second beginning, a line that names what was named before, and
    a head that does not follow from the one that was expected.
    """

    lines: int
    problems: list[HistoryFault]
    uncovered: list[int]
    heads: dict[str, int]
    unexpected: Sequence[Unexpected] = ()


class _Miss(NamedTuple):
    """A name that was no head where it was read: by line `by`; what it names stood between `low` and `high`."""

    by: int
    digest: bytes
    low: int
    high: int


class _Found(NamedTuple):
    """What the second pass found: the lines that have a digest, and those that name it, each in order."""

    lines: dict[bytes, list[int]]
    naming: dict[bytes, list[int]]


def say_line(number: int) -> str:
    """Return the position of a line of a single-file registry, in words."""
    return f"line {number}"


def _one_file(number: int) -> tuple[str, int]:
    return "", number


def verify(
    read: Read, expected_head: str | None = None, line: Line = say_line, where: Where = _one_file
) -> Verification:
    """Check every line's names against the lines above it.

    Named are an edited line, a removed one, an insertion, and with `expected_head` a cut tail; messages say by `line`
    where a line stands, and `where` tells the files of a registry that has several.
    """
    return _verify(read, enumerate(read(), start=1), 0, expected_head, line, where)


def verify_bytes(data: bytes) -> Verification:
    """Check a registry's bytes, as git holds them."""
    return verify(lambda: BytesIO(data))


def verify_newest(read: Read, most: int = NEWEST, line: Line = say_line, where: Where = _one_file) -> Verification:
    """Check the names of the last lines only; the whole file is looked through where one of them is not at hand."""
    kept = deque(enumerate(read(), start=1), maxlen=most + MOST_NAMED)
    first = kept[0][0] if kept else 1
    return _verify(read, iter(kept), first + MOST_NAMED if first > 1 else 0, None, line, where)


def _verify(
    read: Read, lines: Iterator[tuple[int, bytes]], judged_from: int, expected: str | None, said: Line, where: Where
) -> Verification:
    heads, last = Heads(), 0
    misses: list[_Miss] = []
    suspects: list[bytes] = []  # lines that may stand twice: a copy names what is no head any more, or nothing
    beginnings: list[int] = []
    follows = _Following(expected)
    for number, line in lines:
        if not line.strip():
            continue
        prev = read_link(line).prev
        fed = heads.feed(line, prev, number)
        follows.feed(fed)
        if prev is not None and number >= judged_from and (not prev or None in fed.places):
            suspects.append(fed.digest)
            misses += _misses(number, fed)
            if not prev and last and where(number)[1] != 1:
                beginnings.append(number)
        last = number
    found = _find(read, last, misses, suspects)
    problems = _judge(misses, suspects, heads, found.lines, said)
    if not follows.met:
        message = "the expected head is not there: the tail was cut or edited"
        problems.append(HistoryFault(last, "cut", message, last))
    unexpected = [Unexpected(n, f"{said(n)} begins the history a second time") for n in beginnings]
    unexpected += _named_before(misses, found, said, where)
    unexpected += [
        Unexpected(n, f"{said(n)} is a head and does not follow from the expected one")
        for digest, n in heads.chained.items()
        if follows.met and not follows.covers(digest)
    ]
    return _result(last, problems, heads, unexpected)


class _Following:
    """Whether the expected head was met, and which heads follow from it."""

    def __init__(self, expected: str | None) -> None:
        self._expected = None if expected is None else as_digest(expected.lower())
        self._after: set[bytes] = set()
        self.met = expected is None

    def feed(self, fed: Fed) -> None:
        """Take the next line."""
        if self._expected is None:
            return
        after = self._after.intersection(fed.named)
        if after or fed.digest == self._expected:
            self.met = True
            self._after -= after
            self._after.add(fed.digest)

    def covers(self, digest: bytes) -> bool:
        """Return whether a head is the expected one or follows from it; any does where none is expected."""
        return self._expected is None or digest in self._after


def _misses(number: int, fed: Fed) -> Iterator[_Miss]:
    """Yield the names that were no heads; the neighbouring names show where such a line was."""
    around = [0, *fed.places, number]
    for place, digest in enumerate(fed.named):
        if fed.places[place] is None:
            low, high = around[place] or 0, around[place + 2] or number
            yield _Miss(number, digest, *((low, high) if low < high else (0, number)))


def _find(read: Read, last: int, misses: list[_Miss], suspects: list[bytes]) -> _Found:
    """Return the places of all lines whose digest is missing or suspected, up to line `last`, and who names the missing
    ones."""
    found = _Found({}, {})
    # The first line of a file names nothing, so it alone is no reason to read all of it again.
    if not misses and len(suspects) < 2:
        return found
    missed = {miss.digest for miss in misses}
    wanted = missed.union(suspects)
    for number, line in enumerate(islice(read(), last), start=1):
        digest = digest_of(line)
        if digest in wanted and line.strip():
            found.lines.setdefault(digest, []).append(number)
        for name in (read_link(line).prev or ()) if missed else ():
            if (named := as_digest(name)) in missed:
                found.naming.setdefault(named, []).append(number)
    return found


def _named_before(misses: list[_Miss], found: _Found, said: Line, where: Where) -> Iterator[Unexpected]:
    """Yield the lines that name what a line of the same file named before: so branches do, and lines put in."""
    first: dict[tuple[bytes, str], int] = {}  # the line of each file that names a digest first
    for digest, numbers in found.naming.items():
        for number in numbers:
            first.setdefault((digest, where(number)[0]), number)
    for miss in misses:
        places = found.lines.get(miss.digest, [])
        before = first.get((miss.digest, where(miss.by)[0]), miss.by)
        if places and places[0] < miss.by and before < miss.by:
            named = f"{said(miss.by)} names {said(places[0])}, which {said(before)} had named"
            yield Unexpected(miss.by, f"{named}: a merge of branches, or a line put in")


def _judge(
    misses: list[_Miss], suspects: list[bytes], heads: Heads, found: Mapping[bytes, list[int]], said: Line
) -> list[HistoryFault]:
    unnamed = sorted([*heads.chained.values(), *heads.bare.values()]) if misses else []
    problems = []
    for miss in misses:
        places = found.get(miss.digest, [])
        if not places:
            problems.append(_edited_or_removed(miss, unnamed, said))
        elif places[0] >= miss.by:
            message = f"{said(places[0])} stands below {said(miss.by)}, which was written after it"
            problems.append(HistoryFault(places[0], "inserted", message, miss.by))
    for digest in set(suspects):
        first, *copies = found.get(digest, [0])
        problems += [HistoryFault(copy, "inserted", f"{said(copy)} repeats {said(first)}", copy) for copy in copies]
    return sorted(set(problems))


def _edited_or_removed(miss: _Miss, unnamed: list[int], said: Line) -> HistoryFault:
    """Return the fault of a name without a line.

    An edit leaves a line in place that nobody names. So does a removal, of the line above the removed one, where it was
    that line's only name: then the two look the same, and the message says so.
    """
    at = bisect_left(unnamed, miss.high) - 1
    line = unnamed[at] if at >= 0 else 0
    if line <= miss.low:
        return HistoryFault(miss.by, "removed", f"a line above {said(miss.by)} was removed", miss.by)
    message = f"{said(line)} was edited, or a line below it was removed: {said(miss.by)} names what is not there"
    return HistoryFault(line, "edited", message, miss.by)


def _result(last: int, problems: list[HistoryFault], heads: Heads, unexpected: list[Unexpected]) -> Verification:
    blamed = {problem.line for problem in problems}
    return Verification(
        last,
        problems,
        [number for number in heads.bare.values() if number not in blamed],
        {digest.hex(): number for digest, number in heads.chained.items() if number not in blamed},
        sorted({one for one in unexpected if one.line not in blamed}),
    )
