"""What the public functions return and `--format json` prints, as types: a mapping each, never a bare NaN in it.

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


class _Located(TypedDict, total=False):
    file: str


class RevisedField(_Located):
    """A later line that changed what a completed experiment had; `file` where the registry is a folder."""

    line: int
    field: str
    old: Any
    new: Any


class AuditOutput(TypedDict):
    """The audit of one experiment, as the command line prints it."""

    experiment_id: str
    all_pass: bool
    checks: list[RuleCheck]
    revisions: list[RevisedField]
    source: str


class ComparedSide(TypedDict):
    """One side of a difference: an experiment, or a group of `runs` named after one."""

    experiment_id: str
    name: str | None
    runs: list[str]


class ComparedMetric(TypedDict):
    """One metric on both sides; `difference` is second minus first in its unit, `percent` of the first's size."""

    name: str
    first: float | None
    first_status: str
    second: float | None
    second_status: str
    spreads: list[float | None]
    difference: float | None
    percent: float | None
    verdict: str | None


class ComparedFact(TypedDict):
    """One parameter or field on both sides; null where a side does not have it."""

    name: str
    first: Any
    second: Any


class DifferenceOutput(TypedDict):
    """Two experiments side by side; `files` differ between their commits, null where `code_unknown` has the reason."""

    schema: Literal[1]
    first: ComparedSide
    second: ComparedSide
    metrics: list[ComparedMetric]
    params: list[ComparedFact]
    facts: list[ComparedFact]
    files: list[str] | None
    code_unknown: str | None


class LineOf(_Located):
    """A line of the registry, from 1; `file` where the registry is a folder."""

    line: int


class BrokenLine(LineOf, total=False):
    """A line where the history does not hold: `by` is the line that names another one; `by_file` its file."""

    kind: str
    message: str
    by: int
    by_file: str


class UnexpectedLine(LineOf):
    """A line that fits the history and that no append writes there."""

    message: str


class UnreadableLine(LineOf):
    """A line that cannot be read."""

    why: str


class Head(LineOf):
    """A line that no later line names, by its SHA-256."""

    hash: str


class VerificationOutput(TypedDict):
    """The history of a registry, verified; `uncovered` are line numbers in a file, places in a folder."""

    source: str
    lines: int
    problems: list[BrokenLine]
    unexpected: list[UnexpectedLine]
    uncovered: list[int | LineOf]
    unreadable: list[UnreadableLine]
    heads: list[Head]


class DoctorCheck(TypedDict):
    """One check of `doctor`; `fix` is the command that repairs it, empty where nothing is missing."""

    name: str
    state: Literal["active", "missing", "off"]
    detail: str
    fix: str


class _MetricExtras(TypedDict, total=False):
    threshold: float


_MetricSource = TypedDict("_MetricSource", {"from": str}, total=False)  # the policy's name for it


class MetricEntry(_MetricExtras, _MetricSource):
    """One metric: `threshold` where it has one, `from` where the policy maps another name."""

    name: str
    type: str
    group: str
    higher_is_better: bool
    unit: str
    description: str


class LeakFinding(TypedDict):
    """One leak at one place; lines and columns count from 1. `blob`, `commit` and `ref` are empty for a file."""

    path: str
    line: int
    column: int
    code: str
    message: str
    blob: str
    commit: str
    ref: str


class ScanOutput(TypedDict):
    """A scan: what was found, and what could not be looked at."""

    schema: Literal[1]
    findings: list[LeakFinding]
    problems: list[str]


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
