"""A ranking's columns in an index: written once a query, and gone on from with the lines that came since.

What is gone on with is the same reading of lines; only where the columns lie is another. Whatever a saved state cannot
hold, or what is not as it was written, raises Unusable, and the whole registry is read instead.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from heapq import nsmallest
from typing import Any

from expflow_hooks.core.ranking.facts import CODES, KIND, LEFT, NOT_COMPLETED
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.revision_log import MOST, RevisionLog
from expflow_hooks.core.ranking.row import KINDS
from expflow_hooks.core.ranking.shelf import Head
from expflow_hooks.core.ranking.sparse import (
    CHUNK,
    Blob,
    Buckets,
    SavedItems,
    SavedNumbers,
    SparseColumn,
    digest_of_key,
    make_buckets,
)
from expflow_hooks.core.ranking.stores import PlaceColumns
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.index.cache import Unusable
from expflow_hooks.core.registry.index.lines import hash_of

HEAD = 1000
"""How many items of each kind are kept in the order in which they are shown."""

_KINDS = {"codes": "B", "values": "d", "configurations": "i", "kept": "q", "hashes": "Q"}
_MOST_NAMES = 10_000  # of experiments that were completed once, and of metrics


def key_of(query: Query, higher: bool, *, names: bool) -> str | None:
    """Return what columns are saved under: all of a query that they depend on; None for one that is not saved."""
    plain = not (query.remarks or query.selection.conditions or query.compares or query.group_by or query.of_base)
    if not plain or query.definition is not None or query.candidates:
        return None
    asked = (query.sort_by, *(gate.metric for gate in query.gates))
    metrics = [query.metrics.get(name) for name in asked]
    splits = [query.metrics.source(split) for metric in metrics if metric for split in metric.splits]
    sources = [query.metrics.source(name) for name in asked]
    return repr((query.sort_by, higher, query.gates, query.selection, metrics, sources, splits, names))


def order_of(kind: str | None, value: Callable[[int], float], higher: bool) -> Callable[[int], Any]:
    """Return what the items of a kind are ordered by where they are shown; equal ones by their numbers."""
    if kind is None:
        return lambda item: -value(item) if higher else value(item)
    if kind == KINDS[0]:
        return lambda item: (0, found) if (found := value(item)) == found else (1, 0.0)
    return lambda item: item


def save(columns: PlaceColumns, higher: bool) -> tuple[dict[str, Any], list[bytes]] | None:
    """Return what to save of columns, and its blobs; None where they hold what is not saved."""
    names = columns.metric_names
    if columns.exact or columns.defined or any(columns.forgotten) or len(columns.settled) + len(names) > _MOST_NAMES:
        return None
    size, blobs = len(columns.items), list[bytes]()
    sections: dict[str, Any] = {}
    hashes = array("Q", map(hash_of, columns.items))
    for name, code in _KINDS.items():
        column = array(code, hashes if name == "hashes" else getattr(columns, name)[:size])
        sections[name] = len(blobs)
        blobs += (column[at : at + CHUNK].tobytes() for at in range(0, size, CHUNK))
    _add_table(sections, blobs, "items", zip(hashes, range(size), strict=True), size)
    numbers = columns.judge.numbers
    _add_table(sections, blobs, "numbers", ((*digest_of_key(key), n) for key, n in numbers.items()), len(numbers))
    runs = Counter(
        n for n, code in zip(columns.configurations, columns.codes, strict=True) if code & KIND != NOT_COMPLETED
    )
    sections["runs"] = len(blobs)
    counts = array("i", (runs[number] for number in range(len(numbers))))
    blobs += (counts[at : at + CHUNK].tobytes() for at in range(0, len(counts), CHUNK))
    sections["log"] = len(blobs)
    blobs += _log_of(columns.log, size)
    by_kind = columns.sort_out()
    heads = {}
    for kind, items in by_kind.items():
        order = order_of(kind, columns.value, higher)
        heads[str(CODES[kind])] = [item for _, item in nsmallest(HEAD, ((order(item), item) for item in items))]
    meta = {
        "size": size,
        "numbers": len(numbers),
        "sections": sections,
        "counts": [len(by_kind[kind]) for kind in CODES],
        "heads": heads,
        "settled": columns.settled,
        "names": sorted(names),
        "log": len(columns.log),
    }
    return meta, blobs


def _add_table(sections: dict[str, Any], blobs: list[bytes], name: str, rows: Any, count: int) -> None:
    bits, made = make_buckets(rows, count)
    sections[name] = len(blobs), bits
    blobs += made


def _log_of(log: RevisionLog, size: int) -> list[bytes]:
    """Return the changes of each chunk of items."""
    chunks = [array("q") for _ in range(-(-size // CHUNK))]
    for change in log:
        chunks[change[0] // CHUNK].extend(change)
    return [chunk.tobytes() for chunk in chunks]


class _SavedLog(RevisionLog):
    """The changes since, after those in the index."""

    def __init__(self, before: int, size: int, blob: Blob) -> None:
        super().__init__(_too_many, max(MOST - before, 0))
        self._before = blob
        self._size = size

    def of(self, item: int) -> list[tuple[int, int]]:
        """Return the places before and after each change of an item, oldest first."""
        found = array("q", self._before(item // CHUNK)) if item < self._size else array("q")
        before = [(found[at + 1], found[at + 2]) for at in range(0, len(found), 3) if found[at] == item]
        return before + super().of(item)


def _too_many(item: int) -> None:
    raise Unusable("more changes than are remembered")


class SavedColumns(PlaceColumns):
    """Columns that go on from those in an index."""

    def __init__(
        self,
        query: Query,
        recall: Callable[[int], Experiment],
        saved: tuple[dict[str, Any], Blob],
        *,
        names: bool,
        higher: bool,
    ) -> None:
        super().__init__(query, recall, names=names)
        self._meta, self._blob = saved
        self._higher = higher
        size = self._size = int(self._meta["size"])
        self.codes, self.values, self.configurations, self.kept, self.hashes = (
            SparseColumn(kind, size, self._section(name)) for name, kind in _KINDS.items()
        )
        self.items = SavedItems(size, self._find)
        self.settled = dict(self._meta["settled"])
        self.metric_names = set(self._meta["names"])
        self.judge.numbers = SavedNumbers(self._meta["numbers"], self._table("numbers", 3))
        self.log = _SavedLog(self._meta["log"], size, self._section("log"))
        self.revise = self.log.add  # type: ignore[method-assign]
        self._found = self._table("items", 2)
        self._runs = SparseColumn("i", self._meta["numbers"], self._section("runs"))
        self._whole: dict[str | None, Sequence[int]] | None = None

    def _section(self, name: str) -> Blob:
        first = self._meta["sections"][name]
        return lambda number: self._blob(first + number)

    def _table(self, name: str, width: int) -> Buckets:
        first, bits = self._meta["sections"][name]
        return Buckets(bits, width, lambda number: self._blob(first + number))

    def _find(self, name: str) -> int | None:
        """Return the number of an id that the index has; what it names is looked at, in the very line."""
        for _, item in self._found.rows(hash_of(name)):
            if self.recall(self.kept[item]).experiment_id == name:
                return item
        return None

    def _is_named(self, item: int, experiment_id: str) -> bool:
        if item >= self._size:
            return super()._is_named(item, experiment_id)
        return bool(hash_of(experiment_id) == self.hashes[item])

    def sort_out(self) -> dict[str | None, Sequence[int]]:
        """Return the items by kind: how many there are, and the first of each as the index knows them."""
        if self.defined or self.exact:
            raise Unusable("some lines say more than is saved")
        if self._whole is not None:
            return self._whole
        changed = sorted(self.codes.changed)
        before = {item: _kind(self.codes.before(item)) for item in changed if item < self._size}
        now = {item: _kind(self.codes[item]) for item in changed}
        return {kind: self._head(kind, before, now) for kind in CODES}

    def _head(self, kind: str | None, before: dict[int, int], now: dict[int, int]) -> Head:
        code = CODES[kind]
        listed: list[int] = self._meta["heads"][str(code)]
        count = int(self._meta["counts"][code])
        order = order_of(kind, self.values.__getitem__, self._higher)
        known = [item for item in listed if item not in now] + [item for item, other in now.items() if other == code]
        known.sort(key=lambda item: (order(item), item))
        limit = None
        if len(listed) < count:
            limit = order_of(kind, self.values.before, self._higher)(listed[-1]), listed[-1]
        count += sum(other == code for other in now.values()) - sum(other == code for other in before.values())
        return Head(count, known, limit, order, lambda: self._load()[kind])

    def _load(self) -> dict[str | None, Sequence[int]]:
        """Return all items by kind, from whole columns."""
        if self._whole is None:
            codes = self.codes.dense()[: len(self.items)]
            whole: dict[str | None, list[int]] = {kind: [] for kind in CODES}
            lists = [*whole.values(), []]
            for item, code in enumerate(codes):
                lists[_kind(code)].append(item)
            self._whole = dict(whole)
        return self._whole

    def runs_of(self, configurations: Collection[int]) -> Counter[int]:
        """Return how many completed experiments each of the configurations has."""
        size = self._meta["numbers"]
        found = Counter({number: self._runs.before(number) for number in configurations if number < size})
        for item, code in self.codes.changed.items():
            if item < self._size and self.codes.before(item) & KIND != NOT_COMPLETED:
                found[self.configurations.before(item)] -= 1
            if code & KIND != NOT_COMPLETED:
                found[self.configurations[item]] += 1
        return Counter({number: found[number] for number in configurations})


def _kind(code: int) -> int:
    """Return the number of the list that an item is in: that of its kind, or one more for what is not selected."""
    return len(CODES) if code & LEFT else code & KIND
