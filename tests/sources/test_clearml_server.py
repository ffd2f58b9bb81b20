"""How a ClearML server behaves, as far as we rely on it: the stand-in is held to it, and so is a team's own server.

`make test-clearml` runs these against the server that CLEARML_API_HOST names. Each test makes tasks of its own in a
project of its own, and deletes both; nothing else on the server is touched.
"""

from __future__ import annotations

import json
import os
import time
import uuid

import pytest
import requests
from fakes.clearml_server import EXPIRED, Server
from fakes.clearml_tasks import digest

from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.sources.clearml.at_best import at_best
from expflow_hooks.sources.clearml.client import Client, ServerError
from expflow_hooks.sources.clearml.credentials import Credentials, find_credentials
from expflow_hooks.sources.clearml.metrics import Flattening, flat_metrics
from expflow_hooks.sources.clearml.remarks import Remarks

_ASKED_FOR = os.environ.get("EXPFLOW_TEST_CLEARML") == "1"
_GIVEN = {name: value for name, value in os.environ.items() if name.startswith("CLEARML_")} if _ASKED_FOR else {}
# status -> the calls that lead there from `created`
_WAYS = {
    "created": [],
    "queued": ["tasks.enqueue"],
    "in_progress": ["tasks.started"],
    "stopped": ["tasks.started", "tasks.stopped"],
    "completed": ["tasks.started", "tasks.completed"],
    "failed": ["tasks.started", "tasks.failed"],
    "closed": ["tasks.started", "tasks.stopped", "tasks.close"],
    "published": ["tasks.started", "tasks.completed", "tasks.publish"],
}


class Bench:
    """A project on the server, tasks in it brought into a state, and what the server says of them."""

    def __init__(self, client: Client, standin: Server | None) -> None:
        self.client, self.standin = client, standin
        self.name = f"expflow-hooks-test-{uuid.uuid4().hex[:12]}"
        self.project = self.call("projects.create", name=self.name, description="")["id"]
        self.made: list[str] = []

    def call(self, endpoint, **body):
        return self.client.call(endpoint, body)

    def task(self, status="created", **fields):
        made = self.call("tasks.create", name="probe", type="training", project=self.project, **fields)["id"]
        self.made.append(made)
        for endpoint in _WAYS[status]:
            self.call(endpoint, task=made)
        assert self.get(made)["status"] == status
        return made

    def get(self, task_id, *fields):
        wanted = ["status", "status_message", "system_tags", "last_metrics", "active_duration", "execution", *fields]
        (found,) = self.call("tasks.get_all_ex", id=[task_id], only_fields=wanted)["tasks"]
        return found

    def status(self, task_id):
        return self.get(task_id)["status"]

    def refusal(self, endpoint, **body):
        with pytest.raises(ServerError) as caught:
            self.client.call(endpoint, body)
        return caught.value.code, caught.value.subcode

    def report(self, task_id, *values, title="Score", series="seg_total"):
        """Report (iteration, value) pairs of one metric in one batch."""
        common = {"type": "training_stats_scalar", "task": task_id, "metric": title, "variant": series}
        events = [{**common, "iter": iteration, "value": value} for iteration, value in values]
        url, data = f"{self.client.credentials.host}/events.add_batch", "\n".join(map(json.dumps, events))
        answer = self.client.server.session.post(url, data=data, headers={"Content-Type": "application/json-lines"})
        return answer.status_code, answer.json()["meta"]["result_subcode"]

    def last(self, task_id, title="Score", series="seg_total"):
        return self.get(task_id)["last_metrics"][digest(title)][digest(series)]

    def settle(self, task_id, series):
        """Wait until the server's index has the task's events; the stand-in has them at once."""
        for _ in range(50 if self.standin is None else 1):
            found = self.call("events.get_task_events", task=task_id, order="desc", batch_size=500)["events"]
            if sum(event.get("variant") == series for event in found) >= 3:
                return
            time.sleep(0.2)
        assert self.standin is None, "the stand-in has them at once"

    def wait(self, seconds):
        if self.standin is None:
            time.sleep(seconds)
        else:
            self.standin.advance(seconds)

    def close(self):
        for made in self.made:
            self.client.call("tasks.delete", {"task": made, "force": True})
        self.client.call("projects.delete", {"project": self.project, "force": True})


