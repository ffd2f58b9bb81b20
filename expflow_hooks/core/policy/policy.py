"""The policy, as the rest of the house reads it: a value that was checked. What a file may hold is in `keys`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from expflow_hooks.core.audit.rule_sets import RULE_SETS
from expflow_hooks.core.audit.rules import Rule
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.gates import Gate
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.ranking.query import GroupBy
from expflow_hooks.core.suggest import did_you_mean

FILE = "expflow.yaml"


@dataclass(frozen=True)
class Leaderboard:
    """Where experiments come from and how they are ranked."""

    source: str | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    sort_by: str | None = None
    gates: tuple[Gate, ...] = ()
    group_by: GroupBy | None = None
    paths: tuple[str, ...] = ()
    top: int | None = None
    fail_on: str = "candidate-fail"
    require_candidate: str = "auto"
    confirm: str | None = None
    claims: tuple[str, ...] = ()
    """Tags of the experiments of a change that are judged; none: all are."""


@dataclass(frozen=True)
class Audit:
    """The rules, which experiments they are for, and the branches where a failure blocks."""

    rules: tuple[Rule, ...] = RULE_SETS["competition"]
    tags: tuple[str, ...] = ()
    protect: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Policy:
    """A policy that was checked; without a file, everything is at its default."""

    path: str | None = None
    metrics: Metrics = field(default_factory=Metrics)
    leaderboard: Leaderboard = Leaderboard()
    leaderboards: Mapping[str, Leaderboard] = field(default_factory=dict)
    """Several leaderboards by name, each whole; empty where the policy has the one."""
    audit: Audit = Audit()
    evaluator: tuple[str, ...] = ()
    """The files that make the numbers, as patterns: a change of one makes them incomparable."""
    rule_sets: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    """The policy's own rule sets, by name."""
    scan_allow: Mapping[str, str] = field(default_factory=dict)  # blob id -> reason
    allow_force: bool = True
    sections: frozenset[str] = frozenset()  # the top-level keys that the file states

    def of_board(self, name: str | None) -> Policy:
        """Return the policy with one of its leaderboards as the leaderboard; None is the one that stands alone.

        Raises UsageError, naming the leaderboards, for a name that none has and for none where there are several.
        """
        if name is None and not self.leaderboards:
            return self
        if name is None:
            raise UsageError(f"the policy has the leaderboards {', '.join(self.leaderboards)}: name one of them")
        if name not in self.leaderboards:
            known = f"; the policy has {', '.join(self.leaderboards) or 'the one leaderboard, without a name'}"
            raise UsageError(f"unknown leaderboard {name[:60]!r}{did_you_mean(name, self.leaderboards) or known}")
        return replace(self, leaderboard=self.leaderboards[name])

    @property
    def ignored(self) -> tuple[str, ...]:
        """Return the parameters that runs of one configuration may differ in, such as the seed."""
        return (self.leaderboard.group_by or GroupBy()).ignore

    @property
    def audits(self) -> bool:
        """Return whether the policy asks for an audit; without its section, nobody's rules hold."""
        return "audit" in self.sections
