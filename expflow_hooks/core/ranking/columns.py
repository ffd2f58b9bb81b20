"""The present state of every experiment as the ranking stores it: a few bytes each, and the place of the rest.

A million experiments are columns of numbers, not a million objects: what they are ordered by, what keeps them below the
line, and which configuration they are. Where a source can be read again, only the rows that are shown are made.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from copy import copy
from typing import Any, cast

from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.facts import (
    BARE,
    CODES,
    KIND,
    LEFT,
    MOST,
    NOT_COMPLETED,
    NOWHERE,
    START,
    Judge,
    facts_of,
    otherwise,
)
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.registry.experiment import Batch, Definition, Experiment

ROOM = 4096
"""Experiments for which the columns get room at a time."""

_NAN = float("nan")


class ExperimentColumns:
    """The columns of the experiments that are selected; an item is an experiment's number, by its first line.

    What a row shows besides is kept by `PlaceColumns` as the place of its line, by `RowColumns` as it is. With `names`,
    the names of all metrics are noted.
    """

    kept: Any  # for each item, what the subclass keeps of it
    hashes: Any  # of the ids, where items are read again
    slim = False

    def __init__(self, query: Query, *, names: bool) -> None:
        self.query = query
        self.metric_names: set[str] = set()
        self.items: Any = {}  # of every id that was ever selected
        self.values: Any = array("d")  # NaN where the value does not count
        self.exact: dict[int, int] = {}  # the integers that no float is
        self.codes: Any = bytearray()
        self.configurations: Any = array("i")
        self.settled: dict[str, Any] = {}  # what is kept of the last completed line of those not completed now
        self.defined: dict[int, Definition] = {}  # of the experiments that say how their numbers were made
        self.judge = Judge(query)
        self._names = names
        self.ranks: Definition | None = None  # how the numbers that rank were made, where a record says
        self.tables: dict[Definition, dict[str | None, list[int]]] = {}
        """The completed experiments whose numbers were made otherwise: how, and what keeps each below the line."""
        self._otherwise: dict[int, Definition] = {}

    def keep(self, experiment: Experiment, place: int) -> Any:
        """Return what to store of a line."""
        raise NotImplementedError

    def revise(self, item: int, before: Any, after: Any) -> None:
        """Record that a line of a completed experiment was followed by another; both as stored."""
        raise NotImplementedError

    def row(self, item: int) -> Row:
        """Return an item's row; raise UnreadableError if its line no longer holds the values that were judged."""
        row = self._row(item)
        if item in self._otherwise:
            row = copy(row)  # the row itself ranks in a table of its own
            row.kind, row.otherwise = "not_comparable", otherwise(self._otherwise[item])
        return row

    def row_of_table(self, item: int) -> Row:
        """Return an item's row as it stands among those whose numbers were made in the same way."""
        return self._row(item)

    def _row(self, item: int) -> Row:
        raise NotImplementedError

    def read(self, batches: Iterable[Batch]) -> None:
        """Read every line's experiment; later records with the same id win."""
        facts, slim, keep = self.judge.facts, self.slim, self.keep
        values, codes, configurations, settled = self.values, self.codes, self.configurations, self.settled
        exact, kept, revise, defined = self.exact, self.kept, self.revise, self.defined
        selects, measured = self.query.selection.matcher(), self.query.measured
        item_of, size = self.items.setdefault, len(self.items)
        for experiments, places in batches:
            for experiment, place in zip(experiments, places, strict=False):
                if selects is not None and not selects(experiment):
                    self._leave(experiment, place)
                    continue
                item = item_of(experiment.experiment_id, size)
                if item == size:
                    size += 1
                    if size > len(codes):
                        self._make_room()
                    if slim:
                        self.hashes[item] = hash(experiment.experiment_id)
                before = codes[item]
                if before & BARE and not experiment.metrics:
                    kept[item] = place if slim else experiment
                    if experiment.state != "completed":
                        # Nearly always a start, soon replaced: to judge it would cost an eighth of a ranking's time.
                        codes[item], configurations[item] = START, NOWHERE
                        continue
                    value, code, configurations[item] = facts(experiment)
                    code |= BARE
                else:
                    if self._names:
                        self.metric_names.update(experiment.metrics or ())
                    new: Any = place if slim else keep(experiment, place)
                    if before < NOT_COMPLETED:
                        revise(item, kept[item], new)
                        if experiment.state != "completed":
                            settled[experiment.experiment_id] = kept[item]
                    elif settled and experiment.experiment_id in settled:
                        revise(item, settled[experiment.experiment_id], new)
                        if experiment.state == "completed":
                            del settled[experiment.experiment_id]
                    kept[item] = new
                    value, code, configurations[item] = facts(experiment) if slim else facts_of(new)
                codes[item] = code
                if experiment.definition is not None:
                    defined[item] = experiment.definition_of(measured)
                elif defined:
                    defined.pop(item, None)
                if exact:
                    exact.pop(item, None)
                values[item] = value if value.__class__ is float and value - value == 0.0 else self._number(item, value)

    def sort_out(self) -> dict[str | None, Sequence[int]]:
        """Return the items by what keeps them below the line, in the order of their first lines."""
        codes = self.codes[: len(self.items)]
        if self.defined or self.query.definition is not None:
            self._set_apart(codes)
        by_kind: dict[str | None, list[int]] = {kind: [] for kind in CODES}
        lists, left, apart = list(by_kind.values()), list[int](), self._otherwise
        of_code = [left if code & LEFT else lists[min(code & KIND, len(lists) - 1)] for code in range(MOST)]
        for item, code in enumerate(codes):
            of_code[code].append(item)
        if apart:
            for kind, items in by_kind.items():
                by_kind[kind] = [item for item in items if item not in apart]
                for item in filter(apart.__contains__, items):
                    self.tables.setdefault(apart[item], {each: [] for each in CODES})[kind].append(item)
        return dict(by_kind)

    def _set_apart(self, codes: bytes) -> None:
        """Note the completed experiments whose numbers were made in another way than those that rank."""
        completed = [item for item, code in enumerate(codes) if code & KIND != NOT_COMPLETED]
        nothing: Definition = (None,) * len(self.query.measured)
        ranks = self.ranks = self.query.definition or next(
            (self.defined.get(item, nothing) for item in completed[::-1]), nothing
        )
        for item in completed:
            definition = self.defined.get(item, nothing)
            if definition != ranks:
                self._otherwise[item] = definition
                self.configurations[item] = NOWHERE

    def _leave(self, experiment: Experiment, place: int) -> None:
        """Let an experiment count nowhere from a line on that is not selected, and remember what it revises."""
        name = experiment.experiment_id
        item = self.items.get(name)
        if item is None:  # nothing is kept of what was never selected
            return
        new, before = self.keep(experiment, place), self.codes[item] & ~LEFT
        bare = before & BARE and not experiment.metrics
        if before < NOT_COMPLETED:
            self.settled[name] = self.kept[item]
        if name in self.settled:
            self.revise(item, self.settled[name], new)
        if experiment.state == "completed" and not bare:
            self.settled[name] = new
        self.kept[item] = new
        self.codes[item], self.configurations[item] = LEFT | (START if bare else NOT_COMPLETED), NOWHERE

    def _make_room(self) -> None:
        """Add empty places to every column: what a start leaves in them is there already."""
        self.codes.extend([START] * ROOM)
        self.configurations.extend([NOWHERE] * ROOM)
        self.values.extend([_NAN] * ROOM)

    def _number(self, item: int, value: Any) -> float:
        """Return a value that is no finite float as the column holds it."""
        if value_status(value) is not None:
            return _NAN
        if float(value) != value:
            self.exact[item] = value
        return float(value)

    def value(self, item: int) -> float:
        """Return the sort value; NaN for one that does not count."""
        return self.exact.get(item) or cast("float", self.values[item])

    @property
    def value_of(self) -> Callable[[int], float]:
        """Return the function that gives an item's sort value."""
        return self.value if self.exact else cast("Callable[[int], float]", self.values.__getitem__)

    def runs_of(self, configurations: Collection[int]) -> Counter[int]:
        """Return how many completed experiments each of the configurations has."""
        if not configurations:
            return Counter()
        columns = zip(self.configurations, self.codes, strict=True)
        return Counter(number for number, code in columns if number in configurations and code & KIND != NOT_COMPLETED)