@pytest.fixture
def bench(monkeypatch):
    for name, value in _GIVEN.items():
        monkeypatch.setenv(name, value)
    if _ASKED_FOR:
        found = Bench(Client(find_credentials()), None)
        yield found
        found.close()
        return
    with Server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield Bench(Client(find_credentials()), server)


@pytest.mark.parametrize(
    ("before", "after"),
    [("created", "created"), ("in_progress", "stopped"), ("queued", "created"), ("completed", "completed"),
     ("failed", "failed"), ("stopped", "stopped"), ("published", "published")],
)  # fmt: skip
def test_archiving_stops_what_runs_and_takes_what_waits_off_its_queue(bench, before, after):
    made = bench.task(before)
    answer = bench.call("tasks.archive_many", ids=[made, "f" * 32])
    assert [one["id"] for one in answer["succeeded"]] == [made]
    assert [one["id"] for one in answer["failed"]] == ["f" * 32]
    assert bench.status(made) == after
    assert "archived" in bench.get(made)["system_tags"]
    queues = bench.call("queues.get_all")["queues"]
    assert not [queue for queue in queues if made in str(queue.get("entries"))]


@pytest.mark.parametrize(
    ("before", "after"),
    [("queued", "created"), ("in_progress", "created"), ("stopped", "stopped"), ("completed", "completed"),
     ("failed", "failed"), ("published", "published"), ("closed", "closed")],
)  # fmt: skip
def test_dequeueing_resets_what_runs_and_leaves_what_ended(bench, before, after):
    made = bench.task(before)
    bench.call("tasks.dequeue", task=made)
    assert bench.status(made) == after


@pytest.mark.parametrize("before", ["queued", "in_progress", "failed", "closed", "stopped"])
def test_stopping_ends_what_waits_or_runs_and_what_failed_or_was_closed(bench, before):
    made = bench.task(before)
    bench.call("tasks.stop", task=made)
    assert bench.status(made) == "stopped"


@pytest.mark.parametrize("before", ["created", "completed", "published"])
def test_stopping_is_refused_for_what_never_ran_or_completed(bench, before):
    made = bench.task(before)
    assert bench.refusal("tasks.stop", task=made) == (400, 110)
    assert bench.status(made) == before


def test_the_last_value_is_that_of_the_highest_iteration(bench):
    made = bench.task("in_progress")
    bench.report(made, (5, 50.0), (9, 90.0), (0, 7.0))
    assert bench.last(made)["value"] == 90.0
    bench.report(made, (3, 3.0))
    entry = bench.last(made)
    assert (entry["value"], entry["min_value"], entry["max_value"]) == (90.0, 3.0, 90.0)
    assert (entry["min_value_iteration"], entry["max_value_iteration"]) == (3, 9)
    bench.report(made, (9, 91.0))
    assert bench.last(made)["value"] == 91.0


def test_events_for_a_published_task_are_refused(bench):
    made = bench.task("published")
    assert bench.report(made, (1, 1.0)) == (400, 131)


def test_the_active_duration_is_that_of_the_last_session_in_whole_seconds(bench):
    made = bench.task("in_progress")
    bench.wait(3)
    bench.call("tasks.stopped", task=made)
    first = bench.get(made)["active_duration"]
    assert first >= 3 and isinstance(first, int)
    bench.call("tasks.started", task=made, force=True)
    bench.call("tasks.completed", task=made, force=True)
    assert bench.get(made)["active_duration"] < 3


@pytest.mark.parametrize("field", ["nonsense", "script.nonsense", "project.nonsense", "status.x"])
def test_an_unknown_field_is_refused_wherever_it_stands(bench, field):
    assert bench.refusal("tasks.get_all_ex", only_fields=["id", field]) == (400, 14)


@pytest.mark.parametrize("query", [{"page": -1, "page_size": 5}, {"page": 0, "page_size": 0}])
def test_a_page_that_is_none_is_refused(bench, query):
    assert bench.refusal("tasks.get_all_ex", **query)[0] == 400


def test_an_unknown_endpoint_is_not_found(bench):
    assert bench.refusal("tasks.no_such_call")[0] == 404


def test_an_unknown_query_key_is_ignored(bench):
    made = bench.task()
    found = bench.call("tasks.get_all_ex", id=[made], no_such_key=["x"], only_fields=["id"])["tasks"]
    assert [one["id"] for one in found] == [made]


