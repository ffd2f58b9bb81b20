"""Late results: nothing new costs two requests, a status is set when it changes, and an hour's limit is kept."""

import json
from pathlib import Path

import pytest
from action.research import POLICY, lines, record
from fakes.github_state import ACTIONS

SCHEDULE = json.loads((Path(__file__).parent / "events" / "schedule.json").read_text())


@pytest.fixture
def many(research):
    """Twelve open pull requests, each with a head and an experiment of its own."""
    return opened(research, 12)


def opened(research, count):
    research.setup()
    research.open()
    for number in range(8, 8 + count):
        research.repo.git("switch", "--quiet", "--create", f"b{number}", "main")
        trained = research.repo.commit("src/train.py", f"print({number})\n")
        path = research.repo.path / "experiments.jsonl"
        more = lines(record(f"r{number}", 9.0 + number / 10, commit=trained))
        head = research.repo.commit("experiments.jsonl", path.read_text() + more)
        research.server.state.add_pull(number, research.base, head, branch=f"b{number}")
    del research.server.state.pulls[7]
    research.repo.git("switch", "--quiet", "main")
    research.server.state.limits.requests = 100_000
    return research


def run(research, **inputs):
    research.server.log.clear()
    assert research.run("schedule", SCHEDULE, env={"EXPFLOW_OWN_TOKEN": "true"}, **inputs) == 0
    return research.server.log


def statuses(research):
    return [(commit, status["state"]) for commit, status in research.server.state.statuses]


def test_nothing_new_costs_two_requests_each_and_writes_nothing(many):
    run(many)
    assert [state for _, state in statuses(many)] == ["success"] * 12
    log = run(many)
    assert {method for method, _ in log} == {"GET"}
    # Beside the two: the list of pull requests, the base's tip, its tree, its policy, and its registry.
    assert len(log) <= 2 * 12 + 5
    assert "12 heads with nothing new" in many.text
    assert len(statuses(many)) == 12


def test_a_commit_beside_the_changes_is_nothing_new(many):
    run(many)
    many.base = many.repo.commit("README.md", "x\n")
    run(many)
    assert "12 heads with nothing new" in many.text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("expflow.yaml", POLICY.replace("18.09", "10")),
        ("experiments.jsonl", lines(record("old-1", 9.5), record("old-2", 12.5), record("more", 9.0))),
        ("src/train.py", "print('the base has other code')\n"),
    ],
)
def test_what_judges_them_is_something_new(many, path, text):
    run(many)
    many.repo.commit(path, text)
    run(many)
    assert "nothing new" not in many.text
    run(many)
    assert "12 heads with nothing new" in many.text


def test_a_clean_head_is_not_scanned_again(many):
    run(many)
    many.repo.commit("expflow.yaml", POLICY.replace("18.09", "10"))
    log = run(many)
    assert not [path for _, path in log if "/commits/" in path and not path.endswith("/statuses")]
    assert len([state for _, state in statuses(many) if state == "failure"]) == 10
    assert len(log) <= 10 * 12 + 10


def test_a_comment_that_is_gone_is_written_again(many):
    run(many)
    gone = next(iter(many.server.state.comments))
    del many.server.state.comments[gone]
    run(many)
    assert "11 heads with nothing new" in many.text
    assert len(many.server.state.comments) == 12


def test_what_the_hour_has_no_requests_for_waits_and_is_said(many):
    many.server.state.limits.requests = 340
    many.server.state.used = 0
    run(many)
    done = len(statuses(many))
    assert 0 < done < 12
    assert f"{12 - done} heads left to the next run" in many.text
    assert many.server.state.used < 340
    many.server.state.limits.requests = 100_000
    run(many)
    assert len({commit for commit, _ in statuses(many)}) == 12


def test_one_of_many_files_does_not_take_the_hour_from_the_others(many, monkeypatch):
    from expflow_hooks.action.request import subjects

    monkeypatch.setattr(subjects, "PER_HEAD", 20)
    many.repo.git("switch", "--quiet", "b8")
    for number in range(40):
        many.repo.write(f"files/{number}.txt", str(number))
    many.repo.git("add", "--all")
    many.repo.git("commit", "--quiet", "--message", "many")
    big = many.repo.git("rev-parse", "HEAD")
    many.server.state.push_head(8, big)
    many.repo.git("switch", "--quiet", "main")
    run(many)
    found = dict(statuses(many))
    assert found.pop(big) == "error"
    assert list(found.values()) == ["success"] * 11
    run(many)
    assert "12 heads with nothing new" in many.text, "and it is not tried again and again"


def test_one_broken_policy_is_that_pull_requests_error(many):
    many.repo.git("branch", "broken", "main")
    many.repo.git("switch", "--quiet", "broken")
    many.repo.commit("expflow.yaml", "version: 1\nleaderbord: {}\n")
    many.repo.git("switch", "--quiet", "main")
    pull = many.server.state.pulls[8]
    pull["base"] = {**pull["base"], "ref": "broken"}
    run(many)
    found = dict(statuses(many))
    assert found.pop(pull["head"]["sha"]) == "error"
    assert list(found.values()) == ["success"] * 11


def test_a_status_that_is_full_is_said_honestly(many):
    many.server.state.limits.statuses = 0
    run(many)
    assert "no more than 1,000 statuses of a commit" in many.text


def test_undecided_leaves_a_green_job_that_says_so(research):
    research.setup()
    research.results(record("new", status="running", commit=research.head))
    research.open()
    assert research.run(undecided="neutral") == 0
    assert "::notice title=expflow::undecided" in research.text
    assert (research.status["state"], research.last["passed"]) == ("pending", "false")
    assert research.run(undecided="fail") == 3


def test_a_reader_without_rights_posts_nothing_and_judges_the_same(many):
    many.server.state.accounts.update({token: ACTIONS._replace(writes=False) for token in many.server.state.accounts})
    run(many)
    assert statuses(many) == []
    assert many.last["verdict"] == "pass"
