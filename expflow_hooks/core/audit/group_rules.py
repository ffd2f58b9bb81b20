"""The judges of rules on groups: how many runs, how many converged, which seeds, what their noise leaves certain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from expflow_hooks.core.audit.rules import Rule, RuleResult
from expflow_hooks.core.audit.runs import RunGroup
from expflow_hooks.core.metrics.gates import BASE, Gate, GateResult
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.metrics.values import show_number, value_status
from expflow_hooks.core.ranking.groups import aggregate, olympic
from expflow_hooks.core.ranking.seeds import reused_seeds, show_seed
from expflow_hooks.core.ranking.statistics import FEWEST
from expflow_hooks.core.ranking.uncertainty import BaseRuns, Runs, judge_groups
from expflow_hooks.core.registry.experiment import UNFINISHED, normal_parameter
from expflow_hooks.core.wording import counted


def judge_group(rule: Rule, group: RunGroup | None, metrics: Metrics) -> RuleResult:
    """Return the result of a rule for a group of runs; without a group no rule holds."""
    if group is None or not group.runs:
        why = "judges a group of runs, and only this run is known here; rank it in a registry with the others"
        return _result(rule, False, None, why)
    return _JUDGES[rule.kind](rule, group, metrics)


def _result(rule: Rule, passed: bool, value: Any, detail: str) -> RuleResult:
    return RuleResult(rule.subject if rule.kind != "runs" else "runs", rule.show(), passed, value, detail)


def _runs(rule: Rule, group: RunGroup, metrics: Metrics) -> RuleResult:
    n, waiting = len(group.runs), [run for run in group.runs if run.state in UNFINISHED]
    wanted = dict(rule.counts).get("")
    if rule.subject:
        wanted, said = _count_by(rule, group)
        if wanted is None:
            return _result(rule, False, n, said)
    detail = f"{n} of exactly {wanted}" + (f", {len(waiting)} of them unfinished" if waiting else "")
    return _result(rule, n == wanted and not waiting, n, detail)


def _count_by(rule: Rule, group: RunGroup) -> tuple[int | None, str]:
    """Return the number of runs that the group's value of a parameter asks for, or why it asks for none."""
    wanted = normal_parameter(rule.subject)
    values = {str(v) for run in group.runs for k, v in (run.params or {}).items() if normal_parameter(k) == wanted}
    if len(values) != 1:
        return None, f"{'several values' if values else 'no value'} of the parameter {rule.subject}"
    (value,) = values
    counts = dict(rule.counts)
    return counts.get(value), f"no count for {rule.subject} {value[:40]}; known: {', '.join(counts)}"


def _converged(group: RunGroup, metric: str, metrics: Metrics) -> list[float]:
    values = [metrics.value(run.metrics, metric) for run in group.runs if run.state == "completed"]
    return [value for value in values if value_status(value) is None]


def _unconverged(rule: Rule, group: RunGroup, metrics: Metrics) -> RuleResult:
    failed = len(group.runs) - len(_converged(group, rule.subject, metrics))
    detail = f"{failed} of {counted(len(group.runs), 'run')} did not converge"
    return _result(rule, failed <= rule.number, failed, detail)


def _aggregate(group: RunGroup, metric: str, how: str, metrics: Metrics, *, largest_is_worst: bool) -> Any:
    if how == "olympic":
        good = _converged(group, metric, metrics)
        return olympic(good, largest_is_worst=largest_is_worst, unconverged=len(group.runs) - len(good))
    values = [metrics.value(run.metrics, metric) for run in group.runs if run.state == "completed"]
    return aggregate(values, how, largest_is_worst=largest_is_worst)


def _reported(rule: Rule, group: RunGroup, metrics: Metrics) -> RuleResult:
    known = metrics.get(rule.subject)
    worst_is_largest = not (known.higher_is_better if known else False)
    value = _aggregate(group, rule.subject, rule.aggregate, metrics, largest_is_worst=worst_is_largest)
    status = value_status(value)
    detail = (
        f"{rule.subject}@{rule.aggregate} is {status}"
        if status
        else f"{show_number(value)} of {counted(len(group.runs), 'run')}"
    )
    return _result(rule, status is None, None if status else value, detail)


