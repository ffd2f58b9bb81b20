"""The one comment: found by marker and author over all pages, written once, never over a younger run's or head's."""

import threading

import pytest
from action.research import POLICY, TOKEN, record
from fakes.github_state import ACTIONS, STRANGER, Account

from expflow_hooks.action.github.statuses import Seal
from expflow_hooks.action.page.marker import Marker, read_marker
from expflow_hooks.action.request.inputs import Inputs

MARKER = Marker("default", "0" * 16).over("x").split("\n")[0]


@pytest.fixture
def ready(research):
    research.setup()
    research.results(record("new", 11.0, commit=research.head))
    research.open()
    return research


def writes(research):
    return [(method, path) for method, path in research.server.log if method != "GET" and "comments" in path]


def test_created_then_left_alone_then_updated(ready):
    assert (ready.run(), ready.last["comment-status"]) == (0, "created")
    first, url = ready.comment, ready.last["comment-url"]
    assert (ready.run(), ready.last["comment-status"]) == (0, "unchanged")
    assert (ready.comment, ready.last["comment-url"]) == (first, url)
    ready.results(record("more", 10.0, commit=ready.repo.git("rev-parse", "HEAD~1")))
    assert (ready.run(), ready.last["comment-status"]) == (0, "updated")
    assert ready.last["comment-url"] == url
    assert len(writes(ready)) == 2


