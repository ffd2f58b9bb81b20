"""Rule sets by name, as data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from expflow_hooks.core.audit.rules import (
    Rule,
    fresh_seeds,
    gate,
    param,
    record,
    reported,
    runs,
    significant,
    unconverged,
)
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.suggest import did_you_mean

# The MLPerf Training rules, "Run Results" and "Benchmark Results": so many runs a benchmark, the fastest and the
# slowest dropped, one that did not converge allowed and then the slowest. UNet3D is not here: of its 40 runs eight are.
_MLPERF_RUNS = {"bert": 10, "dlrm": 5, "maskrcnn": 5, "minigo": 10, "resnet": 5, "rnnt": 10, "ssd": 5}

RULE_SETS: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "competition": (
            reported("seg_total"),
            gate("pde_mean:lt:18.09"),
            gate("train_time_min:lt:60"),
            param("sub_step:gt:0"),
        ),
        "mlperf": (
            runs(_MLPERF_RUNS, by="benchmark"),
            unconverged("train_time_min", at_most=1),
            reported("train_time_min@olympic"),
        ),
        "speedrun": (
            fresh_seeds(5),
            significant("pde_mean:lt:18.09", alpha=0.01),
            record("train_time_min", gain="1%", alpha=0.01),
        ),
    }
)
"""The built-in rule sets, each a tuple of rules. A policy adds its own under `rule_sets`.

`competition`: score reported, residual under 18.09, under an hour, sub-steps set. `mlperf`: the exact number of runs of
the benchmark, at most one that did not converge, and the olympic mean of the time. `speedrun`: five fresh seeds, the
residual under 18.09 at p < 0.01, and the time at least 1% under the record at p < 0.01.
"""


def rule_set(name: Any, own: Mapping[str, tuple[Rule, ...]] = MappingProxyType({})) -> tuple[Rule, ...]:
    """Return a rule set by its name, built in or a policy's own; raise UsageError with the nearest names."""
    known = {**RULE_SETS, **own}
    if name not in known:
        hint = did_you_mean(str(name), known) or f"; known: {', '.join(known)}"
        raise UsageError(f"unknown rule set {str(name)[:80]!r}{hint}")
    return known[name]
