"""Rule sets by name, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expflow_hooks.core.audit.rules import Rule, gate, param, reported
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.suggest import did_you_mean

RULE_SETS: Mapping[str, tuple[Rule, ...]] = {
    "competition": (
        reported("seg_total"),
        gate("pde_mean:lt:18.09"),
        gate("train_time_min:lt:60"),
        param("sub_step:gt:0"),
    ),
}
"""The built-in rule sets. `competition`: score reported, residual under 18.09, under an hour, sub-steps set."""


def rule_set(name: Any) -> tuple[Rule, ...]:
    """Return a built-in rule set; raise UsageError with the nearest names."""
    if name not in RULE_SETS:
        hint = did_you_mean(str(name), RULE_SETS) or f"; known: {', '.join(RULE_SETS)}"
        raise UsageError(f"unknown rule set {str(name)[:80]!r}{hint}")
    return RULE_SETS[name]
