"""Everything that a verdict over one change rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from expflow_hooks.action.evidence.heads import Chain
from expflow_hooks.action.evidence.proposal import Leak, Proposal
from expflow_hooks.action.evidence.rules import Rules
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.core.audit.runs import RunGroup
from expflow_hooks.core.change.belonging import Candidates
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.registry import verify
from expflow_hooks.core.registry.append_only import Lost
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.history import HistoryLine, Revision

Fragments = tuple[str, ...]
"""A sentence in pieces: `Data` pieces come from a person or an experiment, the others are ours."""


class Obstacle(NamedTuple):
    """Something that could not be examined: an exit code of 2 or 4, and the reason."""

    exit_code: int
    said: Fragments
    passes: bool = False
    """Whether it may be gone the next time, though nothing is changed."""


@dataclass
class Evidence:
    """The evidence, filled step by step."""

    inputs: Inputs
    proposal: Proposal | None = None
    rules: Rules | None = None
    source: str = ""
    source_name: str = ""  # as output names it
    registry: str = ""  # the registry's path in the repository, where there is one
    ranking: Ranking | None = None
    rival: Row | None = None
    """What the candidates are compared with: the base's best; of a server, the best of the others."""
    rivals_runs: Sequence[Experiment] = ()
    evaluator: Sequence[str] = ()  # the files that make the numbers, where the base was not measured again by them
    candidates: Candidates = field(default_factory=Candidates)
    groups: Mapping[str, RunGroup] = field(default_factory=dict)
    """The runs of each judged experiment's configuration, where a rule of the audit judges these."""
    touches_code: bool = True
    unreadable: Sequence[str] = ()  # lines, in words
    leaks: Sequence[Leak] = ()
    scanned_clean: bool = False
    """Whether the scan looked at everything, found nothing, and had nothing to excuse."""
    lost: Sequence[Lost] = ()
    broken: Sequence[verify.HistoryFault] = ()  # of the registry's new lines
    chain: Chain | None = None
    revisions: Mapping[str, Sequence[Revision]] = field(default_factory=dict)
    histories: Mapping[str, list[HistoryLine]] = field(default_factory=dict)
    """Every line of the judged runs, and of what they are compared with."""
    lines: Mapping[str, tuple[str, int]] = field(default_factory=dict)  # id -> file and last line of it there
    notes: list[Fragments] = field(default_factory=list)
    problems: list[Obstacle] = field(default_factory=list)
    judged: str = ""
    """The digest of all that was judged; nothing where something could not be read."""

    @property
    def needs_candidate(self) -> bool:
        """Return whether the change needs an experiment to pass."""
        required = self.rules.require_candidate if self.rules else "always"
        return required == "always" or (required == "auto" and self.touches_code)
