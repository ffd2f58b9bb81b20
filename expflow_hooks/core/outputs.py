"""What `--format json` prints besides what the public functions return (`results`), as types: no bare NaN in it."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from expflow_hooks.core.results import RuleCheck


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
