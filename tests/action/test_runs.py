"""Every event from start to end: from the checkout, by API as data only, and late results."""

import json
import subprocess
from pathlib import Path

import pytest
from action.research import POLICY, command, lines, record
from fakes.github_state import REPOSITORY

from expflow_hooks.action.github import client

EVENTS = Path(__file__).parent / "events"


def event(name, **changes):
    return {**json.loads((EVENTS / f"{name}.json").read_text()), **changes}


@pytest.fixture
def ready(research):
    research.setup()
    research.results(record("new", 11.0, commit=research.head))
    research.open()
    return research


def workflow_run(research):
    body = event("workflow_run")
    body["workflow_run"] |= {"head_sha": research.head, "head_branch": "main"}
    return body


@pytest.fixture
def fork(research):
    """A pull request of a fork whose branch is called main; nothing of it is in the workspace."""
    research.setup(base_records=[record("old-1", 9.5), record("b", 99.0, branch="main")])
    research.results(record("new", 11.0, commit=research.head))
    research.open(fork=True, branch="main")
    return research


def test_a_fork_is_judged_from_the_checkout_without_a_right_to_write(fork):
    assert fork.run(comment="never", status="never") == 0
    assert fork.last["verdict"] == "pass"
    assert "`b`" in fork.summary  # ranked like any other, but no candidate: main is not the fork's branch here


def test_the_report_is_a_folder_for_an_artifact_with_a_page_for_each_candidate(ready):
    assert ready.run() == 0
    assert ready.last["report"] == ""
    assert ready.run(report="auto") == 0
    folder = Path(ready.last["report"])
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html")) == [
        "index.html",
        "runs/new.html",
        "runs/old-1.html",
    ]
    board = (folder / "index.html").read_text()
    assert 'href="runs/new.html"' in board and "old-2" in board
    assert "old-1" in (folder / "runs" / "new.html").read_text(), "beside the best"


def test_a_report_that_cannot_be_written_is_said_and_changes_nothing(ready, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("expflow_hooks.render.html.report.replace_file", full)
    assert ready.run(report="auto") == 0
    assert "expflow: the report was not written: cannot write " in ready.text
    assert ready.last["report"] == ""


@pytest.mark.parametrize("name", ["workflow_run", "pull_request_target"])
def test_a_fork_is_judged_and_commented_by_api_as_data(fork, name, tmp_path):
    payload = workflow_run(fork) if name == "workflow_run" else fork.payload()
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "experiments.jsonl").write_text(lines(record("planted", 1.0)))
    assert fork.run(name, payload, env={"GITHUB_WORKSPACE": str(empty), "GITHUB_SHA": fork.base}) == 0
    assert "rank 2 of 2" in fork.comment
    assert "planted" not in fork.comment
    assert fork.status["state"] == "success"


def test_a_workflow_run_whose_head_moved_on_is_left_to_the_younger_one(fork):
    payload = workflow_run(fork)
    payload["workflow_run"]["head_sha"] = "9" * 40
    assert fork.run("workflow_run", payload) == 3
    assert fork.last["verdict"] == "undecided"
    assert fork.comments() == []


def test_by_api_a_pin_hash_added_and_removed_within_the_change_is_found(fork, digest):
    fork.change("notes.txt", f"pin {digest}\n")
    fork.change("notes.txt", "nothing\n")
    assert fork.run("workflow_run", workflow_run(fork)) == 1
    assert "notes.txt:1:5" in fork.comment
    assert digest not in fork.comment + fork.summary + fork.text


def test_by_api_a_hash_in_a_commit_message_is_found(fork, digest):
    fork.repo.git("commit", "--quiet", "--allow-empty", "--message", f"pin {digest}")
    fork.head = fork.repo.git("rev-parse", "HEAD")
    fork._moved()
    assert fork.run("workflow_run", workflow_run(fork)) == 1
    assert "commit message" in fork.comment


def test_by_api_the_bases_policy_excuses_a_blob_of_the_past_only(research, digest):
    leak = f"pin {digest}\n"
    blob = subprocess.run(["git", "hash-object", "--stdin"], input=leak, capture_output=True, text=True).stdout.strip()
    research.setup(POLICY + f"scan:\n  allow: [{{blob: {blob}, reason: retired}}]\n")
    research.change("notes.txt", leak)
    research.change("notes.txt", "nothing\n")
    research.results(record("new", 11.0, commit=research.head))
    research.open()
    assert research.run("pull_request_target") == 0
    assert research.run() == 0
    research.change("notes.txt", leak)
    assert research.run("pull_request_target") == 1
    assert research.run() == 1


def test_by_api_a_registry_that_lost_a_line_fails(fork):
    text = (fork.repo.path / "experiments.jsonl").read_text()
    fork.change("experiments.jsonl", text.split("\n", 1)[1])
    assert fork.run("workflow_run", workflow_run(fork)) == 1
    assert "the registry lost 1 line" in fork.comment


def test_a_push_is_judged_by_its_own_commits(ready):
    payload = event("push", before=ready.base, after=ready.head, ref="refs/heads/feature")
    ready.server.state.pulls.clear()
    assert ready.run("push", payload) == 0
    assert (ready.last["verdict"], ready.last["comment-status"]) == ("pass", "skipped")
    assert ready.status["state"] == "success"


def test_a_push_of_a_new_branch_starts_where_it_left_the_default_branch(ready):
    payload = event("push", before="0" * 40, after=ready.head, ref="refs/heads/feature")
    assert ready.run("push", payload) == 0
    assert ready.last["verdict"] == "pass"


