"""The tables of a ranking: the one that is asked for, and one for each other way in which numbers were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from itertools import groupby
from typing import NamedTuple

from msgspec import structs

from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.bands import BANDED, mark_bands
from expflow_hooks.core.ranking.columns import ExperimentColumns
from expflow_hooks.core.ranking.facts import otherwise
from expflow_hooks.core.ranking.groups import combine
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.row import KINDS, Row, by_time
from expflow_hooks.core.ranking.shelf import Below, Item, Shelf, first_of
from expflow_hooks.core.registry.experiment import Definition


class Ranking(NamedTuple):
    """The result: ranked rows, then those below the line; `cut` ranked rows were left out by `top`.

    `apart` are the rows whose numbers were made otherwise, as they look from this table: not comparable. In `others`
    they rank among themselves, a table for each definition, the largest first. `not_comparable_with` counts the
    experiments of other tables.
    """

    query: Query
    higher_is_better: bool
    ranked: list[Row]
    below: Sequence[Row]
    cut: int
    experiments: int
    kinds: dict[str, int]  # how many rows of each kind are below the line
    apart: Sequence[Row] = ()
    others: tuple[Ranking, ...] = ()
    not_comparable_with: int = 0

    @property
    def rows(self) -> list[Row]:
        """Return all rows shown, those below the line last."""
        return [*self.ranked, *self.below]

    @property
    def definition(self) -> dict[str, str | None]:
        """Return how the numbers of this table were made, a hash for each metric; empty where no record says."""
        made = self.query.definition or ()
        return dict(zip(self.query.measured, made, strict=False)) if any(made) else {}

    @property
    def shown(self) -> list[Row]:
        """Return the rows as programs get them: with `top` no more than that, those that rank first."""
        top = self.query.top
        return self.rows if top is None else [*self.ranked, *self.below[: max(0, top - len(self.ranked))]]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many experiments were read, rows ranked (shown or cut) and below the line, in all and by kind."""
        return {
            "experiments": self.experiments,
            "ranked": len(self.ranked) + self.cut,
            "cut": self.cut,
            "below_the_line": len(self.below),
            "not_comparable_with": self.not_comparable_with,
            **self.kinds,
        }


def rank_shelf(shelf: Shelf[Item], query: Query, higher: bool, count: int, top: int | None) -> Ranking:
    """Return the ranking of what is on a shelf; `count` is how many experiments were read."""
    shown = _order(shelf, higher, top)
    sizes = {kind: len(shelf.by_kind[kind]) for kind in KINDS}
    return Ranking(query, higher, shown, Below(shelf), len(shelf.by_kind[None]) - len(shown), count, sizes)


def rank_groups(columns: ExperimentColumns, items: Iterable[int], query: Query, higher: bool, count: int) -> Ranking:
    """Return the ranking of the groups that items make, with those that were measured otherwise set apart."""
    return _rank_rows(map(columns.row, items), query, higher, count)


def _rank_rows(runs: Iterable[Row], query: Query, higher: bool, count: int) -> Ranking:
    by_kind: dict[str | None, list[Row]] = {kind: [] for kind in (None, *KINDS)}
    apart: list[Row] = []
    for row in combine(runs, query, higher):
        (apart if row.otherwise else by_kind[row.kind]).append(row)
    # Bands are of the first groups, however few of them are shown.
    ordered = None if query.top is None else max(query.top, BANDED)
    ranking = rank_shelf(Shelf(by_kind, _value, lambda row: row), query, higher, count, ordered)
    mark_bands(ranking.ranked)
    more = ranking.ranked[query.top :] if query.top is not None else []
    return ranking._replace(ranked=ranking.ranked[: query.top], cut=ranking.cut + len(more), apart=apart)


def in_order(*tables: Mapping[str | None, Sequence[int]]) -> list[int]:
    """Return the items of tables in the order of their lines."""
    return sorted(item for table in tables for items in table.values() for item in items)


def with_tables(ranking: Ranking, columns: ExperimentColumns) -> Ranking:
    """Return the ranking with the tables of those whose numbers were made otherwise, each ranked among themselves."""
    sizes = {definition: sum(map(len, table.values())) for definition, table in columns.tables.items()}
    total = ranking.experiments + sum(sizes.values())
    others = [
        _rank_table(ranking, definition, columns, size)._replace(not_comparable_with=total - size)
        for definition, size in sorted(sizes.items(), key=lambda item: -item[1])
    ]
    if ranking.query.group_by is None:
        items = in_order(*columns.tables.values())
        kinds: dict[str | None, list[int]] = {kind: [] for kind in (None, *KINDS)} | {"not_comparable": items}
        ranking = ranking._replace(apart=Below(Shelf(kinds, columns.value_of, columns.row)))
    query = ranking.query._replace(definition=columns.ranks)
    ranking = ranking._replace(query=query, experiments=total, others=tuple(others))
    return ranking._replace(not_comparable_with=sum(sizes.values()))


def _rank_table(ranking: Ranking, definition: Definition, columns: ExperimentColumns, size: int) -> Ranking:
    query, items = ranking.query._replace(definition=definition), columns.tables[definition]
    if query.base is not None:  # it stands in the first table
        query = query._replace(base=structs.replace(query.base, otherwise=otherwise(definition)))
    if query.group_by is None:
        shelf = Shelf(items, columns.value_of, columns.row_of_table)
        return rank_shelf(shelf, query, ranking.higher_is_better, size, query.top)
    return _rank_rows(map(columns.row_of_table, in_order(items)), query, ranking.higher_is_better, size)


def _value(row: Row) -> float:
    return row.value if value_status(row.value) is None else float("nan")


def _order(shelf: Shelf[Item], higher: bool, top: int | None) -> list[Row]:
    """Return the first `top` rows in order, each with its rank by standard competition ranking."""
    value = shelf.value
    # Negated rather than reversed: reversing would turn the order of ties round too.
    key = (lambda item: -value(item)) if higher else value
    items = shelf.by_kind[None]
    ordered: list[Row] = []
    for _, group in groupby(first_of(items, key, top), key=value):
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
