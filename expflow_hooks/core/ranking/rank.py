"""Ranking: experiments in, an ordered list out, with everything that does not rank below the line and the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain, groupby, repeat
from typing import Any, Generic, NamedTuple, TypeVar, overload

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.standard import unknown_metric
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.bands import BANDED, mark_bands
from expflow_hooks.core.ranking.columns import ExperimentColumns
from expflow_hooks.core.ranking.groups import combine
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.row import KINDS, Row, by_time
from expflow_hooks.core.ranking.stores import open_columns
from expflow_hooks.core.registry.experiment import Definition, Experiment, Placed

Item = TypeVar("Item")


class Ranking(NamedTuple):
    """The result: ranked rows, then those below the line; `cut` ranked rows were left out by `top`."""

    query: Query
    higher_is_better: bool
    ranked: list[Row]
    below: Sequence[Row]
    cut: int
    experiments: int
    kinds: dict[str, int]  # how many rows of each kind are below the line

    @property
    def rows(self) -> list[Row]:
        """Return all rows shown, those below the line last."""
        return [*self.ranked, *self.below]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many experiments were read, rows ranked (shown or cut) and below the line, in all and by kind."""
        return {
            "experiments": self.experiments,
            "ranked": len(self.ranked) + self.cut,
            "cut": self.cut,
            "below_the_line": len(self.below),
            **self.kinds,
        }


def rank(experiments: Iterable[Experiment] | Placed, query: Query) -> Ranking:
    """Rank experiments by a metric; an experiment that comes again replaces the one before.

    Rows that pass every gate get ranks 1, 1, 3; equal values are ordered by earliest timestamp, then id. Where they can
    be read again and only some are shown, each takes a few bytes, whatever it says.

    Raises UsageError for a metric that neither the registry of metrics nor any experiment knows, and for an
    unregistered one without a direction; UnreadableError for a source that changed while it was read.
    """
    _refuse_without_groups(query)
    higher = _direction(query)
    columns = _read(experiments, query)
    present = columns.sort_out()
    count = sum(map(len, present.values()))
    if query.group_by is None:
        ranking = _rank(_Shelf(present, columns.value_of, columns.row), query, higher, count, query.top)
        _mark_best_of(ranking.ranked, columns)
        return ranking
    rows = [columns.row(item) for item in sorted(chain.from_iterable(present.values()))]
    by_kind: dict[str | None, list[Row]] = {kind: [] for kind in (None, *KINDS)}
    for row in combine(rows, query, higher):
        by_kind[row.kind].append(row)
    # Bands are of the first groups, however few of them are shown.
    ordered = None if query.top is None else max(query.top, BANDED)
    ranking = _rank(_Shelf(by_kind, _value, lambda row: row), query, higher, count, ordered)
    mark_bands(ranking.ranked)
    more = ranking.ranked[query.top :] if query.top is not None else []
    return ranking._replace(ranked=ranking.ranked[: query.top], cut=ranking.cut + len(more))


def definition_to_rank(experiments: Iterable[Experiment], query: Query) -> Definition:
    """Return how the numbers that rank were made: of the candidates where others have it too, else of the newest other.

    So the runs of a change whose evaluator is another stand below the line until a run of the base was measured again.
    """
    found: dict[bool, list[Definition]] = {True: [], False: []}
    for run in experiments:
        if run.state == "completed":
            found[run.experiment_id in query.candidates].append(run.definition_of(query.measured))
    own, others = found[True], found[False]
    shared = next((one for one in own[::-1] if one in others), None)
    return shared or next(iter([*others[::-1], *own[::-1]]), (None,) * len(query.measured))


def best_group(experiments: Iterable[Experiment], query: Query) -> Row | None:
    """Return the base's best ranked group, for gates `~base` of a ranking by this query; None where none ranks."""
    return next(iter(rank(experiments, _of_base(query)._replace(top=1)).ranked), None)


def group_of(experiment_id: str, experiments: Iterable[Experiment], query: Query) -> Row | None:
    """Return the group of a run, whether it ranks or not, as a base for gates `~base`; None without such a run."""
    rows = rank(experiments, _of_base(query)).rows
    return next((row for row in rows if row.group and experiment_id in row.group.runs), None)


def _of_base(query: Query) -> Query:
    return query._replace(of_base=True, base=None, candidates=frozenset(), confirm=False, top=None)


def _direction(query: Query) -> bool:
    if query.higher_is_better is not None:
        return query.higher_is_better
    metric = query.metrics.get(query.sort_by)
    # An unknown name is told apart from an unregistered one only after the experiments were seen.
    return metric.higher_is_better if metric else False