def test_a_push_that_replaced_what_is_not_here_any_more(ready):
    payload = event("push", before="9" * 40, after=ready.head, ref="refs/heads/feature")
    assert ready.run("push", payload) == 0


def test_a_deleted_branch_is_nothing_to_judge(ready):
    assert ready.run("push", event("push", before=ready.head, after="0" * 40)) == 0


def test_a_squash_on_main_counts_the_runs_of_its_pull_request(ready):
    ready.repo.git("checkout", "--quiet", "main")
    ready.repo.git("merge", "--quiet", "--squash", "feature")
    ready.repo.git("commit", "--quiet", "--message", "squashed (#7)")
    squash = ready.repo.git("rev-parse", "HEAD")
    pull = ready.server.state.pulls[7]
    pull |= {"state": "closed", "merged_at": "2026-11-23T00:00:00Z", "merge_commit_sha": squash}
    ready.head = squash
    assert ready.run("push", event("push", before=ready.base, after=squash)) == 0
    assert (ready.last["verdict"], ready.last["candidate-rank"]) == ("pass", "2")


def test_a_merge_group_takes_the_runs_of_the_pull_request_it_names(ready):
    body = event("merge_group")
    body["merge_group"] |= {"base_sha": ready.base, "head_sha": ready.head}
    assert ready.run("merge_group", body) == 0
    assert (ready.last["verdict"], ready.last["comment-status"]) == ("pass", "skipped")


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch", "repository_dispatch"])
def test_a_run_that_completes_after_the_event_turns_the_status(research, name):
    research.setup()
    trained = research.head
    research.results(record("late", status="running", commit=trained))
    research.open()
    assert research.run() == 3
    assert research.status["state"] == "pending"
    research.repo.git("checkout", "--quiet", "main")  # where the schedule runs, and where the result arrives
    with open(research.repo.path / "experiments.jsonl", "a") as file:
        file.write(lines(record("late", 11.0, commit=trained)))
    assert research.run(name, event(name)) == 0
    assert research.status["state"] == "success"
    assert "verdict: `undecided` → `pass`" in research.comment


def test_late_results_judge_every_open_pull_request_and_exit_by_errors_only(ready):
    bad = ready.results(record("bad", 99.0, commit=ready.head))
    ready.server.state.add_pull(8, ready.base, "9" * 40)  # one that cannot be read
    ready.server.state.add_pull(9, ready.base, ready.base, state="closed")
    ready.server.state.pulls[7]["head"]["sha"] = bad
    assert ready.run("schedule", event("schedule")) == 0, "each status speaks for itself"
    states = {commit: status["state"] for commit, status in ready.server.state.statuses}
    assert states == {bad: "failure", "9" * 40: "error"}
    assert ready.last["verdict"] == "error"
    del ready.server.state.pulls[8]
    ready.change("src/more.py", "1\n")
    assert ready.run("schedule", event("schedule")) == 0
    assert ready.last["verdict"] == "undecided"


def test_late_results_without_an_open_pull_request_are_nothing(ready):
    ready.server.state.pulls.clear()
    assert ready.run("schedule", event("schedule")) == 0


def test_more_open_pull_requests_than_a_page_holds(ready, monkeypatch):
    monkeypatch.setattr(client, "PAGE_SIZE", 3)
    for number in range(8, 16):
        ready.server.state.add_pull(number, ready.base, ready.base)
    assert ready.run("schedule", event("schedule"), comment="never") == 0
    assert {commit for commit, _ in ready.server.state.statuses} == {ready.head, ready.base}
    assert ready.text.count("expflow: #") == 9


def test_an_event_that_is_none_of_ours_is_an_error(ready):
    assert ready.run("issues", {}) == 2
    assert ready.last["verdict"] == "error"


def test_a_wrong_input_is_an_error_in_outputs_and_summary_too(ready):
    assert ready.run(fail_on="sometimes") == 2
    assert ready.last["passed"] == "false"
    assert "input fail-on" in ready.summary


def test_the_ranking_is_a_file_of_schema_1(ready):
    ready.run()
    ranking = json.loads(Path(ready.last["ranking-json"]).read_text())
    assert ranking["schema"] == 1
    assert [row["rank"] for row in ranking["ranking"]] == [1, 2, 3]


def test_the_command_in_a_process_of_its_own_touches_nothing(ready):
    (ready.repo.path / "json.py").write_text("raise SystemExit('the checkout was imported')\n")
    environment = ready.environment("pull_request", ready.payload())
    before = ready.repo.git("status", "--porcelain")
    from documents import ROOT

    code = [str(ROOT / "expflow_hooks" / "__main__.py"), "action"]
    import sys

    done = subprocess.run(
        [sys.executable, "-I", "-B", *code],
        cwd=ready.repo.path,
        env=environment | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ready.repo.git("status", "--porcelain") == before


def test_a_dry_run_prints_the_comment_and_asks_no_server(ready, cli):
    done = command(["action", "--dry-run"], {"INPUT_FAIL_ON": "any-fail"}, ready.repo.path)
    assert done.returncode == 0, done.stderr
    assert "## ✅ Expflow: pass" in done.stdout
    assert "rank 2 of 3" in done.stdout
    assert ready.server.log == []


def test_outside_a_workflow_the_command_says_what_to_do(cli):
    done = cli("action")
    assert done.returncode == 2
    assert "--dry-run" in done.stdout


def test_the_repository_of_the_event_is_the_one_that_is_asked(ready):
    ready.run()
    assert all(path == "/graphql" or path.startswith(f"/repos/{REPOSITORY}/") for _, path in ready.server.log)
