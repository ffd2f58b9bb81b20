"""The team's ClearML server as a source."""

from __future__ import annotations

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.experiment import Experiment
from expflow_hooks.core.policy import Policy
from expflow_hooks.core.ranking import Query
from expflow_hooks.sources import Source


def open_clearml(policy: Policy, query: Query) -> Source:
    """Return the source that reads a ClearML server."""
    raise UnreadableError("reading a ClearML server is not available yet; use a registry such as experiments.jsonl")


def read_task(task_id: str, policy: Policy) -> Experiment:
    """Return one task of the server as an experiment."""
    raise UnreadableError("reading a ClearML server is not available yet; use a registry such as experiments.jsonl")
