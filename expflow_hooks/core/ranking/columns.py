"""The present state of every experiment, as the ranking keeps it: a few bytes each, and where the rest stands.

A million experiments are columns of numbers, not a million objects: what they are ordered by, what keeps them below the
line, and which configuration they are. The rest of the few that are shown is read again where it stands.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, cast

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.metrics.gates import all_hold
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.configurations import Configurations
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.revision_log import Changes
from expflow_hooks.core.ranking.row import KINDS, Made, Row, kind_of, revised
from expflow_hooks.core.registry.experiment import Batch, Definition, Experiment

MOST_REVISIONS = 5
"""How many revisions a row tells, the last ones; `run show ID --history` has them all."""

_CODES: dict[str | None, int] = {None: 0, **{kind: code for code, kind in enumerate(KINDS, start=1)}}
_NOT_COMPLETED = _CODES["not_completed"]
_NOT_COMPARABLE = _CODES["not_comparable"]
_KIND = 7  # the bits of a code that say the kind
_BARE = 8  # nothing but the start of a training so far: what it says later is no revision
_START = _BARE | _NOT_COMPLETED
_ROOM = 4096  # experiments
_NOTHING = Experiment("-")
_SEE = "earlier lines of it: `expflow-hooks run show ID --history`"
_NOWHERE = -1  # the configuration of an experiment that names none
_NAN = float("nan")


class ExperimentColumns:
    """The present state of the experiments that are selected; an item is an experiment's number in the columns.

    `recall` reads an experiment again at its place; without it, everything that a row may show is kept. With `names`,
    the names of all metrics are noted.
    """

    def __init__(self, query: Query, recall: Callable[[int], Experiment] | None, *, names: bool) -> None:
        self.size = 0
        self.by_kind: dict[str | None, list[int]] = {}
        self.at_hand: set[str] = set()
        self._names = names
        self._query, self._recall = query, recall
        self._facts, self._make = _judging(query)
        self._values = array("d")  # NaN where the value does not count
        self._exact: dict[int, int] = {}  # the integers that no float is
        self._codes = bytearray()
        self._configurations = array("i")
        self._places = array("q")
        self._hashes = array("q")  # hashes of the ids: what is read again must be of the same experiment
        self._kept: list[Row | Experiment] = []  # in place of places, where nothing can be read again
        self._changes = Changes(self._note_that_there_is_more)
        self._settled: dict[str, Any] = {}  # the last completed line of those that are not completed now
        self._left: dict[str, int] = {}  # the items that are not meant now: who comes back has its revisions
        self._defined: dict[int, Definition] = {}  # of the experiments that say how their numbers were made
        self._otherwise: dict[int, str] = {}
        self._forgotten = bytearray()  # 1 where some changes were

    def read(self, batches: Iterable[Batch]) -> None:
        """Read every line's experiment; one that comes again replaces the one before."""
        facts, make, slim = self._facts, self._make, self._recall is not None
        values, codes, configurations, settled = self._values, self._codes, self._configurations, self._settled
        changed = self._changes.add if slim else self._append_revisions
        exact, kept = self._exact, cast("Any", self._places if slim else self._kept)
        hashes, selects = self._hashes, self._query.selection.matcher()
        items: dict[str, int] = {}
        defined, measured = self._defined, self._query.measured
        item_of, size = items.setdefault, 0
        for experiments, places in batches:
            for experiment, place in zip(experiments, places, strict=False):
                if selects is not None and not selects(experiment):
                    # What it is now counts, not what it was; and nothing is kept of what was never meant.
                    name = experiment.experiment_id
                    left = items.pop(name, None)
                    if left is not None or name in self._left:
                        self._leave(name, left, experiment, place if slim else make(experiment))
                    continue
                item = item_of(experiment.experiment_id, size)
                if item == size and experiment.experiment_id in self._left:
                    item = items[experiment.experiment_id] = self._left.pop(experiment.experiment_id)
                elif item == size:
                    size += 1
                    if size > len(codes):
                        self._make_room()
                    if slim:
                        hashes[item] = hash(experiment.experiment_id)
                before = codes[item]
                if before & _BARE and not experiment.metrics:
                    kept[item] = place if slim else experiment
                    if experiment.state != "completed":
                        # Nearly always a start, soon replaced: to judge it would cost an eighth of a ranking's time.
                        codes[item], configurations[item] = _START, _NOWHERE
                        continue
                    value, code, configurations[item] = facts(experiment)
                    code |= _BARE
                else:
                    if self._names:
                        self.at_hand.update(experiment.metrics or ())
                    new: Any = place if slim else make(experiment)
                    if before < _NOT_COMPLETED:
                        changed(item, kept[item], new)
                        if experiment.state != "completed":
                            settled[experiment.experiment_id] = kept[item]
                    elif settled and experiment.experiment_id in settled:
                        changed(item, settled[experiment.experiment_id], new)
                        if experiment.state == "completed":
                            del settled[experiment.experiment_id]
                    kept[item] = new
                    value, code, configurations[item] = facts(experiment) if slim else _facts_of(new)
                codes[item] = code
                if experiment.definition is not None:
                    defined[item] = experiment.definition_of(measured)
                elif defined:
                    defined.pop(item, None)
                if exact:
                    exact.pop(item, None)
                values[item] = value if value.__class__ is float and value - value == 0.0 else self._number(item, value)
        self.size = len(items)
        self.by_kind = {kind: [] for kind in _CODES}
        lists = list(self.by_kind.values())
        if defined or self._query.definition is not None:
            self._set_apart(items.values())
        apart = self._otherwise
        for item in items.values():
            lists[_NOT_COMPARABLE if item in apart else codes[item] & _KIND].append(item)

    def _set_apart(self, items: Iterable[int]) -> None:
        """Note the completed experiments whose numbers were made in another way than those that rank."""
        completed = [item for item in items if self._codes[item] & _KIND != _NOT_COMPLETED]
        nothing: Definition = (None,) * len(self._query.measured)
        ranks = self._query.definition or next((self._defined.get(item, nothing) for item in completed[::-1]), nothing)
        for item in completed:
            definition = self._defined.get(item, nothing)
            if definition != ranks:
                self._otherwise[item] = otherwise(definition)
                self._configurations[item] = _NOWHERE

    def _leave(self, name: str, item: int | None, experiment: Experiment, new: Any) -> None:
        """Let an item count nowhere from a line on that is not meant, and remember what it had said and says now."""
        kept = cast("Any", self._places if self._recall else self._kept)
        item = self._left.setdefault(name, -1 if item is None else item)
        before = self._codes[item]
        bare = before & _BARE and not experiment.metrics
        if before < _NOT_COMPLETED:
            self._settled[name] = kept[item]
        if name in self._settled:
            (self._changes.add if self._recall else self._append_revisions)(item, self._settled[name], new)
        if experiment.state == "completed" and not bare:
            self._settled[name] = new
        kept[item] = new
        self._codes[item], self._configurations[item] = _START if bare else _NOT_COMPLETED, _NOWHERE

    def _make_room(self) -> None:
        """Add empty places to every column: what a start leaves in them is there already."""
        self._codes.extend([_START] * _ROOM)
        self._configurations.extend([_NOWHERE] * _ROOM)
        self._values.extend([_NAN] * _ROOM)
        if self._recall is None:
            self._kept.extend([_NOTHING] * _ROOM)
        else:
            self._places.extend([0] * _ROOM)
            self._hashes.extend([0] * _ROOM)

    def _number(self, item: int, value: Any) -> float:
        """Return a value that is no finite float as the column holds it."""
        if value_status(value) is not None:
            return _NAN
        if float(value) != value:
            self._exact[item] = value
        return float(value)

    def _note_that_there_is_more(self, item: int) -> None:
        self._forgotten.extend(bytes(len(self._codes) - len(self._forgotten)))
        self._forgotten[item] = True

    def _append_revisions(self, item: int, before: Row, after: Row) -> None:
        """Let a row that is kept say what it revises, after what the row says that it follows."""
        kept = self._kept[item]
        said = kept.notes if isinstance(kept, Row) else before.notes
        after.notes = (*said, *revised(before, after, self._query.sort_by))[-MOST_REVISIONS:]

    def _notes(self, item: int) -> tuple[str, ...]:
        """Return what later lines changed of a completed experiment, in words: the last ones."""
        notes: list[str] = []
        for before, after in reversed(self._changes.of(item)):
            notes[:0] = revised(self._reread(item, before), self._reread(item, after), self._query.sort_by)
            if len(notes) >= MOST_REVISIONS:
                break
        if any(self._forgotten[item : item + 1]) and len(notes) < MOST_REVISIONS:
            notes.insert(0, _SEE)
        return tuple(notes[-MOST_REVISIONS:])

    def value(self, item: int) -> float:
        """Return the sort value; NaN for one that does not count."""
        return self._exact.get(item) or self._values[item]

    @property
    def value_of(self) -> Callable[[int], float]:
        """Return the function that gives an item's sort value."""
        return self.value if self._exact else self._values.__getitem__

    def row(self, item: int) -> Row:
        """Return an item's row; raise UnreadableError where it does not say any more what it was judged by."""
        row = self._row(item)
        if item in self._otherwise:
            row.kind, row.otherwise = "not_comparable", self._otherwise[item]
        return row

    def _row(self, item: int) -> Row:
        if self._recall is None:
            kept = self._kept[item]
            row = self._kept[item] = kept if isinstance(kept, Row) else self._make(kept)
            return row
        row = self._reread(item, self._places[item])
        if not self._still_matches(row, item):
            raise _rewritten()
        row.notes = self._notes(item)
        return row

    def _reread(self, item: int, place: int) -> Row:
        assert self._recall is not None
        experiment = self._recall(place)
        if hash(experiment.experiment_id) != self._hashes[item]:
            raise _rewritten()
        return self._make(experiment)

    def _still_matches(self, row: Row, item: int) -> bool:
        value, code, _ = _facts_of(row)
        known = self.value(item)
        same = value == known if known == known else value_status(value) is not None
        start = self._codes[item] == _START
        return code == self._codes[item] & _KIND and (same or start)

    def runs_of(self, configurations: Collection[int]) -> Counter[int]:
        """Return how many completed experiments each of the configurations has."""
        if not configurations:
            return Counter()
        columns = zip(self._configurations, self._codes, strict=True)
        return Counter(
            number for number, code in columns if number in configurations and code & _KIND != _NOT_COMPLETED
        )


