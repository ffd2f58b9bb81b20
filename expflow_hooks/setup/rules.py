"""Whose rules `init` writes into a new policy: a rule set's, a list of one's own, or none."""

from __future__ import annotations

from expflow_hooks.core.audit.rule_sets import RULE_SETS
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.setup.yamltext import quoted

NONE = "none"
CLEAN = "clean"
QUESTION = f"Which rules hold: {', '.join(RULE_SETS)}, a list such as pde_mean:lt:18.09,clean, or none?"

_REST = """\
  # applies_to: {tags: [submission]}
  # protect: [main]                 # default: the remote's default branch
"""
_OFF = """\
# audit:                            # without it, nothing is audited
#   rules: competition              # or a list: reported, gate, param, clean
"""


def audit_section(answer: str) -> str:
    """Return the section `audit` of a policy; raise UsageError for an answer that is neither set, list nor none."""
    answer = answer.strip()
    if answer.lower() in ("", NONE):
        return _OFF
    if answer in RULE_SETS:
        return f"audit:\n  rules: {answer}\n{_REST}"
    rules = [rule.strip() for rule in answer.split(",") if rule.strip()]
    lines = "".join(f"    - {_rule(rule)}\n" for rule in rules)
    return f"audit:\n  rules:\n{lines}{_REST}"


def _rule(text: str) -> str:
    if text == CLEAN:
        return CLEAN
    try:
        parse_gate(text)
    except UsageError as error:
        sets = ", ".join((*RULE_SETS, NONE))
        raise UsageError(f"rules {text[:120]!r}: neither {CLEAN} nor a gate ({error}); or one of {sets}") from None
    return f"gate: {quoted(text)}"
