"""The checks of one experiment against rules. A check asks "holds", never "is not violated": what cannot be judged
fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from expflow_hooks.core.audit.rule_sets import RULE_SETS
from expflow_hooks.core.audit.rules import Rule, RuleResult
from expflow_hooks.core.audit.runs import RunGroup
from expflow_hooks.core.metrics.gates import OPERATORS, Gate
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.metrics.values import parse_decimal, parse_integer, show_number, value_status
from expflow_hooks.core.registry.experiment import Experiment, normal_parameter
from expflow_hooks.core.results import CompetitionAudit

# A parameter whose nature is a count: `5.0` or `abc` is no number of sub-steps.
INTEGER_PARAMETERS = frozenset({normal_parameter("sub_step")})


def audit(
    experiment: Experiment, rules: Sequence[Rule], metrics: Metrics | None = None, group: RunGroup | None = None
) -> list[RuleResult]:
    """Return one result per rule; an experiment that is not completed also fails a first check named `status`.

    `group` are the runs of its configuration, which some rules judge: without it these fail.
    """
    known = metrics or Metrics()
    checks = [
        _judge_group(rule, group, known) if rule.of_group else _JUDGES[rule.kind](rule, experiment, known)
        for rule in rules
    ]
    if experiment.state != "completed":
        why = f"{experiment.state}: only completed experiments count"
        checks.insert(0, RuleResult("status", "completed", False, experiment.state, why))
    return checks


def _judge_group(rule: Rule, group: RunGroup | None, metrics: Metrics) -> RuleResult:
    from expflow_hooks.core.audit.group_rules import judge_group  # here: most rule sets judge no groups

    return judge_group(rule, group, metrics)


def all_pass(checks: Sequence[RuleResult]) -> bool:
    """Return whether there is a check and every one passed."""
    return bool(checks) and all(check.passed for check in checks)


def validate_competition_rules(
    task_metrics: Mapping[str, Any] | None, task_params: Mapping[str, Any] | None = None
) -> CompetitionAudit:
    """Judge metrics and parameters by the competition's rules.

    Rules: seg_total reported; pde_mean < 18.09; train_time_min < 60 minutes; sub_step an integer > 0. Both thresholds
    are strict. Returns `all_pass`, `checks` (each name, label, value, passed, detail) and `metrics` as they were given.
    """
    experiment = Experiment("", metrics=dict(task_metrics or {}), params=dict(task_params or {}))
    checks = audit(experiment, RULE_SETS["competition"])
    return {
        "all_pass": all_pass(checks),
        "checks": [check.as_dict() for check in checks],
        "metrics": dict(task_metrics or {}),
    }


def _judge_reported(rule: Rule, experiment: Experiment, metrics: Metrics) -> RuleResult:
    value = metrics.value(experiment.metrics, rule.subject)
    status = value_status(value)
    detail = f"{rule.subject} is {status}" if status else f"{show_number(value)} reported"
    return RuleResult(rule.subject, rule.show(), status is None, None if status else value, detail)


def _judge_gate(rule: Rule, experiment: Experiment, metrics: Metrics) -> RuleResult:
    assert rule.gate is not None
    result = rule.gate.judge(metrics.value(experiment.metrics, rule.subject))
    bound = rule.gate.show().removeprefix(rule.subject + " ")
    if result.status:
        detail = f"{rule.subject} is {result.status}; must be {bound}"
    elif result.passed:
        detail = f"{show_number(result.value)}, inside by {result.margin:.6g}"
    else:
        detail = f"{show_number(result.value)} is not {bound}"
    return RuleResult(rule.subject, rule.show(), result.passed, result.value, detail)


def _judge_param(rule: Rule, experiment: Experiment, metrics: Metrics) -> RuleResult:
    assert rule.gate is not None
    wanted = normal_parameter(rule.subject)
    found = {k: v for k, v in (experiment.params or {}).items() if normal_parameter(k) == wanted}
    if not found:
        return RuleResult(rule.subject, rule.show(), False, None, f"no parameter {rule.subject}")
    failed = {k: v for k, v in found.items() if not _parameter_holds(wanted, v, rule.gate)}
    # Where several parts of a configuration set it, nobody knows which one ran: all must hold.
    shown = failed or found
    detail = ", ".join(f"{k}={str(v)[:40]}" for k, v in shown.items())
    if failed and wanted in INTEGER_PARAMETERS:
        detail += "; must be an integer, " + rule.gate.show()
    value = next(iter(shown.values()))
    return RuleResult(rule.subject, rule.show(), not failed, value, detail)


def _parameter_holds(name: str, value: Any, gate: Gate) -> bool:
    try:
        if name in INTEGER_PARAMETERS:
            number: float = parse_integer(value)
        else:
            number = parse_decimal(value) if isinstance(value, str) else value
    except ValueError:
        return False
    return value_status(number) is None and OPERATORS[gate.op](number, gate.threshold)


def _judge_clean(rule: Rule, experiment: Experiment, metrics: Metrics) -> RuleResult:
    commit = experiment.revision
    if not commit:
        detail = "no commit recorded"
    elif experiment.dirty is None:
        detail = "nobody recorded whether there were uncommitted changes; report_standard, record and track do"
    else:
        unseen = ""
        if experiment.clearml_task_id and not experiment.code:
            unseen = "; untracked files and unpushed commits do not show"
        detail = "uncommitted changes" if experiment.dirty else f"commit {commit[:12]}{unseen}"
    return RuleResult("clean", rule.show(), bool(commit) and experiment.dirty is False, commit, detail)


_JUDGES = {"reported": _judge_reported, "gate": _judge_gate, "param": _judge_param, "clean": _judge_clean}