def _judging(query: Query) -> tuple[Callable[[Experiment], tuple[Any, int, int]], Callable[[Experiment], Row]]:
    """Return two functions: one for what the columns hold of an experiment, and one for its whole row."""
    metrics = query.metrics
    asked = (*(gate.metric for gate in query.gates), query.sort_by)
    names = [metrics.source(name) for name in asked]
    summed = any(metric.splits for name in asked if (metric := metrics.get(name)))
    values_of = itemgetter(*names, names[-1])  # the last one so that it always gives a tuple
    gates, hold = query.gates, all_hold(query.gates)
    configurations = Configurations(query.group_by.ignore if query.group_by else GroupBy().ignore)
    configuration, seed = configurations.key, configurations.seed if query.group_by else None
    shared: dict[Any, Any] = {}
    share = shared.setdefault  # of a million rows, most say the same few states, commits and tags

    def values(experiment: Experiment) -> tuple[Any, ...]:
        try:
            found: tuple[Any, ...] = values_of(experiment.metrics or {})
            return found
        except KeyError:
            return tuple(experiment.metric(name) for name in (*names, names[-1]))

    def summed_values(experiment: Experiment) -> tuple[Any, ...]:
        return tuple(metrics.value(experiment.metrics, name) for name in (*asked, asked[-1]))

    if summed:
        values = summed_values

    def facts(experiment: Experiment) -> tuple[Any, int, int]:
        found = values(experiment)
        status, value = experiment.status, found[-1]
        if status is not None and status != "completed":
            return value, _NOT_COMPLETED, _NOWHERE
        number = configuration(experiment)
        kind = kind_of("completed", value, hold(found))
        return value, 0 if kind is None else _CODES[kind], _NOWHERE if number is None else number

    def make(experiment: Experiment) -> Row:
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

    return facts, make


def _remarks(experiment: Experiment, remarks: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return what the source has to say of an experiment, and what became of its task on a server."""
    said = tuple(remarks.get(experiment.experiment_id, ())) if remarks else ()
    return said if experiment.task_gone is None else (*said, f"{experiment.gone}, as the last sync saw")


def otherwise(definition: Definition) -> str:
    """Return in words how numbers were made that cannot be compared with those that rank."""
    known = list(dict.fromkeys(one[:12] for one in definition if one))
    how = f"measured otherwise (definition {', '.join(known)})" if known else "nothing says how it was measured"
    return f"{how}: not comparable with those above"


def _rewritten() -> UnreadableError:
    return UnreadableError("the registry was rewritten while it was read: try again")


def _facts_of(row: Row) -> tuple[Any, int, int]:
    return row.value, _CODES[row.kind], _NOWHERE if row.configuration is None else row.configuration
