"""Remarks that arise while tasks are read, each reported once after the last task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

TRAIN_TIME = "train_time_min"
_MOST = 5  # tasks that are told one by one


class Remarks:
    """What came up over all tasks that were read."""

    def __init__(self, rows: dict[str, list[str]] | None = None) -> None:
        self._rows = {} if rows is None else rows  # what to say on a task's own row, by its id
        self.timed: list[str] = []
        self.resumed: list[str] = []
        self.disputed: list[str] = []
        self.apart: list[tuple[str, Mapping[str, Any]]] = []
        self.titles: dict[str, Counter[str]] = {}

    def values_of_iterations(self, task_id: str, iterations: Mapping[str, str]) -> None:
        """Note that a task's judged values are of different iterations, on its row and in a warning for all."""
        self.apart.append((task_id, iterations))
        told = ", ".join(f"{name} {at}" for name, at in iterations.items())
        self._rows.setdefault(task_id, []).append(f"values of different iterations: {told}")

    def lines(self) -> list[str]:
        """Return the warnings, one line each."""
        lines = []
        if self.timed:
            lines.append(f"{TRAIN_TIME} was not reported by {some(self.timed)}: the server's last session stands")
        if self.resumed:
            lines.append(
                f"{TRAIN_TIME} was not reported by {some(self.resumed)}, resumed or perhaps so: the server counts the"
                " last session only, which does not count"
            )
        lines += [f"{TRAIN_TIME} {told}" for told in self.disputed[:_MOST]]
        if len(self.disputed) > _MOST:
            more = len(self.disputed) - _MOST
            lines.append(f"{TRAIN_TIME}: {more} more differ from the server's own active duration")
        for name, titles in self.titles.items():
            if len(titles) > 1:
                told = ", ".join(f"{title}/{name} in {n}" for title, n in sorted(titles.items()))
                lines.append(f"{name} comes from different titles ({told}); the policy's `from` picks one")
        if self.apart:
            told = ", ".join(f"{name} {at}" for name, at in self.apart[0][1].items())
            lines.append(
                f"{some([task_id for task_id, _ in self.apart])}: values of different iterations are judged ({told});"
                " --at-best judges all at the best iteration of the metric that is sorted by"
            )
        return lines


def some(ids: Sequence[str], most: int = 3) -> str:
    """Return how many tasks, and the first of them."""
    shown = ", ".join(ids[:most])
    return f"{len(ids)} tasks ({shown}{', …' if len(ids) > most else ''})" if len(ids) > 1 else f"task {shown}"