@pytest.mark.parametrize("count", [31, 101, 250])
def test_ours_is_found_however_many_comments_there_are(ready, count):
    add = ready.server.state.add_comment
    for index in range(count - 1):
        add(7, f"talk {index}", STRANGER)
    add(7, f"{MARKER}\n\nold")
    for index in range(3):
        add(7, f"more talk {index}", STRANGER)
    ready.run()
    assert ready.last["comment-status"] == "updated"
    assert "rank 2" in ready.comment
    pages = [path for method, path in ready.server.log if method == "GET" and path.endswith("/comments")]
    assert len(pages) == -(-(count + 3) // 100)


def test_a_marker_that_somebody_else_wrote_is_not_ours(ready):
    forged = ready.server.state.add_comment(7, f"{MARKER}\n\nAll is well.", STRANGER)
    named_alike = Account("GitHub-Actions", 999, type="User")
    also = ready.server.state.add_comment(7, f"{MARKER}\n\nAll is well.", named_alike)
    ghost = ready.server.state.add_comment(7, f"{MARKER}\n\nAll is well.", None)
    ready.run()
    assert ready.last["comment-status"] == "created"
    assert {forged["body"], also["body"], ghost["body"]} == {f"{MARKER}\n\nAll is well."}


def test_without_an_id_only_the_very_name_is_ours(ready):
    ready.server.faults += [("POST", "/graphql", (403, {}, {"message": "no"}))] * 2
    ready.run()
    assert ready.last["comment-status"] == "created"
    ready.server.state.add_comment(7, f"{MARKER}\n\nforged", Account("github-actions", 999, type="User"))
    ready.run()
    assert ready.last["comment-status"] == "unchanged"


def test_the_marker_must_be_the_first_line(ready):
    ready.server.state.add_comment(7, f"quoted:\n{MARKER}")
    ready.run()
    assert ready.last["comment-status"] == "created"


def test_the_oldest_stays_and_copies_of_ours_are_removed(ready):
    add = ready.server.state.add_comment
    oldest = add(7, f"{MARKER}\n\none")
    add(7, f"{MARKER}\n\ntwo")
    other = add(7, f"{MARKER.replace('default', 'other')}\n\nanother leaderboard")
    ready.run()
    assert [c["id"] for c in ready.server.state.comments_on(7)] == [oldest["id"], other["id"]]
    assert "rank 2" in oldest["body"]


def test_another_key_is_another_comment_and_another_status(ready):
    ready.run()
    ready.run(comment_key="task2")
    assert ready.last["comment-status"] == "created"
    assert {read_marker(body).key for body in ready.comments()} == {"default", "task2"}
    assert ready.status["context"] == "expflow/task2"


def test_a_head_that_another_run_judged_meanwhile_is_judged_anew(ready):
    """The run began by the old policy; while it judged, the base's was tightened, and another run said so."""
    state = ready.server.state

    def meanwhile(method, path):
        if path.endswith("/statuses") and len(state.statuses) == 1:
            ready.repo.git("switch", "--quiet", "main")
            ready.repo.commit("expflow.yaml", POLICY.replace("18.09", "10"))
            ready.repo.git("switch", "--quiet", "feature")
            url = Seal("0" * 16, "", state_board).on("https://github.example/x")
            body = {"state": "failure", "context": "expflow", "description": "fail", "target_url": url}
            state.add_status(ready.head, body, ACTIONS)["created_at"] = "2099-01-01T00:00:00Z"

    ready.run()
    state_board = (Inputs().board,)
    ready.server.before = meanwhile
    assert ready.run() == 1
    assert ready.status["state"] == "failure"
    assert "pde_mean < 10" in ready.comment


def test_a_second_attempt_of_an_old_run_judges_what_is_there_now(ready):
    ready.run()
    ready.results(record("more", 10.0, commit=ready.repo.git("rev-parse", "HEAD~1")))
    ready.run_id = 1
    ready.run(env={"GITHUB_RUN_ATTEMPT": "2"})
    assert ready.last["comment-status"] == "updated"


def test_a_head_that_moved_on_is_not_commented(ready):
    payload = ready.payload()
    payload["pull_request"] = {**payload["pull_request"], "head": dict(payload["pull_request"]["head"])}
    ready.server.state.pulls[7]["head"] = {**ready.server.state.pulls[7]["head"], "sha": "9" * 40}
    assert ready.run(payload=payload) == 0
    assert ready.last["comment-status"] == "outdated"
    assert ready.comments() == []


def test_two_runs_at_once_end_with_one_comment(ready):
    """Each lists before the other has written, so both create; the older comment stays, with the younger's words."""
    meet = threading.Barrier(2, timeout=10)

    def wait(method, path):
        if method == "POST" and path.endswith("/comments"):
            meet.wait()

    ready.server.before = wait
    payload = ready.payload()
    from expflow_hooks.action import main

    environments = [ready.environment("pull_request", payload, top=top) for top in ("1", "3")]
    threads = [threading.Thread(target=main.run, args=(environment,)) for environment in environments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ready.comments()) == 1


def test_a_read_only_token_keeps_the_verdict_and_the_summary(ready):
    ready.server.state.accounts[TOKEN] = ACTIONS._replace(writes=False)
    ready.results(record("bad", 99.0, commit=ready.repo.git("rev-parse", "HEAD~1")))
    assert ready.run() == 1
    assert ready.last["comment-status"] == "read-only"
    assert ready.last["verdict"] == "fail"
    assert "pull-requests: write" in ready.text
    assert "statuses: write" in ready.text
    assert "❌ Expflow: 1 of 2 candidates fails" in ready.summary
    assert ready.comments() == []


@pytest.mark.parametrize("token", ["", "a-token-that-nobody-knows"])
def test_a_wrong_token_is_an_error_since_the_base_cannot_be_asked(ready, token):
    assert ready.run(github_token=token) == 4
    assert (ready.last["verdict"], ready.last["passed"]) == ("error", "false")
    assert "401 Bad credentials" in ready.summary


def test_a_server_that_is_not_there_is_an_error(ready, monkeypatch):
    from expflow_hooks.action.github import client

    monkeypatch.setattr(client, "_wait", lambda answer, tries: None)
    assert ready.run(env={"GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_GRAPHQL_URL": ""}) == 4
    assert ready.last["verdict"] == "error"


@pytest.mark.parametrize("path", ["/issues/7/comments", "/statuses", "/graphql"])
def test_what_only_shows_the_verdict_changes_none(ready, path, monkeypatch):
    from expflow_hooks.action.github import client

    monkeypatch.setattr(client, "_wait", lambda answer, tries: None)
    for method in ("GET", "POST"):
        ready.server.faults += [(method, path, (500, {}, {"message": "oops"}))] * 3
    assert ready.run() == 0
    assert ready.last["passed"] == "true"


def test_a_body_that_is_refused_is_sent_again_smaller(ready):
    runs = [record(f"r-{i}-{'n' * 60}", 5 + i / 100, tags=["t" * 50] * 4) for i in range(150)]
    ready.results(*runs)
    ready.server.faults.append(("POST", "/issues/7/comments", (422, {}, {"message": "Body is too long"})))
    assert ready.run(top="1000") == 0
    assert ready.last["comment-status"] == "created"
    assert ready.last["truncated"] == "true"
    assert len(ready.comment.encode()) <= 15_000


def test_a_create_that_was_carried_out_and_then_cut_is_not_done_twice(ready):
    ready.server.faults.append(("POST", "/issues/7/comments", "done then cut"))
    assert ready.run() == 0
    assert ready.last["comment-status"] == "created"
    assert len(ready.comments()) == 1


def test_a_create_that_was_cut_before_is_done_again(ready):
    ready.server.faults.append(("POST", "/issues/7/comments", "cut"))
    assert ready.run() == 0
    assert len(ready.comments()) == 1


def test_the_comment_modes(ready):
    ready.run(comment="never")
    assert (ready.last["comment-status"], ready.comments()) == ("skipped", [])
    ready.run(comment="always")
    first = ready.comment
    ready.run(comment="always")
    assert ready.last["comment-status"] == "updated"
    assert ready.comment != first, "it names the run"


def test_a_change_that_needs_no_experiment_gets_no_comment_until_there_is_something_to_say(research):
    research.setup(POLICY.replace("  paths:", "  require_candidate: never\n  paths:"))
    research.open()
    research.run()
    assert (research.last["comment-status"], research.comments()) == ("skipped", [])
    research.results(record("new", 11.0, commit=research.head))
    research.run()
    assert research.last["comment-status"] == "created"


def test_no_status_is_posted_where_none_is_wanted(ready):
    ready.run(status="never")
    assert ready.server.state.statuses == []


def test_the_token_is_masked_and_nowhere_else(ready):
    ready.run()
    assert [line for line in ready.text.splitlines() if TOKEN in line] == [f"::add-mask::{TOKEN}"]
    assert TOKEN not in ready.summary + ready.comment + str(ready.last)


def test_the_token_is_in_no_repr_of_a_job(ready, tmp_path):
    from expflow_hooks.action.request.inputs import read_inputs
    from expflow_hooks.action.request.job import start
    from expflow_hooks.action.request.subjects import subjects

    environment = ready.environment("pull_request", ready.payload())
    job = start(read_inputs(environment), environment, str(tmp_path), dry_run=False)
    assert TOKEN not in repr(job) + repr(list(subjects(job))) + repr(job.github)


def test_how_many_requests_a_run_makes(ready):
    ready.run()
    ready.results(record("more", 10.0, commit=ready.repo.git("rev-parse", "HEAD~1")))
    ready.server.log.clear()
    ready.server.unchanged.clear()
    ready.run(env={"EXPFLOW_OWN_TOKEN": "true"})
    assert ready.last["comment-status"] == "updated"
    assert len(ready.server.unchanged) == 1, "whether the pull request is still the same, which is free"
    # Open pull requests, the base's tip, statuses, comment, status; one page of comments.
    assert len(ready.server.log) - 1 == 5 + 1
