"""Events: payloads of the form that GitHub's own models describe, read into one struct."""

import json
from pathlib import Path

import pytest
from fakes.schema import check

from expflow_hooks.action.request.event import KINDS, EventKind, WorkflowRun, read_event, read_run
from expflow_hooks.core.errors import UnreadableError, UsageError

EVENTS = Path(__file__).parent / "events"
BASE, HEAD, MERGE, SQUASH = "1" * 40, "2" * 40, "3" * 40, "5" * 40
MODELS = {
    "pull_request": "WebhookPullRequestSynchronize",
    "pull_request_of_a_fork": "WebhookPullRequestOpened",
    "pull_request_merged": "WebhookPullRequestClosed",
    "pull_request_target": "WebhookPullRequestOpened",
    "push": "WebhookPush",
    "merge_group": "WebhookMergeGroupChecksRequested",
    "workflow_run": "WebhookWorkflowRunCompleted",
    "workflow_dispatch": "WebhookWorkflowDispatch",
    "repository_dispatch": "WebhookRepositoryDispatchSample",
}
RUN = WorkflowRun("org/research", id=5)


def payload(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.mark.parametrize(("name", "model"), MODELS.items())
def test_the_fixtures_are_of_githubs_form(name, model):
    check(model, payload(name))


def test_there_is_a_fixture_of_every_event():
    assert set(KINDS) <= {path.stem for path in EVENTS.iterdir()}


def test_a_pull_request():
    event = read_event("pull_request", payload("pull_request"), RUN)
    pull = event.pull
    assert (event.kind, pull.number, pull.base, pull.head) == (EventKind.PULL, 7, BASE, HEAD)
    assert (pull.base_branch, pull.head_branch, pull.default_branch) == ("main", "feature", "main")
    assert (pull.same_repository, pull.merged, pull.merged_as) == (True, False, MERGE)


def test_a_fork_whose_branch_is_called_main_is_another_repository():
    pull = read_event("pull_request", payload("pull_request_of_a_fork"), RUN).pull
    assert (pull.head_branch, pull.same_repository) == ("main", False)


def test_a_deleted_fork_is_nobodys_branch():
    body = payload("pull_request")
    body["pull_request"]["head"]["repo"] = None
    assert not read_event("pull_request", body, RUN).pull.same_repository


def test_a_merged_pull_request_knows_what_it_became():
    pull = read_event("pull_request", payload("pull_request_merged"), RUN).pull
    assert (pull.merged, pull.merged_as) == (True, SQUASH)


def test_a_pull_request_target_is_read_by_api():
    assert read_event("pull_request_target", payload("pull_request_target"), RUN).kind is EventKind.PULL_BY_API


def test_a_push_and_a_new_branch_and_a_deleted_one():
    event = read_event("push", payload("push"), RUN)
    assert (event.kind, event.base, event.head, event.branch) == (EventKind.PUSH, BASE, HEAD, "main")
    assert read_event("push", {**payload("push"), "before": "0" * 40}, RUN).base == ""
    assert read_event("push", {**payload("push"), "after": "0" * 40}, RUN).head == ""


def test_a_merge_group_names_its_pull_request():
    event = read_event("merge_group", payload("merge_group"), RUN)
    assert (event.kind, event.base, event.head, event.number) == (EventKind.MERGE_GROUP, BASE, HEAD, 7)


def test_a_workflow_run_of_a_fork_is_found_by_owner_branch_and_commit():
    event = read_event("workflow_run", payload("workflow_run"), RUN)
    assert (event.kind, event.pull, event.head_of) == (EventKind.PULL_BY_API, None, ("stranger", "main", HEAD))


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch", "repository_dispatch"])
def test_late_results_are_about_every_open_pull_request(name):
    event = read_event(name, payload(name), RUN)
    assert (event.kind, event.default_branch) == (EventKind.ALL_OPEN, "main")


def test_another_event_is_a_usage_error_that_names_the_right_ones():
    with pytest.raises(UsageError, match="pull_request, pull_request_target"):
        read_event("issues", {}, RUN)


@pytest.mark.parametrize("broken", [{}, {"pull_request": None}, {"pull_request": {"base": {"sha": "x"}, "head": {}}}])
def test_a_broken_payload_is_said_on_one_line(broken):
    with pytest.raises(UnreadableError, match="payload of the event pull_request"):
        read_event("pull_request", broken, RUN)


@pytest.mark.parametrize("number", [float("inf"), "1", None, [1]])
def test_a_number_that_is_none_is_said_too(number):
    body = payload("pull_request")
    body["pull_request"]["number"] = number
    with pytest.raises(UnreadableError, match=r"payload of the event pull_request cannot be used: "):
        read_event("pull_request", body, RUN)


def test_a_commit_that_is_none_goes_no_further():
    body = payload("push") | {"after": "--upload-pack=touch"}
    with pytest.raises(UnreadableError, match="commit id"):
        read_event("push", body, RUN)


def test_the_run_is_read_from_the_runners_variables():
    run = read_run({"GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "12", "GITHUB_SERVER_URL": "https://ghe.example/"})
    assert (run.id, run.attempt, run.url) == (12, 1, "https://ghe.example/o/r/actions/runs/12")
