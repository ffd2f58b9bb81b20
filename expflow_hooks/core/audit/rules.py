"""The audit: rules as data, rule sets by name, and the checks of one experiment against them.

Every check says "holds", never "is not violated": what cannot be judged fails.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.gates import Gate, parse_gate
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.results import RuleCheck


class RuleResult(NamedTuple):
    """What one rule says of one experiment."""

    name: str
    label: str
    passed: bool
    value: Any
    detail: str

    def as_dict(self) -> RuleCheck:
        """Return the JSON form; a number that JSON cannot hold is null, and `detail` says why."""
        shown = None if isinstance(self.value, float) and value_status(self.value) else self.value
        return {
            "name": self.name,
            "label": self.label,
            "passed": self.passed,
            "value": shown,
            "detail": self.detail,
        }


class Rule(NamedTuple):
    """One rule: `reported`, `gate`, `param` or `clean`, on a subject, with the gate where it has one."""

    kind: str
    subject: str = ""
    gate: Gate | None = None
    label: str = ""

    def show(self) -> str:
        """Return the rule as people write it."""
        return self.label or (self.gate.show() if self.gate else f"{self.subject} {self.kind}".strip())


def reported(metric: Any) -> Rule:
    """Return the rule that a metric was reported with a value that counts."""
    if not isinstance(metric, str) or not metric:
        raise UsageError(f"must name a metric such as seg_total, not {metric!r}")
    return Rule("reported", metric, label=f"{metric} reported")


def gate(text: Any) -> Rule:
    """Return the rule that a gate holds."""
    parsed = parse_gate(text)
    return Rule("gate", parsed.metric, parsed, parsed.show())


def param(text: Any) -> Rule:
    """Return the rule that a parameter compares, such as `sub_step:gt:0`."""
    parsed = parse_gate(text)
    if parsed.of_groups:
        raise UsageError(f"{str(text)[:80]!r}: a parameter has no {parsed.subject[len(parsed.metric) :]}; drop it")
    return Rule("param", parsed.metric, parsed, f"parameter {parsed.show()}")


CLEAN = Rule("clean", "commit", label="commit known, no uncommitted changes")
