"""Experiments of a server, read once a run however many pull requests it judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.location import MLFLOW, SERVERS
from expflow_hooks.sources.open import open_source


def server_of(named: str | None, stated: str) -> str:
    """Return the server that the workflow names, or the policy where it names nothing; none for a registry.

    Only the workflow may give an address: a pull request's policy could lead the keys of a run to a server of its own.
    """
    if named and named.startswith((f"{MLFLOW}:http://", f"{MLFLOW}:https://")):
        return named
    source = named or stated
    return source if source in SERVERS else ""


class Answer(NamedTuple):
    """What a server gave: the experiments, its name for output, warnings, and remarks on single experiments by id."""

    experiments: Sequence[Experiment]
    name: str
    warnings: Sequence[str]
    remarks: Mapping[str, Sequence[str]]

    @property
    def digest(self) -> str:
        """Return a digest of every experiment."""
        return sha256("\n".join(sorted(map(repr, self.experiments))).encode("utf-8", "backslashreplace")).hexdigest()


class Tracker:
    """The servers that a run asks."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    def read(self, source: str, policy: Policy, query: Query) -> Answer:
        """Return what a server has; each question is asked once."""
        names = {metric.name: metric.source for metric in policy.metrics}
        key = repr((source, query.selection, query.sort_by, [gate.text for gate in query.gates], names))
        if key not in self._answers:
            opened = open_source(source, policy, query)
            experiments = list(opened.experiments(None))
            self._answers[key] = Answer(experiments, opened.name, tuple(opened.warnings), opened.remarks)
        return self._answers[key]
