"""The guard stands in the writer: what ends a registered experiment, or brings an event, needs a permit."""

from __future__ import annotations

import pytest

from expflow_hooks.core.errors import PinRefusedError
from expflow_hooks.core.registry.permit import Permit
from expflow_hooks.core.registry.writer import Writer

FORGED = {"action": "delete", "by": "me", "authorised": "pin"}
RUN = {"action": "stop", "by": "run"}


def change(registry, before, permit=None, **record):
    path = registry(before) if before else registry()
    writer = Writer(str(path))
    kept = path.read_bytes()
    try:
        writer.update("a", lambda present: {"experiment_id": "a", **record}, permit)
    except PinRefusedError:
        assert path.read_bytes() == kept
        return False
    return True


RUNNING = {"experiment_id": "a", "status": "running"}


@pytest.mark.parametrize("state", ["cancelled", "stopped", "deleted"])
def test_a_record_alone_ends_no_experiment_that_is_there(registry, state):
    assert not change(registry, RUNNING, status=state)
    assert change(registry, None, status=state), "a first line ends nothing"


@pytest.mark.parametrize("state", ["completed", "failed", "running", "queued", None])
def test_what_a_run_reports_of_itself_needs_no_permit(registry, state):
    assert change(registry, RUNNING, status=state, metrics={"pde_mean": 1.0})


def test_a_record_that_stays_in_its_state_needs_none(registry):
    ended = {"experiment_id": "a", "status": "stopped"}
    assert change(registry, ended, status="stopped", name="noted afterwards")
    assert not change(registry, ended, status="deleted")


@pytest.mark.parametrize("event", [FORGED, RUN, {}, "pin", ["pin"], 0])
@pytest.mark.parametrize("state", ["running", "completed", "deleted"])
def test_no_record_brings_an_event(registry, state, event):
    assert not change(registry, RUNNING, status=state, event=event)


@pytest.mark.parametrize("way", ["pin", "force", "unguarded"])
def test_an_operation_writes_what_its_permit_says(registry, way):
    assert change(registry, RUNNING, Permit(way), status="deleted", event={**FORGED, "authorised": way})
    other = "force" if way == "pin" else "pin"
    assert not change(registry, RUNNING, Permit(way), status="deleted", event={**FORGED, "authorised": other})
    assert not change(registry, RUNNING, Permit(way), status="deleted"), "no line without who and why"


@pytest.mark.parametrize(
    ("record", "passes"),
    [
        ({"status": "stopped", "event": RUN}, True),
        ({"status": "failed", "event": RUN}, True),
        ({"status": "cancelled", "event": RUN}, False),
        ({"status": "deleted", "event": RUN}, False),
        ({"status": "stopped"}, False),
        ({"status": "stopped", "event": FORGED}, False),
        ({"status": "stopped", "event": {**RUN, "authorised": "pin"}}, False),
    ],
)
def test_a_run_says_that_it_stopped_and_no_more(registry, record, passes):
    assert change(registry, RUNNING, Permit("run"), **record) is passes


@pytest.mark.parametrize(
    ("record", "passes"),
    [
        ({"status": "stopped", "origin": {"source": "mlflow"}}, True),
        ({"status": "stopped", "clearml_task_id": "t"}, True),
        ({"status": "stopped"}, False),
        ({"status": "stopped", "origin": {"source": "mlflow"}, "event": FORGED}, False),
    ],
)
def test_another_tracker_says_what_became_of_its_run(registry, record, passes):
    assert change(registry, RUNNING, Permit("origin"), **record) is passes
