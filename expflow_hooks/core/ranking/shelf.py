"""Experiments or groups by what keeps them below the line, ordered only as far as they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain
from typing import Any, Generic, TypeVar, overload

from expflow_hooks.core.ranking.row import KINDS, Row
from expflow_hooks.core.registry.index.cache import Unusable

Item = TypeVar("Item")


class Head(Sequence[int]):
    """Items in the order in which they are shown, of which the first ones are known; `whole` finds them all.

    `order` gives what an item is ordered by; `known` are all items up to `limit` in that order, or where it is None,
    all there are.
    """

    def __init__(
        self,
        count: int,
        known: list[int],
        limit: Any,
        order: Callable[[int], Any],
        whole: Callable[[], Sequence[int]],
    ) -> None:
        self._count, self._order, self._whole = count, order, whole
        self._limit = limit
        self._known = known if limit is None else [item for item in known if (order(item), item) <= limit]

    def first(self, count: int) -> Sequence[int]:
        """Return some items of which the first `count`, and all that are level with the last of them, are the first."""
        if self._limit is None:
            return self._known
        if count < len(self._known) and self._order(self._known[count - 1]) < self._limit[0]:
            return self._known
        return self._whole()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return iter(self._whole())

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...
    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        return self._whole()[place]


@dataclass(frozen=True)
class Shelf(Generic[Item]):
    """What is to be ordered, by what keeps it below the line; its sort value, NaN if it does not count; its row."""

    by_kind: Mapping[str | None, Sequence[Item]]
    value: Callable[[Item], float]
    row: Callable[[Item], Row]


def first_of(items: Sequence[Item], key: Callable[[Item], float], count: int | None) -> list[Item]:
    """Return the first `count` items in order, and those level with the last of them."""
    items = enough(items, count)
    if count is None or count >= len(items):
        return sorted(items, key=key)
    if count <= 0:
        return []
    last = key(nsmallest(count, items, key=key)[-1])
    return sorted((item for item in items if key(item) <= last), key=key)


def enough(items: Sequence[Item], count: int | None) -> Sequence[Item]:
    """Return items that hold the first `count` of them: of those in an index, no more than that takes."""
    if count is None or not isinstance(items, Head):
        return items
    found: Sequence[Any] = items.first(count)
    return found


class Below(Sequence[Row]):
    """The rows below the line: by kind, those that failed a gate by value (where it counts). Made when looked at."""

    def __init__(self, shelf: Shelf[Item]) -> None:
        self._shelf = shelf
        self._size = sum(len(shelf.by_kind[kind]) for kind in KINDS)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Row]:
        return map(self._shelf.row, self._items(None))

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        """Return a row, or the rows of a slice; of a slice at the beginning only those are ordered."""
        places = range(self._size)[place]
        if isinstance(places, int):
            return self[places : places + 1][0]
        items = self._items(max(places, default=-1) + 1)
        return [self._shelf.row(items[at]) for at in places]

    def _items(self, count: int | None) -> list[Any]:
        value = self._shelf.value
        failed = enough(self._shelf.by_kind["gate_failed"], count)
        ordered = first_of([item for item in failed if value(item) == value(item)], value, count)
        if count is None or len(ordered) < count:
            ordered += [item for item in failed if value(item) != value(item)]
            ordered += chain.from_iterable(enough(self._shelf.by_kind[kind], count) for kind in KINDS[1:])
        return ordered


class Guarded(Sequence[Row]):
    """Rows that are made from an index when they are looked at, and without it where it turns out to be damaged."""

    def __init__(self, rows: Sequence[Row], without: Callable[[], Sequence[Row]]) -> None:
        self._rows, self._without = rows, without

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        try:
            return self._rows[place]
        except Unusable:
            self._rows = self._without()
            return self._rows[place]

    def __iter__(self) -> Iterator[Row]:
        return iter(self[:])