def test_wrong_keys_and_none_are_refused(bench):
    client = Client(Credentials(bench.client.credentials.host, "x", "wrong"))
    with pytest.raises(ServerError) as caught:
        client.call("tasks.get_all_ex", {"page_size": 1})
    assert (caught.value.code, caught.value.subcode) == (401, 22)
    bare = requests.post(f"{bench.client.credentials.host}/tasks.get_all_ex", json={})
    assert (bare.status_code, bare.json()["meta"]["result_subcode"]) == (401, 20)


def test_an_expired_token_says_so(bench):
    if bench.standin is None:
        pytest.skip("a real server's expired token cannot be made here")
    client = Client(Credentials(bench.client.credentials.host, token=EXPIRED))
    with pytest.raises(ServerError) as caught:
        client.call("tasks.get_all_ex", {"page_size": 1})
    assert (caught.value.code, caught.value.subcode) == (401, 30)
    assert "Signature has expired" in caught.value.said


@pytest.mark.parametrize("status", ["stopped", "completed", "failed", "published"])
def test_what_is_not_archived_is_not_deleted_unless_forced(bench, status):
    made = bench.task(status)
    assert bench.refusal("tasks.delete", task=made) == (400, 123)
    assert bench.status(made) == status


def test_a_task_with_children_is_not_deleted_unless_forced(bench):
    parent = bench.task("published")
    bench.task("published", parent=parent)
    bench.call("tasks.archive_many", ids=[parent])
    assert bench.refusal("tasks.delete", task=parent) == (400, 123)
    bench.call("tasks.delete", task=parent, force=True)
    bench.made.remove(parent)
    assert bench.call("tasks.get_all_ex", id=[parent], only_fields=["id"])["tasks"] == []


def test_a_hidden_task_is_shown_only_where_it_is_asked_for(bench):
    made = bench.task(system_tags=["hidden"])
    query = {"project": [bench.project], "only_fields": ["id"]}
    assert bench.call("tasks.get_all_ex", **query)["tasks"] == []
    for more in ({"search_hidden": True}, {"id": [made]}):
        assert [one["id"] for one in bench.call("tasks.get_all_ex", **query, **more)["tasks"]] == [made]


def test_unknown_tasks_are_refused_one_by_one_and_left_out_of_lists(bench):
    for endpoint in ("tasks.get_by_id", "tasks.stop", "tasks.delete"):
        assert bench.refusal(endpoint, task="f" * 32) == (400, 101)
    assert bench.call("tasks.get_all_ex", id=["f" * 32], only_fields=["id"])["tasks"] == []


def test_a_board_is_made_updated_in_place_and_read_back(bench):
    from expflow_hooks.sources.clearml.board import publish_board

    first, made = publish_board(bench.client, bench.name, "Board", "| rank |\n|---|\n| 1 |\n")
    bench.made.append(first)
    again, made_again = publish_board(bench.client, bench.name, "Board", "| rank |\n|---|\n| 2 |\n")
    assert (again, made, made_again) == (first, True, False)
    (found,) = bench.call("reports.get_all_ex", id=[first], only_fields=["id", "report"])["tasks"]
    assert found["report"].endswith("| 2 |\n")


def test_the_judged_metrics_are_read_at_the_best_iteration(bench):
    made = bench.task("in_progress")
    bench.report(made, (1, 30.0), (2, 4.0), (3, 8.0), title="PDE", series="pde_mean")
    bench.report(made, (1, 12.0), (2, 45.0), (3, 70.0))
    bench.settle(made, "seg_total")
    (task,) = bench.call("tasks.get_all_ex", id=[made], only_fields=["id", "last_metrics"])["tasks"]
    how = Flattening(Metrics(), ("pde_mean", "seg_total"))
    found = flat_metrics(at_best(task, how, higher=False, client=bench.client), (), how, Remarks(), judged=True)
    assert found == {"pde_mean": 4.0, "seg_total": 45.0}


def test_the_first_and_the_last_event_are_given_by_their_time(bench):
    made = bench.task("in_progress")
    for iteration in range(3):
        bench.report(made, (iteration, float(iteration)))
        bench.wait(0.01)
    bench.settle(made, "seg_total")
    stamps = {}
    for order in ("asc", "desc"):
        events = bench.call("events.get_task_events", task=made, order=order, batch_size=1)["events"]
        stamps[order] = [event["timestamp"] for event in events]
    assert len(stamps["asc"]) == len(stamps["desc"]) == 1
    assert stamps["asc"] < stamps["desc"]
