"""What a pull request changes in the policy, and which of the changes loosen it. Pure.

A change loosens if something that failed before could pass now, or if it leads the judging to other experiments.
Where that cannot be told, it counts as loosening: a reviewer's look costs less than a gate that was quietly opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from expflow_hooks.core.audit.rules import Rule
from expflow_hooks.core.metrics.gates import Gate
from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.core.policy.choices import FAIL_ON, REQUIRE_CANDIDATE
from expflow_hooks.core.policy.policy import Policy

_STRICTER = {"mean": 0, "median": 0, "olympic": 0, "worst": 1}


class PolicyChange(NamedTuple):
    """One change: the key, what it was and what it is to be (None for nothing), and whether it loosens."""

    key: str
    old: str | None
    new: str | None
    loosens: bool


def diff_policies(old: Policy, new: Policy) -> list[PolicyChange]:
    """Return what changes from one policy to the other, by key."""
    parts = (_gates, _board, _groups, _boards, _metrics, _audit, _rest)
    return [change for part in parts for change in part(old, new)]


def _boards(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    """Yield what changes in each of several leaderboards; one that goes is judged no more."""
    for name in dict.fromkeys([*old.leaderboards, *new.leaderboards]):
        key = f"leaderboards.{name}"
        if name not in old.leaderboards or name not in new.leaderboards:
            was, now = _came_or_went(name in new.leaderboards)
            yield PolicyChange(key, was, now, name in old.leaderboards)
            continue
        before, after = old.of_board(name), new.of_board(name)
        for change in (change for part in (_gates, _board, _groups) for change in part(before, after)):
            yield change._replace(key=key + change.key.removeprefix("leaderboard"))


def _gates(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    yield from _gate_changes("leaderboard.gates", (old, new), (old.leaderboard.gates, new.leaderboard.gates))


def _gate_changes(
    key: str, policies: tuple[Policy, Policy], gates: tuple[Sequence[Gate], Sequence[Gate]]
) -> Iterator[PolicyChange]:
    """Pair the gates that bound the same metric from the same side; what has no pair came or went."""
    gone = [gate for gate in gates[0] if gate not in gates[1]]
    came = [gate for gate in gates[1] if gate not in gates[0]]
    for gate in gone:
        successor = next((other for other in came if _side(other) == _side(gate)), None)
        loosens = successor is None
        if successor is not None:
            came.remove(successor)
            judged = _judged(gate, policies[0]), _judged(successor, policies[1])
            loosens = _wider(gate, successor) or (judged[0] != judged[1] and judged not in _STRICTER_PAIRS)
        yield PolicyChange(key, gate.show(), successor and successor.show(), loosens)
    for gate in came:
        yield PolicyChange(key, None, gate.show(), False)


def _side(gate: Gate) -> tuple[str, bool, bool]:
    return gate.metric, gate.upper, gate.base


def _judged(gate: Gate, policy: Policy) -> str:
    """Return what of a group a gate judges: an aggregate, or the bound."""
    groups = policy.leaderboard.group_by
    return "bound" if gate.by_bound else gate.aggregate or (groups.aggregate if groups else "mean")


_STRICTER_PAIRS = frozenset({("mean", "worst"), ("median", "worst"), ("olympic", "worst"), ("mean", "bound")})
"""From, to: what passes the second always passes the first. The bound and the worst may lie either way."""


def _wider(old: Gate, new: Gate) -> bool:
    """Return whether a value may pass the new gate that failed the old one."""
    if old.threshold == new.threshold:
        return "e" in new.op and "e" not in old.op  # from < to ≤
    return (new.threshold > old.threshold) == old.upper


def _board(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    before, after = old.leaderboard, new.leaderboard
    for name, loosens in _BOARD.items():
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield PolicyChange(f"leaderboard.{name}", _show(was), _show(now), loosens(was, now))


def _fewer_paths(was: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Return whether fewer changes need a candidate now: without paths, every change needs one."""
    added_exceptions = any(path.startswith("!") and path not in was for path in now)
    return bool(now) and (not was or not set(was) <= set(now) or added_exceptions)


def _always(was: Any, now: Any) -> bool:
    return True


def _never(was: Any, now: Any) -> bool:
    return False


def _laxer(order: Sequence[str]) -> Callable[[str, str], bool]:
    return lambda was, now: order.index(now) < order.index(was)


