"""Ranking: experiments in, an ordered list out, with everything that does not rank below the line and the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.experiment import Experiment, Selection, parse_time
from expflow_hooks.core.gates import Gate, all_hold
from expflow_hooks.core.grouping import Configurations, GroupBy, combine
from expflow_hooks.core.metrics import Metrics, unknown_metric
from expflow_hooks.core.rows import KINDS, Row
from expflow_hooks.core.values import ABSENT, value_status

_LATEST = datetime.max.replace(tzinfo=timezone.utc)


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

    @property
    def rows(self) -> list[Row]:
        """Return all rows shown, those below the line last."""
        return self.ranked + self.below

    @property
    def counts(self) -> dict[str, int]:
        """Return how many experiments were read, rows ranked (shown or cut) and below the line, in all and by kind."""
        kinds = Counter(row.kind for row in self.below)
        return {
            "experiments": self.experiments,
            "ranked": len(self.ranked) + self.cut,
            "cut": self.cut,
            "below_the_line": len(self.below),
            **{kind: kinds[kind] for kind in KINDS},
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
    ranked = _order([row for row in rows if row.kind is None], higher)
    if query.group_by is None:
        _mark_best_of(ranked, rows)
    below = _below(rows)
    shown = ranked if query.top is None else ranked[: query.top]
    return Ranking(query, higher, shown, below, len(ranked) - len(shown), total)


def _direction(query: Query) -> bool:
    if query.higher_is_better is not None:
        return query.higher_is_better
    metric = query.metrics.get(query.sort_by)
    # An unknown name is told apart from an unregistered one only after the experiments were seen.
    return metric.higher_is_better if metric else False


def _collect(experiments: Iterable[Experiment], query: Query) -> list[Row]:
    """Return one row an experiment, judged; only what the ranking needs is kept of each."""
    wanted = (query.sort_by, *(gate.metric for gate in query.gates))
    names = tuple(query.metrics.source(name) for name in wanted)
    values_of = itemgetter(*names, names[0])  # the last one so that it always gives a tuple
    unregistered = {name for name in wanted if name not in query.metrics}
    at_hand: set[str] = set()
    configurations = Configurations(query.group_by.ignore if query.group_by else GroupBy().ignore)
    gates, hold = query.gates, all_hold(query.gates)
    selects = query.selection.matcher()
    shared: dict[Any, Any] = {}
    share = shared.setdefault  # of a million rows, most say the same few states, commits and tags
    rows: dict[str, Row] = {}
    for experiment in experiments:
        if selects is not None and not selects(experiment):
            rows.pop(experiment.experiment_id, None)  # what it is now counts, not what it was
            continue
        metrics = experiment.metrics or {}
        if unregistered:
            at_hand.update(metrics)
        try:
            values = values_of(metrics)
        except KeyError:
            values = tuple(metrics.get(name, ABSENT) for name in (*names, names[0]))
        state, commit, tags = experiment.state, experiment.commit or experiment.commit_hash, experiment.tags or ()
        row = rows[experiment.experiment_id] = Row(
            experiment.experiment_id,
            experiment.name,
            share(state, state),
            experiment.timestamp,
            values[0],
            values[1:-1],
            gates,
            configurations.key(experiment),
            share(commit, commit),
            share(tags, tags),
            experiment.dirty,
        )
        row.judge(hold)
    _refuse_unknown(query, unregistered, at_hand)
    return list(rows.values())


def _refuse_unknown(query: Query, unregistered: set[str], at_hand: set[str]) -> None:
    for name in sorted(unregistered - at_hand):
        raise UsageError(unknown_metric(name, {metric.name for metric in query.metrics} | at_hand))
    if query.sort_by in unregistered and query.higher_is_better is None:
        raise UsageError(
            f"{query.sort_by!r} is not a standard metric, so its direction is not known:"
            " add --ascending (smallest is best) or --descending, or put it into the policy's metrics"
        )


def _order(rows: list[Row], higher: bool) -> list[Row]:
    """Return the rows in order, each with its rank by standard competition ranking."""
    # Negated rather than reversed: reversing would turn the order of ties round too.
    rows.sort(key=(lambda row: -row.value) if higher else (lambda row: row.value))
    ordered: list[Row] = []
    for _, tied in groupby(rows, key=lambda row: row.value):
        place = len(ordered) + 1
        same = list(tied)
        if len(same) > 1:
            same.sort(key=lambda row: (parse_time(row.timestamp) or _LATEST, row.experiment_id))
        for row in same:
            row.rank = place
        ordered += same
    return ordered


def _mark_best_of(ranked: Sequence[Row], rows: Iterable[Row]) -> None:
    """Say "best of n" on the first row of each configuration that was run several times."""
    runs = Counter(row.configuration for row in rows if row.state == "completed")
    seen: set[int | None] = set()
    for row in ranked:
        if row.configuration is not None and row.configuration not in seen and runs[row.configuration] > 1:
            row.notes = (*row.notes, f"best of {runs[row.configuration]}")
        seen.add(row.configuration)


def _below(rows: Iterable[Row]) -> list[Row]:
    """Return the rows below the line: by kind, those that failed a gate by value (where it counts)."""
    kinds: dict[str | None, list[Row]] = {kind: [] for kind in KINDS}
    for row in rows:
        if row.kind is not None:
            kinds[row.kind].append(row)
    failed = kinds["gate_failed"]
    counting = [row for row in failed if value_status(row.value) is None]
    others = [row for row in failed if value_status(row.value) is not None]
    counting.sort(key=attrgetter("value"))
    kinds["gate_failed"] = counting + others
    return [row for kind in KINDS for row in kinds[kind]]
