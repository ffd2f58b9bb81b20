"""Tasks on a ClearML server: the judged ones read again, whole, and what became of those that a registry names."""

from __future__ import annotations

import os

from expflow_hooks.action.evidence.evidence import Evidence, Obstacle
from expflow_hooks.core.errors import UNREADABLE
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.location import is_elsewhere
from expflow_hooks.render.table import Data


def read_whole(evidence: Evidence, experiments: list[Experiment]) -> list[Experiment]:
    """Return the experiments with the judged tasks read again, whole: the ranking's query reads less.

    The audit needs every metric that it names, and whether there were uncommitted changes.
    """
    from expflow_hooks.sources.clearml.read import read_some

    assert evidence.rules is not None
    policy, query = evidence.rules.policy, evidence.rules.query
    named = [rule.subject for rule in policy.audit.rules if rule.kind in ("reported", "gate")]
    needed = dict.fromkeys([query.sort_by, *(gate.metric for gate in query.gates), *named])
    found, warnings = read_some(sorted(evidence.candidates.ids), policy, tuple(needed), dirty=True)
    whole = {run.experiment_id: run for run in found}
    evidence.notes = list(dict.fromkeys([*evidence.notes, *((Data(warning),) for warning in warnings)]))
    return [whole.get(run.experiment_id, run) for run in experiments]


def check_tasks(evidence: Evidence) -> None:
    """Note candidates of a registry whose ClearML task is archived or deleted: by the server, else by the last sync.

    The server protects no task from that: to see it is the protection.
    """
    recorded = {
        one.experiment.experiment_id: one.experiment.task_gone
        for one in evidence.candidates.judged
        if one.experiment.task_gone
    }
    linked = {one.experiment.experiment_id: one.experiment.clearml_task_id or "" for one in evidence.candidates.judged}
    linked = {name: task for name, task in linked.items() if task and not task.startswith("offline-")}
    if is_elsewhere(evidence.source):
        return
    lost = _ask(linked) if linked and os.environ.get("CLEARML_API_HOST") else recorded
    for name, fate in lost.items():
        said = (Data(name), f": its ClearML task was {fate} on the server")
        evidence.problems.append(Obstacle(UNREADABLE, said))


def _ask(linked: dict[str, str]) -> dict[str, str]:
    from expflow_hooks.sources.clearml.read import open_client
    from expflow_hooks.sources.clearml.records import find_lost

    return find_lost(linked, open_client())