def _more_tags(was: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Return whether an experiment that had the tags that were asked for may lack one that is."""
    return not set(now) <= set(was)


_BOARD: Mapping[str, Callable[[Any, Any], bool]] = {
    "source": _always,
    "project": _always,
    "tags": _always,
    "sort_by": _always,  # who leads, which value has to count, and what a group's worst is
    "paths": _fewer_paths,
    "top": _never,
    "fail_on": _laxer(FAIL_ON),
    "require_candidate": _laxer(REQUIRE_CANDIDATE),
    "claims": _more_tags,
    "confirm": lambda was, now: now is None,
}


def _groups(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    was, now = old.leaderboard.group_by, new.leaderboard.group_by
    if was == now:
        return
    if was is None or now is None:
        yield PolicyChange("leaderboard.group_by", _show(was), _show(now), True)
        return
    judged = {
        "ignore": was.ignore != now.ignore,
        "aggregate": _STRICTER[now.aggregate] <= _STRICTER[was.aggregate],
        "min_runs": now.min_runs < was.min_runs,
    }
    for name, loosens in judged.items():
        before, after = getattr(was, name), getattr(now, name)
        if before != after:
            yield PolicyChange(f"leaderboard.group_by.{name}", _show(before), _show(after), loosens)


def _metrics(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    names = dict.fromkeys([*(m.name for m in old.metrics), *(m.name for m in new.metrics)])
    for name in names:
        was, now = old.metrics.get(name), new.metrics.get(name)
        if was != now:
            same = was and now and (was.higher_is_better, was.source) == (now.higher_is_better, now.source)
            fewer = was and now and not set(was.splits) <= set(now.splits)
            yield PolicyChange(f"metrics.{name}", _show(was), _show(now), was is not None and bool(not same or fewer))
        trusted, trusts = name in old.metrics.trust_zero, name in new.metrics.trust_zero
        if trusted != trusts:
            yield PolicyChange(f"metrics.{name}.trust_zero", _show(trusted), _show(trusts), trusts)


def _audit(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    if ("audit" in old.sections) != ("audit" in new.sections):
        yield PolicyChange("audit", *_came_or_went("audit" in new.sections), "audit" in old.sections)
        return
    kept = {rule.show() for rule in new.audit.rules}
    had = {rule.show() for rule in old.audit.rules}
    before, after = ([r.gate for r in p.audit.rules if r.kind == "gate" and r.gate] for p in (old, new))
    yield from _gate_changes("audit.rules", (old, new), (before, after))
    yield from (PolicyChange("audit.rules", r.show(), None, True) for r in _ungated(old) if r.show() not in kept)
    yield from (PolicyChange("audit.rules", None, r.show(), False) for r in _ungated(new) if r.show() not in had)
    if old.audit.tags != new.audit.tags:
        fewer = bool(set(new.audit.tags) - set(old.audit.tags))
        yield PolicyChange("audit.applies_to.tags", _show(old.audit.tags), _show(new.audit.tags), fewer)
    if old.audit.protect != new.audit.protect:
        fewer = new.audit.protect is not None and not set(old.audit.protect or ()) < set(new.audit.protect)
        yield PolicyChange("audit.protect", _show(old.audit.protect), _show(new.audit.protect), fewer)


def _ungated(policy: Policy) -> list[Rule]:
    return [rule for rule in policy.audit.rules if rule.kind != "gate"]


def _rest(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    for blob in sorted(old.scan_allow.keys() | new.scan_allow.keys()):
        if (blob in old.scan_allow) != (blob in new.scan_allow):
            was, now = _came_or_went(blob in new.scan_allow)
            yield PolicyChange(f"scan.allow {blob[:12]}", was, now, blob in new.scan_allow)
    if old.evaluator != new.evaluator:
        fewer = not set(old.evaluator) <= set(new.evaluator)
        yield PolicyChange("evaluator.paths", _show(old.evaluator), _show(new.evaluator), fewer)
    if old.allow_force != new.allow_force:
        yield PolicyChange("guard.allow_force", _show(old.allow_force), _show(new.allow_force), new.allow_force)


def _came_or_went(came: bool) -> tuple[str | None, str | None]:
    return (None, "added") if came else ("there", None)


def _show(value: Any) -> str | None:
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return show_number(value)
    if hasattr(value, "_asdict"):
        shown = {key: item for key, item in value._asdict().items() if item not in (None, "", "name")}
        return ", ".join(f"{key} {item}" for key, item in shown.items() if key != "name")
    return ", ".join(value) if isinstance(value, tuple) else str(value)
