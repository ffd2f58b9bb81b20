"""What GitHub refuses, told as what it is; and a workspace that belongs to another user, as a container job's does."""

import os
import subprocess

import pytest
from action.research import TOKEN, record
from fakes.github_state import ACTIONS, STRANGER


@pytest.fixture
def ready(research):
    research.setup()
    research.results(record("new", 11.0, commit=research.head))
    research.open()
    return research


def locked(state):
    state.pulls[7]["locked"] = True


def archived(state):
    state.archived = True


def full(state):
    state.limits.comments = 3
    for index in range(3):
        state.add_comment(7, f"talk {index}", STRANGER)


def read_only(state):
    state.accounts[TOKEN] = ACTIONS._replace(writes=False)


@pytest.mark.parametrize(
    ("happens", "outcome", "words"),
    [
        (locked, "failed", "the comment was not posted: the conversation is locked"),
        (archived, "failed", "the comment was not posted: the repository is archived"),
        (
            full,
            "failed",
            "the comment was not posted: GitHub takes no more than 2,500 comments; the job summary has it all",
        ),
        (
            read_only,
            "read-only",
            "the comment was not posted: the token may not write (`permissions: pull-requests: write`)",
        ),
    ],
    ids=["locked", "archived", "full", "read-only"],
)
def test_a_403_is_told_as_what_it_is_and_the_verdict_stays(ready, happens, outcome, words):
    happens(ready.server.state)
    assert ready.run() == 0
    assert words in ready.text
    assert (ready.last["verdict"], ready.last["comment-status"]) == ("pass", outcome)
    assert "pass" in ready.summary
    assert ("may not write" in ready.text) == (outcome == "read-only"), "another reason is no missing right"


def test_a_rate_limit_that_lasts_is_told_and_the_verdict_stays(ready, monkeypatch):
    """The server asks for an hour's wait, which is longer than a run's patience."""
    limited = (403, {"X-RateLimit-Remaining": "0", "Retry-After": "3600"}, {"message": "API rate limit exceeded for x"})
    ready.server.faults.append(("POST", "/comments", limited))
    assert ready.run() == 0
    assert "the comment was not posted: the requests of this hour are used up; the next run posts it" in ready.text
    assert (ready.last["verdict"], ready.last["comment-status"]) == ("pass", "failed")
    assert ready.status["state"] == "success", "the status was tried all the same"


def test_a_status_that_is_refused_says_which_right_is_missing(ready):
    refused = (403, {}, {"message": "Resource not accessible by integration"})
    ready.server.faults.append(("POST", "/statuses/", refused))
    assert ready.run() == 0
    assert "the status was not posted: the token may not write (`permissions: statuses: write`)" in ready.text
    assert ready.last["comment-status"] == "created"


def test_a_redirected_write_is_not_taken_for_a_success(ready):
    elsewhere = (307, {"Location": "https://elsewhere.example/comments"}, {"message": "moved"})
    ready.server.faults.append(("POST", "/comments", elsewhere))
    assert ready.run() == 0
    assert ready.comments() == []
    assert ready.last["comment-status"] == "failed"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_workspace_of_another_user_is_read_and_no_configuration_is_changed(ready, home, tmp_path):
    """What actions/checkout leaves in a container job: git itself refuses it."""
    subprocess.run(["git", "clone", "--quiet", "--mirror", ready.repo.path, tmp_path / "github.git"], check=True)
    ready.server.state.repo = tmp_path / "github.git"
    for folder, folders, files in os.walk(ready.repo.path):
        for name in (".", *folders, *files):
            os.chown(os.path.join(folder, name), 12345, 12345, follow_symlinks=False)
    refused = subprocess.run(["git", "-C", ready.repo.path, "status"], capture_output=True, text=True)
    assert "dubious ownership" in refused.stderr
    before = (home / ".gitconfig").read_text()
    assert ready.run() == 0, ready.text
    assert ready.last["verdict"] == "pass"
    assert (home / ".gitconfig").read_text() == before
