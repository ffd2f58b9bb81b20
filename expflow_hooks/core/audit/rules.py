"""Rules as data: the subject of each and its condition. The functions that judge them are in `validate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.gates import Gate, parse_gate, parse_subject
from expflow_hooks.core.metrics.values import parse_decimal, show_number, value_status
from expflow_hooks.core.results import RuleCheck


class RuleResult(NamedTuple):
    """The result of one rule for one experiment."""

    name: str
    label: str
    passed: bool
    value: Any
    detail: str

    def as_dict(self) -> RuleCheck:
        """Return the JSON form; a number that JSON cannot hold is null, with the reason in `detail`."""
        shown = None if isinstance(self.value, float) and value_status(self.value) else self.value
        return {
            "name": self.name,
            "label": self.label,
            "passed": self.passed,
            "value": shown,
            "detail": self.detail,
        }


class Rule(NamedTuple):
    """One rule: its kind, the metric or parameter it is about, its gate, and the numbers that its kind asks for.

    `counts` are run counts by a parameter's value (an empty one: whatever it is), `number` a count or a gain (`percent`
    of the record's value, or in the metric's unit), `alpha` the level of a test.
    """

    kind: str
    subject: str = ""
    gate: Gate | None = None
    label: str = ""
    aggregate: str = ""  # of a group's values, where it is one that has to be reported
    counts: tuple[tuple[str, int], ...] = ()
    number: float = 0.0
    percent: bool = False
    alpha: float = 0.0

    def show(self) -> str:
        """Return the rule as people write it."""
        return self.label or (self.gate.show() if self.gate else f"{self.subject} {self.kind}".strip())

    @property
    def of_group(self) -> bool:
        """Return whether the rule judges all runs of a configuration, not one run."""
        return self.kind in GROUP_KINDS or bool(self.aggregate) or bool(self.gate and self.gate.of_groups)


GROUP_KINDS = ("runs", "unconverged", "fresh_seeds", "significant", "record")
"""The kinds that always judge a group of runs."""


def needs_groups(rules: Sequence[Rule]) -> bool:
    """Return whether one of the rules judges a group of runs, so that an experiment alone is not enough."""
    return any(rule.of_group for rule in rules)


def reported(metric: Any) -> Rule:
    """Return the rule that a metric was reported with a value that counts; `M@olympic` is that of the group."""
    if not isinstance(metric, str) or not metric:
        raise UsageError(f"must name a metric such as seg_total, not {metric!r}")
    name, aggregate, _ = parse_subject(metric)
    return Rule("reported", name, label=f"{metric} reported", aggregate=aggregate or "")


def gate(text: Any) -> Rule:
    """Return the rule that a gate holds."""
    parsed = parse_gate(text)
    if parsed.base:
        raise UsageError(f"{str(text)[:80]!r}: an audit has no base; such as record: {{metric: pde_mean, alpha: 0.01}}")
    return Rule("gate", parsed.metric, parsed, parsed.show())


def param(text: Any) -> Rule:
    """Return the rule that a parameter compares, such as `sub_step:gt:0`."""
    parsed = parse_gate(text)
    if parsed.of_groups:
        raise UsageError(f"{str(text)[:80]!r}: a parameter has no {parsed.subject[len(parsed.metric) :]}; drop it")
    return Rule("param", parsed.metric, parsed, f"parameter {parsed.show()}")


def runs(exactly: int | Mapping[str, int], by: str = "") -> Rule:
    """Return the rule that a group has exactly so many runs, whatever became of them; `by` a parameter's value."""
    if isinstance(exactly, Mapping) is not bool(by):
        raise UsageError("runs is a number such as 5, or by: benchmark with exactly: {bert: 10, resnet: 5}")
    counts = tuple(sorted(exactly.items())) if isinstance(exactly, Mapping) else (("", exactly),)
    if not counts or any(count < 1 for _, count in counts):
        raise UsageError("runs must be 1 or more, such as 5")
    shown = ", ".join(f"{name} {count}" for name, count in counts) if by else str(exactly)
    return Rule("runs", by, label=f"runs by {by}: {shown}" if by else f"exactly {shown} runs", counts=counts)


def unconverged(metric: str, at_most: int = 0) -> Rule:
    """Return the rule that at most so many runs of a group did not converge: did not complete, or have no value."""
    if at_most < 0:
        raise UsageError("at_most must be 0 or more, such as 1")
    label = f"{metric}: at most {at_most} without convergence"
    return Rule("unconverged", metric, label=label, number=at_most)


def fresh_seeds(n: Any) -> Rule:
    """Return the rule that at least so many completed runs of a group have seeds that no earlier run has."""
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise UsageError(f"must be a number of runs such as 5, not {n!r}")
    return Rule("fresh_seeds", "seed", label=f"at least {n} fresh seeds", number=n)


def significant(gate: str, alpha: float = 0.05) -> Rule:
    """Return the rule that the mean of a group's runs is inside a gate at a one-sided p below alpha."""
    parsed = parse_gate(gate)
    if parsed.of_groups:
        raise UsageError(f"{gate[:80]!r}: significant tests the mean; write {parsed.metric}:{parsed.op}:18.09")
    label = f"{parsed.show()} at p < {_level(alpha):g}"
    bound = parsed._replace(aggregate="ucl95" if parsed.upper else "lcl95")
    return Rule("significant", parsed.metric, bound, label, alpha=alpha)


def record(metric: str, gain: float | str = 0.0, alpha: float = 0.05) -> Rule:
    """Return the rule that a group beats the best earlier one by more than `gain`, at a one-sided p below alpha.

    `gain` is in the metric's unit, or `1%` of the record's value.
    """
    text = str(gain)
    try:
        least = parse_decimal(text.removesuffix("%"))
    except ValueError:
        least = -1.0
    if least < 0:
        raise UsageError(f"gain {text[:40]!r} is neither a number of 0 or more nor a percentage; such as 0.5 or 1%")
    by = f" by {show_number(least)}{'%' if text.endswith('%') else ''}" if least else ""
    label = f"{metric} beats the record{by} at p < {_level(alpha):g}"
    return Rule("record", metric, label=label, number=least, percent=text.endswith("%"), alpha=alpha)


def _level(alpha: float) -> float:
    if not 0 < alpha < 1:
        raise UsageError(f"alpha {alpha:g} is not between 0 and 1; such as 0.01")
    return alpha


CLEAN = Rule("clean", "commit", label="commit known, no uncommitted changes")