def _read(experiments: Iterable[Experiment] | Placed, query: Query) -> ExperimentColumns:
    wanted = {query.sort_by, *(gate.metric for gate in query.gates)}
    unregistered = {name for name in wanted if name not in query.metrics}
    few_are_shown = query.top is not None and query.group_by is None
    recall = experiments.recall if isinstance(experiments, Placed) and few_are_shown else None
    columns = open_columns(query, recall, names=bool(unregistered))
    if isinstance(experiments, Placed):
        columns.read(experiments.batches(few_are_shown))
    else:
        columns.read([(experiments, repeat(0))])
    if not query.of_base:  # an empty base knows no metric, which is no fault of the one who asks
        _refuse_unknown(query, unregistered, columns.metric_names)
    return columns


def _refuse_without_groups(query: Query) -> None:
    meant = next((gate for gate in query.gates if gate.of_groups), None)
    if meant is not None and query.group_by is None:
        raise UsageError(
            f"gate {meant.text[:120]!r} judges groups of runs: add --group-ignore seed, or group_by to the policy's"
            " leaderboard, so that runs which differ in their seed only are one group"
        )


def _refuse_unknown(query: Query, unregistered: set[str], at_hand: set[str]) -> None:
    for name in sorted(unregistered - at_hand):
        raise UsageError(unknown_metric(name, {metric.name for metric in query.metrics} | at_hand))
    if query.sort_by in unregistered and query.higher_is_better is None:
        raise UsageError(
            f"{query.sort_by!r} is not a standard metric, so its direction is not known:"
            " add --ascending (smallest is best) or --descending, or put it into the policy's metrics"
        )


@dataclass(frozen=True)
class _Shelf(Generic[Item]):
    """What is to be ordered, by what keeps it below the line; its sort value, NaN if it does not count; its row."""

    by_kind: Mapping[str | None, Sequence[Item]]
    value: Callable[[Item], float]
    row: Callable[[Item], Row]


def _value(row: Row) -> float:
    return row.value if value_status(row.value) is None else float("nan")


def _rank(shelf: _Shelf[Item], query: Query, higher: bool, total: int, top: int | None) -> Ranking:
    shown = _order(shelf, higher, top)
    sizes = {kind: len(shelf.by_kind[kind]) for kind in KINDS}
    return Ranking(query, higher, shown, _Below(shelf), len(shelf.by_kind[None]) - len(shown), total, sizes)


def _order(shelf: _Shelf[Item], higher: bool, top: int | None) -> list[Row]:
    """Return the first `top` rows in order, each with its rank by standard competition ranking."""
    value = shelf.value
    # Negated rather than reversed: reversing would turn the order of ties round too.
    key = (lambda item: -value(item)) if higher else value
    items = shelf.by_kind[None]
    ordered: list[Row] = []
    for _, group in groupby(_first(items, key, top), key=value):
        tied, place = list(group), len(ordered) + 1
        same: Iterable[Row] = map(shelf.row, tied)
        if top is not None and len(tied) > top - len(ordered):
            same = nsmallest(top - len(ordered), same, key=by_time)  # never all the rows of a tie of a million
        elif len(tied) > 1:
            same = sorted(same, key=by_time)
        for row in same:
            row.rank = place
            ordered.append(row)
    return ordered


def _first(items: Sequence[Item], key: Callable[[Item], float], count: int | None) -> list[Item]:
    """Return the first `count` items in order, and those level with the last of them."""
    if count is None or count >= len(items):
        return sorted(items, key=key)
    if count <= 0:
        return []
    last = key(nsmallest(count, items, key=key)[-1])
    return sorted((item for item in items if key(item) <= last), key=key)


def _mark_best_of(shown: Sequence[Row], columns: ExperimentColumns) -> None:
    """Say "best of n" on the first row of each configuration that was run several times."""
    best = {row.configuration: row for row in reversed(shown) if row.configuration is not None}
    runs = columns.runs_of(best)
    for configuration, row in best.items():
        if runs[configuration] > 1:
            row.notes = (*row.notes, f"best of {runs[configuration]}")


class _Below(Sequence[Row]):
    """The rows below the line: by kind, those that failed a gate by value (where it counts). Made when looked at."""

    def __init__(self, shelf: _Shelf[Item]) -> None:
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
        failed = self._shelf.by_kind["gate_failed"]
        ordered = _first([item for item in failed if value(item) == value(item)], value, count)
        if count is None or len(ordered) < count:
            ordered += [item for item in failed if value(item) != value(item)]
            ordered += chain.from_iterable(self._shelf.by_kind[kind] for kind in KINDS[1:])
        return ordered
