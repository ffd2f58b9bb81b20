"""Whatever an event, GitHub or ClearML says: it is read, or refused in one error of ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fuzz import made
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.action.page.marker import Marker, read_marker, read_state, state_line
from expflow_hooks.action.request.event import Event, WorkflowRun, read_event
from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.sources.clearml.client import _decode
from expflow_hooks.sources.clearml.task import Flattening, Remarks, to_experiment

EVENTS = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parent.parent / "action/events").glob("*.json"))
}
NAMES = {"pull_request_merged": "pull_request", "pull_request_of_a_fork": "pull_request"}


READ = {
    "number", "pull_request", "workflow_run", "before", "after", "ref", "merge_group", "repository", "action", "base",
    "head", "sha", "repo", "id", "merged", "merged_at", "merge_commit_sha", "owner", "login", "head_sha", "head_branch",
    "head_repository", "default_branch", "base_sha", "head_ref", "base_ref",
}  # fmt: skip


def thinned(value, depth):
    """Keep of a payload what is read at all, so that spoiling it meets that."""
    if not isinstance(value, dict):
        return value if not isinstance(value, list) else value[:1]
    return {key: thinned(item, depth - 1) for key, item in value.items() if key in READ} if depth else {}


@pytest.mark.parametrize("name", EVENTS)
def test_the_payload_is_still_read_when_thinned(name):
    assert isinstance(read_event(NAMES.get(name, name), thinned(EVENTS[name], 4), WorkflowRun()), Event)


@given(st.sampled_from(sorted(EVENTS)).flatmap(lambda n: st.tuples(st.just(n), made.spoiled(thinned(EVENTS[n], 4)))))
def test_an_event_is_read_or_refused(named):
    name, payload = named
    if not isinstance(payload, dict):
        return  # the file is checked for that before
    try:
        assert isinstance(read_event(NAMES.get(name, name), payload, WorkflowRun()), Event)
    except ExpflowError as error:
        assert error.exit_code in (2, 4)


@given(made.text | st.binary(max_size=60).map(lambda data: f"<!-- expflow-state {data.hex()} -->"))
def test_a_comment_is_ours_or_not(body):
    assert isinstance(read_marker(body), (Marker, type(None)))
    assert isinstance(read_state(body), dict)


@given(st.dictionaries(made.text, made.text, max_size=4))
def test_a_state_comes_back_and_its_line_is_one_comment(state):
    line = state_line(state)
    assert read_state(f"x\n{line}\ny") == state
    assert line.count("-->") == 1 == line.count("<!--")


TASK = {
    "id": "0" * 32,
    "name": "fno",
    "status": "completed",
    "tags": ["t"],
    "project": {"id": "1", "name": "PDE"},
    "created": "2026-11-01T00:00:00+00:00",
    "completed": "2026-11-01T01:00:00+00:00",
    "script": {"version_num": "a" * 40, "branch": "main", "diff": ""},
    "hyperparams": {"Args": {"lr": {"section": "Args", "name": "lr", "value": "0.1", "type": "float"}}},
    "last_metrics": {
        "t": {"v": {"metric": "PDE", "variant": "pde_mean", "value": 1.5, "min_value": 1.0, "max_value": 2.0}}
    },
}


@given(made.spoiled(TASK))
def test_a_task_is_an_experiment_or_refused(task):
    if not isinstance(task, dict):
        return
    try:
        experiment = to_experiment(task, Flattening(Metrics()), Remarks())
    except ExpflowError:
        return
    assert isinstance(experiment, Experiment)
    value = experiment.metric("pde_mean")
    assert value_status(value) is not None or isinstance(value, (int, float))


@given(st.binary(max_size=80) | made.anything.map(lambda document: json.dumps(document).encode()))
def test_an_answer_is_an_object_or_none(content):
    assert isinstance(_decode(content), (dict, type(None)))
