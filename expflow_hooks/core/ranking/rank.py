"""Ranking: experiments in, an ordered list out, with everything that does not rank below the line and the reason."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.standard import unknown_metric
from expflow_hooks.core.ranking.columns import ExperimentColumns
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.ranking.shelf import Guarded, Shelf
from expflow_hooks.core.ranking.stores import PlaceColumns, open_columns
from expflow_hooks.core.ranking.tables import Ranking as Ranking
from expflow_hooks.core.ranking.tables import in_order, rank_groups, rank_shelf, with_tables
from expflow_hooks.core.registry.experiment import Definition, Experiment, Placed
from expflow_hooks.core.registry.index.cache import Unusable


def rank(experiments: Iterable[Experiment] | Placed, query: Query) -> Ranking:
    """Rank experiments by a metric; later records with the same id win.

    Rows that pass every gate get ranks 1, 1, 3; equal values are ordered by earliest timestamp, then id. Where they can
    be read again and only some are shown, each takes a few bytes, whatever it says.

    Raises UsageError for a metric that neither the registry of metrics nor any experiment knows, and for an
    unregistered one without a direction; UnreadableError for a source that changed while it was read.
    """
    _refuse_without_groups(query)
    higher = _direction(query)
    if isinstance(experiments, Placed) and experiments.saved is not None:
        with contextlib.suppress(Unusable):
            ranking = _rank_saved(experiments, query, higher)
            if ranking is not None:
                return ranking
    return _rank_read(experiments, query, higher)


def _rank_saved(experiments: Placed, query: Query, higher: bool) -> Ranking | None:
    """Rank from what an index has and the lines that came since; None where it has nothing of this query."""
    from expflow_hooks.core.ranking.saved import SavedColumns  # here: a start needs no hashes

    key, unregistered = saved_key(query), _unregistered(query)
    saved = experiments.saved(key) if key and experiments.saved else None
    if saved is None:
        return None
    columns = SavedColumns(query, experiments.recall, (saved.meta, saved.blob), names=bool(unregistered), higher=higher)
    columns.read(saved.batches)
    _refuse_unknown(query, unregistered, columns.metric_names)
    ranking = _rank_columns(columns, query, higher)
    return ranking._replace(below=Guarded(ranking.below, lambda: _rank_read(experiments, query, higher).below))


def saved_key(query: Query) -> str | None:
    """Return what the columns of a query are saved under in an index; None for a query of which none are saved."""
    if query.top is None:
        return None
    from expflow_hooks.core.ranking.saved import key_of

    return key_of(query, _direction(query), names=bool(_unregistered(query)))


def columns_to_save(experiments: Placed, query: Query) -> tuple[dict[str, Any], list[bytes]] | None:
    """Return what an index keeps of the columns of a query, as `add_columns` takes it; None where nothing is kept."""
    from expflow_hooks.core.ranking.saved import save

    columns = PlaceColumns(query, experiments.recall, names=bool(_unregistered(query)))
    columns.read(experiments.batches(True))
    return save(columns, _direction(query))


def _rank_columns(columns: ExperimentColumns, query: Query, higher: bool) -> Ranking:
    present = columns.sort_out()
    count = sum(map(len, present.values()))
    ranking = rank_shelf(Shelf(present, columns.value_of, columns.row), query, higher, count, query.top)
    _mark_best_of(ranking.ranked, columns)
    return ranking


def _rank_read(experiments: Iterable[Experiment] | Placed, query: Query, higher: bool) -> Ranking:
    columns = _read(experiments, query)
    if query.group_by is None:
        ranking = _rank_columns(columns, query, higher)
    else:
        present = columns.sort_out()
        items = in_order(present, *columns.tables.values())
        ranking = rank_groups(columns, items, query, higher, sum(map(len, present.values())))
    return with_tables(ranking, columns) if columns.tables else ranking


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
    ranking = rank(experiments, _of_base(query))
    return next((row for row in (*ranking.rows, *ranking.apart) if row.group and experiment_id in row.group.runs), None)


def _of_base(query: Query) -> Query:
    return query._replace(of_base=True, base=None, candidates=frozenset(), confirm=False, top=None)


def _direction(query: Query) -> bool:
    if query.higher_is_better is not None:
        return query.higher_is_better
    metric = query.metrics.get(query.sort_by)
    # An unknown name is told apart from an unregistered one only after the experiments were seen.
    return metric.higher_is_better if metric else False


def _unregistered(query: Query) -> set[str]:
    """Return the metrics asked for that no registry of metrics knows."""
    wanted = {query.sort_by, *(gate.metric for gate in query.gates)}
    return {name for name in wanted if name not in query.metrics}


def _read(experiments: Iterable[Experiment] | Placed, query: Query) -> ExperimentColumns:
    unregistered = _unregistered(query)
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


def _mark_best_of(shown: Sequence[Row], columns: ExperimentColumns) -> None:
    """Say "best of n" on the first row of each configuration that was run several times."""
    best = {row.configuration: row for row in reversed(shown) if row.configuration is not None}
    runs = columns.runs_of(best)
    for configuration, row in best.items():
        if runs[configuration] > 1:
            row.notes = (*row.notes, f"best of {runs[configuration]}")
