"""One row of a ranking: an experiment or a group of runs, judged by the gates, with the reason if it does not rank."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

import msgspec

from expflow_hooks.core.metrics.gates import FAILS, NOT_COMPARABLE, UNDECIDED, Gate, GateResult, all_hold
from expflow_hooks.core.metrics.values import ABSENT, same_value, show_number, value_status
from expflow_hooks.core.ranking.statistics import Estimate
from expflow_hooks.core.registry.experiment import parse_time

KINDS = ("gate_failed", "undecided", "not_comparable", "too_few_runs", "no_value", "not_completed")
"""What keeps a row below the line, in the order in which such rows are listed."""

_KIND_OF = {FAILS: "gate_failed", NOT_COMPARABLE: "not_comparable", UNDECIDED: "undecided"}
"""What a gate that does not hold makes of its row; the first that applies."""

_LATEST = datetime.max.replace(tzinfo=timezone.utc)


Seed = tuple[tuple[str, str], ...]
"""The ignored parameters' names and values, such as the seed."""


class Made(NamedTuple):
    """How a run of a group was made: its ignored parameters, such as the seed, and the code that ran."""

    seed: Seed | None
    code: str | None = None


class Group(NamedTuple):
    """What a row of several runs adds: their ids, the spread (sample standard deviation), the fewest runs it needs.

    `members` are the runs' own rows, by time; `mean` is the estimate of their mean where the noise is known.
    """

    runs: tuple[str, ...]
    spread: float | None
    fewest: int
    members: tuple[Row, ...] = ()
    mean: Estimate | None = None


class Row(msgspec.Struct, gc=False):
    """What the ranking keeps of an experiment or a group; `kind` is None for a row that ranks.

    `value` is the sort metric's, `gate_values` those of the gates in their order, as stored.
    """

    experiment_id: str
    name: str | None
    state: str
    timestamp: str | None
    value: Any
    gate_values: tuple[Any, ...]
    gates: tuple[Gate, ...]
    configuration: int | None
    commit: str | None = None
    tags: tuple[str, ...] = ()
    dirty: bool | None = None
    rank: int | None = None
    kind: str | None = None  # one of KINDS
    notes: tuple[str, ...] = ()
    group: Group | None = None
    made: Made | None = None  # of a run that may be in a group
    results: tuple[GateResult, ...] | None = None  # of a group with a gate that is judged by its runs
    band: tuple[int, int] | None = None  # the first and last place of those that are not told apart
    otherwise: str | None = None  # how else the numbers were made than those that rank
    remarks: tuple[str, ...] = ()  # what the source has to say of it
    optimism: float | None = None  # by how much the leader is expected to look better than it is

    @property
    def label(self) -> str:
        """Return the name, or the id of a row that has none."""
        return self.name or self.experiment_id

    @property
    def runs(self) -> tuple[str, ...]:
        """Return the ids of the runs in the row."""
        return self.group.runs if self.group else (self.experiment_id,)

    @property
    def told(self) -> tuple[str, ...]:
        """Return all notes on the row."""
        return (*self.notes, *self.remarks)

    @property
    def n(self) -> int:
        """Return the number of runs in the row."""
        return len(self.group.runs) if self.group else 1

    @property
    def value_status(self) -> str | None:
        """Return None if the sort value counts, else its status."""
        return value_status(self.value)

    @property
    def gates_passed(self) -> bool:
        """Return whether every gate holds and the experiment is completed, so that its numbers count at all."""
        if self.results is not None:
            return all(result.passed for result in self.results)
        return self.state == "completed" and all_hold(self.gates)(self.gate_values)

    @property
    def gate_results(self) -> list[GateResult]:
        """Return every gate's result; no gate passes for an experiment that is not completed."""
        if self.results is not None:
            return list(self.results)
        results = [gate.judge(value) for gate, value in zip(self.gates, self.gate_values, strict=True)]
        return results if self.state == "completed" else [result._replace(passed=False) for result in results]

    def reason(self, metric: str) -> str | None:
        """Return why the row is below the line, in words; `metric` is the sort metric's name."""
        if self.kind is None:
            return None
        return "; ".join(_REASONS[self.kind](self, metric))


def kind_of(state: str, value: Any, gates_hold: bool, runs_missing: bool = False) -> str | None:
    """Return what keeps a row below the line, the first of `KINDS` that applies, or None for one that ranks."""
    if state != "completed":
        return "not_completed"
    if runs_missing:
        return "too_few_runs"
    if not gates_hold:
        return "gate_failed"
    return "no_value" if value_status(value) is not None else None


def kind_by(results: Sequence[GateResult]) -> str | None:
    """Return what the gates make of a row: failed if one fails, else what keeps one open, else None."""
    outcomes = {result.outcome for result in results}
    return next((kind for outcome, kind in _KIND_OF.items() if outcome in outcomes), None)


def by_time(row: Row) -> tuple[datetime, str]:
    """Return what equal rows are ordered by: the earliest time in any zone, none last, then the id."""
    return parse_time(row.timestamp) or _LATEST, row.experiment_id


def revised(before: Row, after: Row, metric: str) -> tuple[str, ...]:
    """Return, in words, what a later line changed of a completed experiment: what is ranked and gated, and its code.

    What the later line leaves out is a change only where it says that the experiment is completed.
    """
    if before.state != "completed":
        return ()
    completed = after.state == "completed"
    names = (metric, *(gate.metric for gate in after.gates))
    values = zip(names, (before.value, *before.gate_values), (after.value, *after.gate_values), strict=True)
    changed = {
        name: f"{name} {show_number(old)} → {show_number(new)}"
        for name, old, new in values
        if not same_value(old, new) and (completed or new not in (ABSENT, None))
    }
    if before.configuration != after.configuration and (completed or after.configuration is not None):
        changed["parameters"] = "parameters"
    if before.commit != after.commit and (completed or after.commit):
        changed["commit"] = f"commit {(before.commit or 'none')[:12]} → {(after.commit or 'none')[:12]}"
    return tuple(f"revised: {words}" for words in changed.values())


def _failed_gates(row: Row, metric: str) -> list[str]:
    return [result.say() for result in row.gate_results if not result.passed]


_REASONS: dict[str, Callable[[Row, str], list[str]]] = {
    "not_completed": lambda row, metric: [row.state or "no state"],
    "too_few_runs": lambda row, metric: [f"{row.n} of {row.group.fewest if row.group else 1} runs"],
    "gate_failed": _failed_gates,
    "undecided": _failed_gates,
    "not_comparable": lambda row, metric: [row.otherwise] if row.otherwise else _failed_gates(row, metric),
    "no_value": lambda row, metric: [f"{metric} is {row.value_status}"],
}
