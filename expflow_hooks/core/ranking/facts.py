"""What a ranking needs of each experiment: sort value, a code for what keeps it below the line, configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from expflow_hooks.core.metrics.gates import all_hold
from expflow_hooks.core.ranking.configurations import Configurations
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.row import KINDS, Made, Row, kind_of
from expflow_hooks.core.registry.experiment import Definition, Experiment

CODES: dict[str | None, int] = {None: 0, **{kind: code for code, kind in enumerate(KINDS, start=1)}}
"""The code of each kind of row below the line; 0 ranks."""

KIND = 7  # the bits of a code that say the kind
BARE = 8  # nothing but the start of a training so far: what it says later is no revision
LEFT = 16  # not selected any more
MOST = 32  # no code is as large
NOT_COMPLETED = CODES["not_completed"]
NOT_COMPARABLE = CODES["not_comparable"]
START = BARE | NOT_COMPLETED
NOWHERE = -1
"""The configuration of an experiment that names no parameter."""

Facts = tuple[Any, int, int]
"""Sort value, code and configuration."""


class Judge:
    """Gives the facts of an experiment, and its whole row, as a query asks for them."""

    def __init__(self, query: Query) -> None:
        self._configurations = Configurations(query.group_by.ignore if query.group_by else GroupBy().ignore)
        self.facts, self.row = _functions(query, self._configurations)

    @property
    def numbers(self) -> dict[Any, int]:
        """The numbers of the configurations."""
        return self._configurations.numbers

    @numbers.setter
    def numbers(self, numbers: dict[Any, int]) -> None:
        self._configurations.numbers = numbers


def _values(query: Query) -> Callable[[Experiment], tuple[Any, ...]]:
    """Return what gives the values of the gates' metrics and of the sort metric, this one twice."""
    metrics = query.metrics
    asked = (*(gate.metric for gate in query.gates), query.sort_by)
    names = [metrics.source(name) for name in asked]
    values_of = itemgetter(*names, names[-1])  # the last one so that it always gives a tuple

    def values(experiment: Experiment) -> tuple[Any, ...]:
        try:
            found: tuple[Any, ...] = values_of(experiment.metrics or {})
            return found
        except KeyError:
            return tuple(experiment.metric(name) for name in (*names, names[-1]))

    def summed_values(experiment: Experiment) -> tuple[Any, ...]:
        return tuple(metrics.value(experiment.metrics, name) for name in (*asked, asked[-1]))

    summed = any(metric.splits for name in asked if (metric := metrics.get(name)))
    return summed_values if summed else values


def _functions(
    query: Query, configurations: Configurations
) -> tuple[Callable[[Experiment], Facts], Callable[[Experiment], Row]]:
    """Return functions with all that they need at hand: they are called for each line."""
    values, gates, hold = _values(query), query.gates, all_hold(query.gates)
    configuration, seed = configurations.key, configurations.seed if query.group_by else None
    shared: dict[Any, Any] = {}
    share = shared.setdefault  # of a million rows, most have the same few states, commits and tags

    def facts(experiment: Experiment) -> Facts:
        found = values(experiment)
        status, value = experiment.status, found[-1]
        if status is not None and status != "completed":
            return value, NOT_COMPLETED, NOWHERE
        number = configuration(experiment)
        kind = kind_of("completed", value, hold(found))
        return value, 0 if kind is None else CODES[kind], NOWHERE if number is None else number

    def row(experiment: Experiment) -> Row:
        found = values(experiment)
        state, commit, tags = experiment.state, experiment.revision, experiment.tags or ()
        return Row(
            experiment.experiment_id,
            experiment.name,
            share(state, state),
            experiment.timestamp,
            found[-1],
            found[:-2],
            gates,
            configuration(experiment),
            share(commit, commit),
            share(tags, tags),
            experiment.dirty,
            kind=kind_of(state, found[-1], hold(found)),
            remarks=_remarks(experiment, query.remarks),
            made=Made(seed(experiment), experiment.code.id if experiment.code else None) if seed else None,
        )

    return facts, row


def _remarks(experiment: Experiment, remarks: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the source's notes on an experiment, and what became of its task on a server."""
    own = tuple(remarks.get(experiment.experiment_id, ())) if remarks else ()
    return own if experiment.task_gone is None else (*own, f"{experiment.gone}, as the last sync saw")


def facts_of(row: Row) -> Facts:
    """Return the facts of a row."""
    return row.value, CODES[row.kind], NOWHERE if row.configuration is None else row.configuration


def otherwise(definition: Definition) -> str:
    """Return in words how numbers were made that cannot be compared with those that rank."""
    known = list(dict.fromkeys(one[:12] for one in definition if one))
    how = f"measured otherwise (definition {', '.join(known)})" if known else "nothing says how it was measured"
    return f"{how}: not comparable with those above"
