"""What rows show besides the columns: stored in memory, or read again at its place."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.columns import ROOM, ExperimentColumns
from expflow_hooks.core.ranking.facts import KIND, START, facts_of
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.revision_log import RevisionLog
from expflow_hooks.core.ranking.row import Row, revised
from expflow_hooks.core.registry.experiment import Experiment

MOST_REVISIONS = 5
"""How many revisions a row lists, the last ones; `run show ID --history` has them all."""

_NOTHING = Experiment("-")
_SEE = "earlier lines of it: `expflow-hooks run show ID --history`"


def open_columns(query: Query, recall: Callable[[int], Experiment] | None, *, names: bool) -> ExperimentColumns:
    """Return empty columns. `recall` reads an experiment again at its place; without it, rows stay in memory."""
    return PlaceColumns(query, recall, names=names) if recall else RowColumns(query, names=names)


class RowColumns(ExperimentColumns):
    """Columns of a source that cannot be read again, or whose rows are all shown: the rows stay in memory."""

    def __init__(self, query: Query, *, names: bool) -> None:
        super().__init__(query, names=names)
        self.kept: list[Row | Experiment] = []

    def keep(self, experiment: Experiment, place: int) -> Row:
        """Return the row of a line."""
        return self.judge.row(experiment)

    def revise(self, item: int, before: Row, after: Row) -> None:
        """Let a row list what it revises, after what the row lists that it follows."""
        kept = self.kept[item]
        notes = kept.notes if isinstance(kept, Row) else before.notes
        after.notes = (*notes, *revised(before, after, self.query.sort_by))[-MOST_REVISIONS:]

    def _row(self, item: int) -> Row:
        kept = self.kept[item]
        row = self.kept[item] = kept if isinstance(kept, Row) else self.judge.row(kept)
        return row

    def _make_room(self) -> None:
        super()._make_room()
        self.kept.extend([_NOTHING] * ROOM)


class PlaceColumns(ExperimentColumns):
    """Columns of a source that can be read again: of each experiment the place of its line, and a hash of its id."""

    slim = True

    def __init__(self, query: Query, recall: Callable[[int], Experiment], *, names: bool) -> None:
        super().__init__(query, names=names)
        self.recall = recall
        self.kept: Any = array("q")
        self.hashes: Any = array("q")  # what is read again must be of the same experiment
        self.log = RevisionLog(self._note_that_there_is_more)
        self.revise = self.log.add  # type: ignore[method-assign]
        self.forgotten = bytearray()  # 1 where some changes were

    def keep(self, experiment: Experiment, place: int) -> int:
        """Return the place of a line."""
        return place

    def _note_that_there_is_more(self, item: int) -> None:
        self.forgotten.extend(bytes(len(self.codes) - len(self.forgotten)))
        self.forgotten[item] = True

    def _notes(self, item: int) -> tuple[str, ...]:
        """Return what later lines changed of a completed experiment, in words: the last ones."""
        notes: list[str] = []
        for before, after in reversed(self.log.of(item)):
            notes[:0] = revised(self._reread(item, before), self._reread(item, after), self.query.sort_by)
            if len(notes) >= MOST_REVISIONS:
                break
        if any(self.forgotten[item : item + 1]) and len(notes) < MOST_REVISIONS:
            notes.insert(0, _SEE)
        return tuple(notes[-MOST_REVISIONS:])

    def _row(self, item: int) -> Row:
        row = self._reread(item, self.kept[item])
        if not self._still_matches(row, item):
            raise _rewritten()
        row.notes = self._notes(item)
        return row

    def _reread(self, item: int, place: int) -> Row:
        experiment = self.recall(place)
        if not self._is_named(item, experiment.experiment_id):
            raise _rewritten()
        return self.judge.row(experiment)

    def _is_named(self, item: int, experiment_id: str) -> bool:
        return bool(hash(experiment_id) == self.hashes[item])

    def _still_matches(self, row: Row, item: int) -> bool:
        value, code, _ = facts_of(row)
        known = self.value(item)
        same = value == known if known == known else value_status(value) is not None
        start = self.codes[item] == START
        return bool(code == self.codes[item] & KIND) and (same or start)

    def _make_room(self) -> None:
        super()._make_room()
        self.kept.extend([0] * ROOM)
        self.hashes.extend([0] * ROOM)


def _rewritten() -> UnreadableError:
    return UnreadableError("the registry was rewritten while it was read: try again")
