"""What the public functions return, as types: a mapping each, never a bare NaN in it; what else is printed: `outputs`.

The JSON Schemas of the reference are made from these types.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict


class Base(TypedDict):
    """The base's best group that a gate compared with: its experiment, and how many runs it has."""

    experiment_id: str
    n: int


class ComparisonResult(TypedDict):
    """How sure a gate is: the statistic's name, the estimate, its interval (null: no bound), and what would decide."""

    method: str | None
    estimate: float | None
    interval: list[float | None]
    p_value: float | None
    n: int
    more_runs: int | None
    base: dict[str, Any] | None
    percent: float | None


class GateOutcome(TypedDict):
    """One gate of one row; the margin is positive inside the gate, in the metric's unit."""

    gate: str
    value: float | None
    status: str
    passed: bool
    margin: float | None
    outcome: str
    why: str | None
    comparison: ComparisonResult | None


class RankingRow(TypedDict):
    """One row of a ranking: an experiment, or a group of runs; `rank` is null below the line, with the `reason`."""

    rank: int | None
    band: list[int] | None
    optimism: float | None
    experiment_id: str
    name: str | None
    status: str | None
    n: int
    value: float | None
    value_status: str
    spread: float | None
    gates_passed: bool
    gates: list[GateOutcome]
    reason: str | None
    notes: list[str]
    runs: list[str]
    tags: list[str]
    commit: str | None


class OtherTable(TypedDict):
    """Rows whose numbers were made otherwise, ranked among themselves; `definition` is empty where no record says."""

    definition: dict[str, str | None]
    ranking: list[RankingRow]
    counts: dict[str, int]


class RankingResult(TypedDict):
    """A ranking: ranked rows first, those below the line last; `other_tables` are not comparable with it."""

    schema: Literal[1]
    source: str
    metric: str
    direction: Literal["ascending", "descending"]
    gates: list[str]
    definition: dict[str, str | None]
    ranking: list[RankingRow]
    counts: dict[str, int]
    other_tables: list[OtherTable]


class RuleCheck(TypedDict):
    """One rule of an audit: `value` is what was looked at."""

    name: str
    label: str
    passed: bool
    value: Any
    detail: str


class CompetitionAudit(TypedDict):
    """The competition's rules, checked: `metrics` as they were given."""

    all_pass: bool
    checks: list[RuleCheck]
    metrics: dict[str, Any]


class RunEvent(TypedDict, total=False):
    """What was done to an experiment: by whom, when (ISO 8601), how authorised, why."""

    action: str
    by: str
    at: str
    authorised: str
    reason: str


class _Identified(TypedDict):
    experiment_id: str


class CodeRun(TypedDict, total=False):
    """The code that ran: the patterns of its files, the digest over them, and when it was taken."""

    paths: list[str]
    id: str
    at: Literal["start", "record"]


class ExperimentRecord(_Identified, total=False):
    """A registry line; fields of other tools survive beside these. In JSON, a metric that is no number is null."""

    name: str
    status: str
    project: str
    tags: list[str]
    timestamp: str
    metrics: dict[str, float | None]
    params: dict[str, Any]
    commit: str
    branch: str
    dirty: bool
    code: CodeRun
    definition: dict[str, str]
    error: str
    clearml_task_id: str
    task_gone: str
    event: RunEvent
    prev: list[str]
