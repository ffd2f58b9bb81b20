"""Which lines revised a completed experiment: the places of the last ones, in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

MOST = 1 << 17
"""How many changes are remembered, of all experiments together: 3 MB."""

_OF_ONE = 8  # changes of one experiment that are never forgotten for another one of its own


class RevisionLog:
    """The last changes, as numbers: an item, and the places of its lines. `forgot` gets the item of a dropped one."""

    def __init__(self, forgot: Callable[[int], None], most: int = MOST) -> None:
        self._log = array("q")  # item, place before, place after; and so on
        self._most = 3 * most
        self._forgot = forgot
        self._found: dict[int, list[tuple[int, int]]] | None = None

    def __len__(self) -> int:
        return len(self._log) // 3

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Yield item, place before and place after of each change, oldest first."""
        log = self._log
        return ((log[at], log[at + 1], log[at + 2]) for at in range(0, len(log), 3))

    def add(self, item: int, before: int, after: int) -> None:
        """Remember that an experiment's line was followed by another."""
        self._log.extend((item, before, after))
        if len(self._log) > self._most:
            self._shorten()

    def of(self, item: int) -> list[tuple[int, int]]:
        """Return the places before and after each change of an experiment that is remembered, oldest first."""
        if self._found is None:
            self._found = {}
            for start in range(0, len(self._log), 3):
                name, before, after = self._log[start : start + 3]
                self._found.setdefault(name, []).append((before, after))
        return self._found.get(item, [])

    def _shorten(self) -> None:
        """Keep the last changes of each experiment; and of all together no more than half of what there is room for."""
        kept: list[int] = []
        times: dict[int, int] = {}
        for start in range(len(self._log) - 3, -1, -3):
            item = self._log[start]
            times[item] = times.get(item, 0) + 1
            if times[item] <= _OF_ONE and len(kept) < self._most // 6:
                kept.append(start)
            else:
                self._forgot(item)
        shorter = array("q")
        for start in reversed(kept):
            shorter.extend(self._log[start : start + 3])
        self._log = shorter
