"""The one comment: found by marker and author over all pages, written once, never over a younger run's or head's."""

import threading

import pytest
from action.research import TOKEN, record
from fakes.github_state import ACTIONS, STRANGER, Account

from expflow_hooks.action.page.marker import Marker, read_marker

MARKER = Marker("default", 50, 1, "0" * 16).line()


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


def test_an_older_run_that_finishes_last_does_not_overwrite(ready):
    ready.run()
    young = ready.comment
    ready.results(record("more", 10.0, commit=ready.repo.git("rev-parse", "HEAD~1")))
    ready.run_id = 10
    told = len(ready.server.state.statuses)
    ready.run()
    assert ready.last["comment-status"] == "outdated"
    assert len(ready.server.state.statuses) == told
    assert ready.comment == young


def test_a_second_attempt_of_the_same_run_is_younger(ready):
    ready.run()
    ready.run_id -= 1
    ready.results(record("more", 10.0, commit=ready.repo.git("rev-parse", "HEAD~1")))
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
    assert read_marker(ready.comment).run == ready.run_id


def test_a_read_only_token_keeps_the_verdict_and_the_summary(ready):
    ready.server.state.accounts[TOKEN] = ACTIONS._replace(writes=False)
    ready.results(record("bad", 99.0, commit=ready.repo.git("rev-parse", "HEAD~1")))
    assert ready.run() == 1
    assert ready.last["comment-status"] == "read-only"
    assert ready.last["verdict"] == "fail"
    assert "pull-requests: write" in ready.text
    assert "statuses: write" in ready.text
    assert "❌ Expflow: fail" in ready.summary
    assert ready.comments() == []


@pytest.mark.parametrize("token", ["", "a-token-that-nobody-knows"])
def test_a_wrong_token_changes_no_verdict(ready, token):
    assert ready.run(github_token=token) == 0
    assert ready.last["comment-status"] == "failed"
    assert ready.last["passed"] == "true"


def test_a_server_that_is_not_there_changes_no_verdict(ready, monkeypatch):
    from expflow_hooks.action.github import client

    monkeypatch.setattr(client, "_wait", lambda answer, tries: None)
    assert ready.run(env={"GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_GRAPHQL_URL": ""}) == 0
    assert ready.last["comment-status"] == "failed"


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
    first = read_marker(ready.comment).run
    ready.run(comment="always")
    assert ready.last["comment-status"] == "updated"
    assert read_marker(ready.comment).run == first + 1


def test_on_change_is_silent_until_there_is_something_to_say(research):
    research.setup()
    research.open()
    research.run(comment="on-change")
    assert (research.last["comment-status"], research.comments()) == ("skipped", [])
    research.results(record("new", 11.0, commit=research.head))
    research.run(comment="on-change")
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
    from expflow_hooks.action.request.targets import targets

    environment = ready.environment("pull_request", ready.payload())
    job = start(read_inputs(environment), environment, str(tmp_path), dry_run=False)
    assert TOKEN not in repr(job) + repr(list(targets(job))) + repr(job.github)


def test_how_many_requests_a_run_makes(ready):
    ready.run()
    ready.results(record("more", 10.0, commit=ready.repo.git("rev-parse", "HEAD~1")))
    ready.server.log.clear()
    ready.run()
    assert ready.last["comment-status"] == "updated"
    assert len(ready.server.log) == 4 + 1  # viewer, head, comment, status; one page of comments
