"""Ranking: experiments in, an ordered list out, with everything that does not rank below the line and the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.experiment import Experiment, Selection
from expflow_hooks.core.gates import Gate, all_hold
from expflow_hooks.core.grouping import Configurations, GroupBy, combine
from expflow_hooks.core.metrics import Metrics, unknown_metric
from expflow_hooks.core.rows import KINDS, Row, by_time, revised
from expflow_hooks.core.values import value_status

MOST_REVISIONS = 5
"""How many revisions a row tells, the last ones; `run show ID --history` has them all."""


class Query(NamedTuple):
    """What to rank by: the metric, its direction (None: the metric's own), the gates, and how runs become groups."""

    sort_by: str
    higher_is_better: bool | None = None
    gates: tuple[Gate, ...] = ()
    group_by: GroupBy | None = None
    top: int | None = None
    selection: Selection = Selection()
    metrics: Metrics = Metrics()


class Ranking(NamedTuple):
    """The result: ranked rows, then those below the line; `cut` ranked rows were left out by `top`."""

    query: Query
    higher_is_better: bool
    ranked: list[Row]
    below: list[Row]
    cut: int
    experiments: int
    kinds: dict[str, int]  # how many rows of each kind are below the line

    @property
    def rows(self) -> list[Row]:
        """Return all rows shown, those below the line last."""
        return self.ranked + self.below

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


def rank(experiments: Iterable[Experiment], query: Query) -> Ranking:
    """Rank experiments by a metric; an experiment that comes again replaces the one before.

    Rows that pass every gate get ranks 1, 1, 3; equal values are ordered by earliest timestamp, then id. Raises
    UsageError for a metric that neither the registry of metrics nor any experiment knows, and for an unregistered one
    without a direction.
    """
    higher = _direction(query)
    rows = _collect(experiments, query)
    total = len(rows)
    if query.group_by is not None:
        rows = combine(rows, query.group_by, higher)
    kinds = _by_kind(rows)
    ranked = kinds[None]
    shown = _order(ranked, higher, query.top)
    if query.group_by is None:
        _mark_best_of(shown, rows)
    sizes = {kind: len(kinds[kind]) for kind in KINDS}
    return Ranking(query, higher, shown, _below(kinds), len(ranked) - len(shown), total, sizes)


def _direction(query: Query) -> bool:
    if query.higher_is_better is not None:
        return query.higher_is_better
    metric = query.metrics.get(query.sort_by)
    # An unknown name is told apart from an unregistered one only after the experiments were seen.
    return metric.higher_is_better if metric else False


def _collect(experiments: Iterable[Experiment], query: Query) -> list[Row]:
    """Return one judged row an experiment; only what the ranking needs is kept of each."""
    wanted = {query.sort_by, *(gate.metric for gate in query.gates)}
    unregistered = {name for name in wanted if name not in query.metrics}
    at_hand: set[str] = set()
    selects, make = query.selection.matcher(), _row_maker(query)
    rows: dict[str, Row | Experiment] = {}
    for experiment in experiments:
        if selects is not None and not selects(experiment):
            rows.pop(experiment.experiment_id, None)  # what it is now counts, not what it was
            continue
        before = rows.get(experiment.experiment_id)
        if experiment.metrics or before.__class__ is Row:
            if unregistered:
                at_hand.update(experiment.metrics or ())
            row = rows[experiment.experiment_id] = make(experiment)
            if before.__class__ is Row:
                row.notes = (*before.notes, *revised(before, row, query.sort_by))[-MOST_REVISIONS:]
        else:  # nearly always a start, soon replaced: a row made at once cost an eighth of a ranking's time
            rows[experiment.experiment_id] = experiment
    _refuse_unknown(query, unregistered, at_hand)
    return [row if isinstance(row, Row) else make(row) for row in rows.values()]


def _row_maker(query: Query) -> Callable[[Experiment], Row]:
    """Return the function that makes an experiment's row and judges it."""
    names = [query.metrics.source(name) for name in (query.sort_by, *(gate.metric for gate in query.gates))]
    values_of = itemgetter(*names, names[0])  # the last one so that it always gives a tuple
    gates, hold = query.gates, all_hold(query.gates)
    configuration = Configurations(query.group_by.ignore if query.group_by else GroupBy().ignore).key
    shared: dict[Any, Any] = {}
    share = shared.setdefault  # of a million rows, most say the same few states, commits and tags

    def make(experiment: Experiment) -> Row:
        try:
            values = values_of(experiment.metrics or {})
        except KeyError:
            values = tuple(experiment.metric(name) for name in (*names, names[0]))
        state, commit, tags = experiment.state, experiment.commit or experiment.commit_hash, experiment.tags or ()
        row = Row(
            experiment.experiment_id,
            experiment.name,
            share(state, state),
            experiment.timestamp,
            values[0],
            values[1:-1],
            gates,
            configuration(experiment),
            share(commit, commit),
            share(tags, tags),
            experiment.dirty,
        )
        row.judge(hold)
        return row

    return make


def _refuse_unknown(query: Query, unregistered: set[str], at_hand: set[str]) -> None:
    for name in sorted(unregistered - at_hand):
        raise UsageError(unknown_metric(name, {metric.name for metric in query.metrics} | at_hand))
    if query.sort_by in unregistered and query.higher_is_better is None:
        raise UsageError(
            f"{query.sort_by!r} is not a standard metric, so its direction is not known:"
            " add --ascending (smallest is best) or --descending, or put it into the policy's metrics"
        )


def _by_kind(rows: Iterable[Row]) -> dict[str | None, list[Row]]:
    """Return the rows by what keeps them below the line, None for those that rank."""
    kinds: dict[str | None, list[Row]] = {kind: [] for kind in (None, *KINDS)}
    for row in rows:
        kinds[row.kind].append(row)
    return kinds


def _order(rows: list[Row], higher: bool, top: int | None) -> list[Row]:
    """Return the first `top` rows in order, each with its rank by standard competition ranking."""
    # Negated rather than reversed: reversing would turn the order of ties round too.
    rows.sort(key=(lambda row: -row.value) if higher else attrgetter("value"))
    ordered: list[Row] = []
    for _, tied in groupby(rows, key=attrgetter("value")):
        if top is not None and len(ordered) >= top:
            break
        place = len(ordered) + 1
        same = list(tied)
        if len(same) > 1:
            same.sort(key=by_time)
        for row in same:
            row.rank = place
        ordered += same
    return ordered[:top]


def _mark_best_of(shown: Sequence[Row], rows: Iterable[Row]) -> None:
    """Say "best of n" on the first row of each configuration that was run several times."""
    best = {row.configuration: row for row in reversed(shown) if row.configuration is not None}
    runs = Counter(row.configuration for row in rows if row.configuration in best and row.state == "completed")
    for configuration, row in best.items():
        if runs[configuration] > 1:
            row.notes = (*row.notes, f"best of {runs[configuration]}")


def _below(kinds: Mapping[str | None, list[Row]]) -> list[Row]:
    """Return the rows below the line: by kind, those that failed a gate by value (where it counts)."""
    counting: list[Row] = []
    others: list[Row] = []
    for row in kinds["gate_failed"]:
        value = row.value  # nearly always a finite float, told without a call
        counts = value - value == 0.0 if value.__class__ is float else value_status(value) is None
        (counting if counts else others).append(row)
    counting.sort(key=attrgetter("value"))
    return counting + others + [row for kind in KINDS[1:] for row in kinds[kind]]