def _gate(rule: Rule, group: RunGroup, metrics: Metrics) -> RuleResult:
    assert rule.gate is not None
    if rule.gate.aggregate == "olympic":
        value = _aggregate(group, rule.subject, "olympic", metrics, largest_is_worst=rule.gate.upper)
        return _by_gate(rule, rule.gate.judge(value))
    return _by_gate(rule, _judged(rule.gate, group, metrics))


def _by_gate(rule: Rule, result: GateResult) -> RuleResult:
    said = f"{show_number(result.value)}, inside by {result.margin:.6g}" if result.passed else result.say()
    return _result(rule, result.passed, result.value, said)


def _judged(gate: Gate, group: RunGroup, metrics: Metrics, record: RunGroup | None = None) -> GateResult:
    other = None if record is None else BaseRuns(record.runs[0].experiment_id, _values(gate, record, metrics))
    return judge_groups(gate, [_values(gate, group, metrics)], other, [False])[0]


def _values(gate: Gate, group: RunGroup, metrics: Metrics) -> Runs:
    members = [(run, seed) for run, seed in zip(group.runs, _seeds(group), strict=True) if run.state == "completed"]
    values = [metrics.value(run.metrics, gate.metric) for run, _ in members]
    how = gate.aggregate if gate.aggregate in ("median", "worst") else "mean"
    again = reused_seeds(seed for _, seed in members)
    doubt = f"{show_seed(again[0][0])} used {again[0][1]} times" if again else None
    whole = aggregate(values, how, largest_is_worst=gate.upper) if values else None
    return Runs(values, whole, [seed for _, seed in members], doubt)


def _seeds(group: RunGroup) -> Sequence[Any]:
    return group.seeds or [None] * len(group.runs)


def _fresh_seeds(rule: Rule, group: RunGroup, metrics: Metrics) -> RuleResult:
    n = len(group.fresh)
    return _result(rule, n >= rule.number, n, f"{counted(n, 'completed run')} with a seed that no earlier run has")


def _significant(rule: Rule, group: RunGroup, metrics: Metrics) -> RuleResult:
    assert rule.gate is not None
    return _by_p(rule, _judged(rule.gate, group, metrics))


def _by_p(rule: Rule, result: GateResult, beaten: str = "") -> RuleResult:
    """Return the result of a test at the rule's own level; what cannot be tested does not hold."""
    found = result.comparison
    if found is None or found.p is None:
        return _result(rule, False, None, result.why or result.say())
    sides = f"{found.n}:{found.of_base.n}" if found.of_base else str(found.n)
    detail = f"{beaten}{found.estimate:.4g}, p = {found.p:.2g} ({found.method}, n = {sides})"
    return _result(rule, found.p < rule.alpha, found.p, detail)


def _record(rule: Rule, group: RunGroup, metrics: Metrics) -> RuleResult:
    known = metrics.get(rule.subject)
    if known is None:
        return _result(rule, False, None, f"{rule.subject} has no direction: put it into the policy's metrics")
    best = None
    for other in group.earlier:
        values = _converged(other, rule.subject, metrics)
        complete = len(values) == sum(run.state == "completed" for run in other.runs)
        if len(values) >= FEWEST and complete:
            mean = aggregate(values, "mean", largest_is_worst=True)
            if best is None or ((mean > best[0]) is known.higher_is_better and mean != best[0]):
                best = (mean, other)
    if best is None:
        return _result(rule, False, None, f"no record to beat: no earlier group of {FEWEST} runs has {rule.subject}")
    gain = abs(best[0]) * rule.number / 100 if rule.percent else rule.number
    op, threshold = ("gt", gain) if known.higher_is_better else ("lt", -gain)
    gate = Gate(rule.subject, op, threshold, f"{rule.subject}{BASE}:{op}:{threshold}", base=True)
    beaten = f"record {show_number(best[0])} of {best[1].runs[0].experiment_id}: difference "
    return _by_p(rule, _judged(gate, group, metrics, best[1]), beaten)


_JUDGES: dict[str, Callable[[Rule, RunGroup, Metrics], RuleResult]] = {
    "runs": _runs,
    "unconverged": _unconverged,
    "reported": _reported,
    "gate": _gate,
    "fresh_seeds": _fresh_seeds,
    "significant": _significant,
    "record": _record,
}
