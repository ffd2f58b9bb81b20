"""One change to judge: where it is read, the evidence so far, and files and registries of its three commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from expflow_hooks.action.evidence.evidence import Evidence, Obstacle
from expflow_hooks.action.evidence.files import Files
from expflow_hooks.action.evidence.proposal import Proposal
from expflow_hooks.action.evidence.question import Place, Question
from expflow_hooks.action.evidence.records import Held
from expflow_hooks.action.evidence.rules import Rules
from expflow_hooks.action.github.client import BudgetError
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.core.errors import UNREADABLE, ExpflowError
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.render.table import Data


@dataclass
class Case:
    """What the steps of gathering share; each commit's files are read once, and only when a step asks for them."""

    place: Place
    inputs: Inputs
    question: Question
    evidence: Evidence = field(init=False)
    tracked: str = ""
    """The path of the registry in the head; nothing for one elsewhere."""
    tracked_in_base: str = ""

    def __post_init__(self) -> None:
        self.evidence = Evidence(self.inputs)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Keep why a step could not look, once."""
        try:
            yield
        except ExpflowError as error:
            passes = error.exit_code == UNREADABLE and not isinstance(error, BudgetError)
            problem = Obstacle(error.exit_code, (Data(str(error)),), passes)
            if problem not in self.evidence.problems:
                self.evidence.problems.append(problem)

    @property
    def proposal(self) -> Proposal:
        """Return the commits of the change, which an earlier step has read."""
        assert self.evidence.proposal is not None
        return self.evidence.proposal

    @property
    def rules(self) -> Rules:
        """Return the rules that bind, which an earlier step has read."""
        assert self.evidence.rules is not None
        return self.evidence.rules

    @cached_property
    def head(self) -> Files:
        """Return the files of the head."""
        return Files(self.place.repository, self.proposal.head)

    @cached_property
    def fork(self) -> Files:
        """Return the files of the commit at which the change left the base."""
        return Files(self.place.repository, self.proposal.fork_point)

    @cached_property
    def base(self) -> Files:
        """Return the files of the base's tip."""
        return Files(self.place.base, self.question.base)

    @cached_property
    def heads_registry(self) -> Held:
        """Return the files of the registry in the head."""
        return self.head.registry(self.tracked) if self.tracked else {}

    @cached_property
    def forks_registry(self) -> Held:
        """Return the files of the base's registry at the fork point."""
        return self.fork.registry(self.tracked_in_base) if self.tracked and self.fork.commit else {}

    @cached_property
    def bases_registry(self) -> Held:
        """Return the files of the base's registry at its tip."""
        return self.base.registry(self.tracked_in_base) if self.tracked and self.base.commit else {}

    @property
    def registry_of_base(self) -> Registry | None:
        """Return the base's registry, or None where the experiments are elsewhere."""
        return Registry(self.tracked_in_base, held=self.bases_registry) if self.tracked else None
