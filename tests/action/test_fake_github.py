"""The loopback GitHub is as strict as GitHub: what is forgotten easily is refused, cut or left out here too."""

import json
from pathlib import Path

import pytest
import requests
from action.research import TOKEN, record
from fakes.github_state import ACTIONS, REPOSITORY

COMMENTS = "/issues/7/comments"


@pytest.fixture
def ask(research):
    """A pull request, and a function that asks its GitHub with the workflow's token."""
    research.setup()
    research.results(record("new", 11.0, commit=research.head))
    research.open()

    def ask(path, method="GET", headers=None, **options):
        headers = {"Authorization": f"Bearer {TOKEN}", **(headers or {})}
        return requests.request(
            method, f"{research.server.url}/repos/{REPOSITORY}{path}", headers=headers, timeout=20, **options
        )

    ask.research = research  # type: ignore[attr-defined]
    ask.limits = research.server.state.limits  # type: ignore[attr-defined]
    return ask


def test_the_base_of_a_pull_request_is_where_it_was_at_the_last_push_to_the_head(ask):
    git, was = ask.research.repo.git, ask.research.base
    git("switch", "--quiet", "main")
    tip = ask.research.repo.commit("other.txt", "x")
    git("switch", "--quiet", "feature")
    assert ask("/pulls/7").json()["base"]["sha"] == was
    assert ask("/git/ref/heads/main").json()["object"]["sha"] == tip
    ask.research.change("src/more.py", "1\n")
    assert ask("/pulls/7").json()["base"]["sha"] == tip


def many(ask, count):
    for number in range(count):
        ask.research.repo.write(f"many/{number}.txt", str(number))
    ask.research.repo.git("add", "--all")
    ask.research.repo.git("commit", "--quiet", "--message", "many")
    ask.research.head = ask.research.repo.git("rev-parse", "HEAD")
    return ask.research.head


def test_the_files_of_a_commit_come_300_a_page_and_3000_in_all(ask):
    commit = many(ask, 3100)
    sizes, url = [], f"/commits/{commit}?per_page=1000"
    while url:
        answer = ask(url)
        sizes.append(len(answer.json()["files"]))
        url = answer.links.get("next", {}).get("url", "").partition("4242")[2]
    assert sizes == [300] * 10


def test_a_comparison_has_300_files_and_without_a_page_250_commits(ask):
    base, head = ask.research.base, many(ask, 310)
    found = ask(f"/compare/{base}...{head}").json()
    assert (len(found["files"]), found["total_commits"]) == (300, 3)
    ask.limits.compared_commits = 2
    assert len(ask(f"/compare/{base}...{head}").json()["commits"]) == 2
    assert len(ask(f"/compare/{base}...{head}?per_page=100").json()["commits"]) == 3
    assert ask(f"/compare/{base}...{head}?per_page=2&page=2").json()["files"] == []


def test_a_tree_that_is_too_large_says_truncated(ask):
    head = ask.research.head
    assert not ask(f"/git/trees/{head}?recursive=1").json()["truncated"]
    ask.limits.tree_entries = 2
    found = ask(f"/git/trees/{head}?recursive=1").json()
    assert (len(found["tree"]), found["truncated"]) == (2, True)


def test_folders_are_entries_of_a_tree_too(ask):
    found = ask(f"/git/trees/{ask.research.head}?recursive=1").json()["tree"]
    assert ("src", "tree") in [(entry["path"], entry["type"]) for entry in found]


def test_contents_of_more_than_a_megabyte_have_none_but_raw(ask):
    head = ask.research.change("big.txt", "x" * ((1 << 20) + 1))
    found = ask(f"/contents/big.txt?ref={head}").json()
    assert (found["encoding"], found["content"]) == ("none", "")
    raw = ask(f"/contents/big.txt?ref={head}", headers={"Accept": "application/vnd.github.raw+json"})
    assert len(raw.content) == (1 << 20) + 1


def test_contents_follow_a_link(ask):
    path = ask.research.repo.path
    (path / "link").symlink_to("src/train.py")
    ask.research.repo.git("add", "link")
    head = ask.research.change("other.txt", "x")
    raw = ask(f"/contents/link?ref={head}", headers={"Accept": "application/vnd.github.raw+json"})
    assert raw.content == (path / "src" / "train.py").read_bytes()


def test_a_commit_and_context_take_1000_statuses(ask):
    ask.limits.statuses = 2
    status = {"state": "success", "context": "expflow", "description": "pass"}
    path = f"/statuses/{ask.research.head}"
    answers = [ask(path, "POST", json=body).status_code for body in (status, status, status)]
    other = ask(path, "POST", json={**status, "context": "other"}).status_code
    assert (answers, other) == ([201, 201, 422], 201)
    newest, *_ = ask(f"/commits/{ask.research.head}/statuses").json()
    assert (newest["context"], newest["creator"]["id"]) == ("other", ACTIONS.id)


def test_what_the_caller_has_already_is_not_sent_again_and_free(ask):
    first = ask("/pulls/7")
    again = ask("/pulls/7", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"]
    ask.research.change("src/more.py", "1\n")
    assert ask("/pulls/7", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_an_hour_has_1000_requests(ask):
    ask.limits.requests = 2
    answers = [ask("/pulls/7") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert answers[-1].headers["X-RateLimit-Remaining"] == "0"
    assert "rate limit" in answers[-1].json()["message"]


def test_2500_comments_are_the_most(ask):
    ask.limits.comments = 1
    assert ask(COMMENTS, "POST", json={"body": "one"}).status_code == 201
    refused = ask(COMMENTS, "POST", json={"body": "two"})
    assert (refused.status_code, refused.json()["message"]) == (
        403,
        "Commenting is disabled on issues with more than 2500 comments",
    )


def test_a_locked_pull_request_and_an_archived_repository_take_no_comment(ask):
    ask.research.server.state.pulls[7]["locked"] = True
    assert "locked" in ask(COMMENTS, "POST", json={"body": "x"}).json()["message"]
    ask.research.server.state.archived = True
    assert "archived" in ask(COMMENTS, "POST", json={"body": "x"}).json()["message"]


def test_a_deleted_fork_has_no_repository_and_a_forks_commit_no_pull_request(ask):
    state, head = ask.research.server.state, ask.research.head
    assert [pull["number"] for pull in ask(f"/commits/{head}/pulls").json()] == [7]
    for fork in (True, None):
        state.add_pull(7, ask.research.base, head, fork=fork)
        assert ask(f"/commits/{head}/pulls").json() == []
    assert ask("/pulls/7").json()["head"]["repo"] is None


def test_the_payload_of_a_forks_workflow_run_names_no_pull_request():
    payload = json.loads((Path(__file__).parent / "events" / "workflow_run.json").read_text())
    assert payload["workflow_run"]["pull_requests"] == []
