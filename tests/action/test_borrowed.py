"""The verdict that cannot be borrowed: each way to a green status that the change did not earn ends in another."""

import json
from pathlib import Path
from typing import Any

import pytest
from action.research import POLICY, TOKEN, lines, record
from fakes.github_state import ACTIONS, MAINTAINER

from expflow_hooks.action.evidence import remote

EVENTS = Path(__file__).parent / "events"
LAX = POLICY.replace("  gates: [pde_mean:lt:18.09, train_time_min:lt:60]\n", "").replace("audit:", "guard:")
LAX = LAX.replace("  rules:\n  - reported: seg_total\n", "  allow_force: true\n")


def event(name, **changes):
    return {**json.loads((EVENTS / f"{name}.json").read_text()), **changes}


@pytest.fixture
def bad(research):
    """A pull request whose experiment breaks the gate of main; the branch `lax` has a policy without gates."""
    research.setup()
    research.trained = research.head
    research.results(record("bad", 99.0, commit=research.head))
    research.repo.git("branch", "lax", "main")
    on_branch(research, "lax", lambda: research.repo.commit("expflow.yaml", LAX))
    research.open()
    return research


def on_branch(research, branch, change):
    research.repo.git("switch", "--quiet", branch)
    try:
        return change()
    finally:
        research.repo.git("switch", "--quiet", "feature")


def tip(research, branch):
    return research.repo.git("rev-parse", branch)


def states(research):
    """Return the state that counts on the head: the newest."""
    return research.status["state"]


def second(research, number=8, base="lax", **given):
    """Open another pull request of the same head; return its payload."""
    pull = research.server.state.add_pull(number, tip(research, base), research.head, base_branch=base, **given)
    return {"number": number, "pull_request": pull, "repository": {"default_branch": "main"}}


def test_alone_a_pull_request_into_the_lax_branch_passes(bad):
    bad.server.state.pulls.clear()
    assert bad.run(payload=second(bad)) == 0
    assert states(bad) == "success"


@pytest.mark.parametrize("fork", [False, True, None])
@pytest.mark.parametrize("order", [(7, 8), (8, 7)])
def test_a_second_pull_request_of_the_same_head_into_a_laxer_base_lends_nothing(bad, order, fork):
    payloads = {7: bad.payload(), 8: second(bad, fork=fork)}
    for number in order:
        assert bad.run("pull_request_target" if fork is not False else "pull_request", payloads[number]) == 1
        assert states(bad) == "failure"
    assert bad.status["description"].startswith("#7: fail")


def test_nor_into_a_base_without_any_rules(bad):
    bad.repo.git("branch", "bare", "lax")
    on_branch(bad, "bare", lambda: bad.repo.git("rm", "--quiet", "expflow.yaml") or bad.repo.commit("x", "y"))
    assert bad.run(payload=second(bad, base="bare"), sort_by="pde_mean") == 1
    assert states(bad) == "failure"


def test_nor_when_it_is_judged_late(bad):
    second(bad)
    assert bad.run("schedule", event("schedule")) == 0, "each pull request speaks for itself"
    assert states(bad) == "failure"


def test_nor_when_the_other_was_judged_before_there_was_a_second(bad):
    bad.run()
    assert bad.run(payload=second(bad)) == 1
    assert states(bad) == "failure"


def test_the_comment_of_each_tells_its_own_verdict(bad):
    bad.run(payload=second(bad))
    (comment,) = bad.server.state.comments_on(8)
    assert "expflow: #7 fail" in bad.text
    assert "Expflow: pass" in comment["body"]
    assert "#7" in comment["body"], "and why the status is another"
    assert bad.comments() == [], "the other's own run writes the other's"


def test_a_pull_request_of_the_head_that_cannot_be_judged_counts_as_an_error(bad):
    bad.server.state.pulls.clear()
    payload = second(bad)
    bad.server.state.add_pull(9, bad.base, bad.head, base_branch="gone")
    assert bad.run(payload=payload) == 4
    assert states(bad) == "error"


def test_a_new_base_is_judged_by_it(bad):
    bad.server.state.pulls.clear()
    bad.run(payload=second(bad))
    assert states(bad) == "success"
    pull = bad.server.state.pulls[8]
    pull["base"] = {**pull["base"], "ref": "main"}  # retargeted: `base.sha` stays where it was
    payload = {"action": "edited", "number": 8, "pull_request": pull, "repository": {"default_branch": "main"}}
    assert bad.run(payload=payload) == 1
    assert states(bad) == "failure"


def test_a_payload_that_names_the_old_base_is_judged_by_the_new_one(bad):
    bad.server.state.pulls.clear()
    payload = json.loads(json.dumps(second(bad)))
    pull = bad.server.state.pulls[8]
    pull["base"] = {**pull["base"], "ref": "main"}
    assert bad.run(payload=payload) == 1
    assert states(bad) == "failure"


def rebased(research):
    on_branch(research, "main", lambda: research.repo.commit("other.txt", "x"))
    research.repo.git("rebase", "--quiet", "main")


def squashed(research):
    research.repo.git("reset", "--quiet", "--soft", "main")
    research.repo.git("commit", "--quiet", "--message", "all in one")


def amended(research):
    research.repo.git("commit", "--quiet", "--amend", "--message", "said better")


@pytest.mark.parametrize("rewrite", [rebased, squashed, amended])
@pytest.mark.parametrize("by_api", [False, True])
def test_history_that_is_rewritten_after_a_run_failed_takes_the_run_along(bad, rewrite, by_api):
    bad.run()
    rewrite(bad)
    bad.head = tip(bad, "feature")
    bad._moved()
    assert bad.run("pull_request_target" if by_api else "pull_request") in (1, 3)
    assert states(bad) in ("failure", "pending")


WITHDRAWN: dict[str, dict[str, Any]] = {
    "deleted": {"status": "deleted"},
    "another commit": {"commit": "9" * 40},
    "no commit": {"commit": None},
    "running again": {"status": "running"},
}


@pytest.mark.parametrize("how", WITHDRAWN)
def test_a_later_line_does_not_take_a_run_out_of_the_judging(bad, how):
    bad.results(record("bad", 99.0, **{"commit": bad.trained, **WITHDRAWN[how]}))
    assert bad.run() in (1, 3)
    assert states(bad) in ("failure", "pending")
    if how == "deleted":
        assert "`bad`: a later line says `deleted`" in bad.comment


@pytest.mark.parametrize("by_api", [False, True])
@pytest.mark.parametrize("commit", [None, "9" * 40])
def test_a_completed_line_that_names_no_commit_of_the_change_is_judged(research, commit, by_api):
    research.setup()
    research.results(record("elsewhere", 99.0, commit=commit))
    research.open()
    assert research.run("pull_request_target" if by_api else "pull_request") == 1
    assert states(research) == "failure"


def test_a_good_one_of_which_nothing_proves_what_it_ran_is_not_green_either(research):
    research.setup()
    research.results(record("elsewhere", 11.0, commit="9" * 40))
    research.open()
    assert research.run() == 3
    assert states(research) == "pending"


def queued(research):
    """Let the merge queue squash the pull request; return the event of what it built."""
    research.repo.git("switch", "--quiet", "--create", "queue", "main")
    research.repo.git("merge", "--quiet", "--squash", "feature")
    research.repo.git("commit", "--quiet", "--message", "squashed (#7)")
    group = research.repo.git("rev-parse", "HEAD")
    ref = f"refs/heads/gh-readonly-queue/main/pr-7-{research.base}"
    body = event("merge_group")
    body["merge_group"] |= {"base_sha": research.base, "head_sha": group, "head_ref": ref}
    research.head = group
    return body


@pytest.mark.parametrize("fault", [(500, {}, {"message": "oops"}), (404, {}, {"message": "Not Found"})])
def test_a_merge_queue_that_cannot_ask_for_the_pull_request_is_an_error(bad, fault, monkeypatch):
    from expflow_hooks.action.github import client

    monkeypatch.setattr(client, "_wait", lambda answer, tries: None)
    bad.server.faults.append(("GET", "/pulls/7", fault))
    assert bad.run("merge_group", queued(bad)) == 4
    assert states(bad) == "error"


def test_a_merge_queue_with_squash_judges_the_runs_of_the_pull_request(bad):
    assert bad.run("merge_group", queued(bad)) == 1
    assert states(bad) == "failure"


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target", "schedule"])
def test_a_policy_that_was_tightened_after_the_last_push_binds(research, name):
    research.setup()
    research.results(record("new", 17.0, commit=research.head))
    research.open()
    payload = event("schedule") if name == "schedule" else json.loads(json.dumps(research.payload()))
    assert research.run() == 0
    on_branch(research, "main", lambda: research.repo.commit("expflow.yaml", POLICY.replace("18.09", "10")))
    assert research.server.state.pulls[7]["base"]["sha"] == research.base, "GitHub does not say so here"
    research.run(name, payload)
    assert states(research) == "failure"
    assert "pde_mean < 10" in research.comment


def test_a_clone_that_has_not_the_bases_tip_takes_its_policy_by_api(research, tmp_path):
    research.setup()
    research.results(record("new", 17.0, commit=research.head))
    research.open()
    research.repo.git("clone", "--quiet", ".", str(tmp_path / "clone"))
    on_branch(research, "main", lambda: research.repo.commit("expflow.yaml", POLICY.replace("18.09", "10")))
    assert research.run(env={"GITHUB_WORKSPACE": str(tmp_path / "clone")}) == 1
    assert states(research) == "failure"


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
def test_a_base_policy_that_is_a_link_is_an_error(research, name):
    research.repo.write("configs/strict.yaml", POLICY)
    (research.repo.path / "expflow.yaml").symlink_to("configs/strict.yaml")
    research.setup(policy=None)
    research.change("expflow.yaml", LAX) if (research.repo.path / "expflow.yaml").unlink() else None
    research.results(record("new", 99.0, commit=research.head))
    research.open()
    assert research.run(name) == 4
    assert states(research) == "error"
    assert "expflow.yaml" in research.comment
    assert "is a symbolic link" in research.comment


def many_files(research, count, **more):
    for number in range(count):
        research.repo.write(f"docs/{number:05}.md", str(number))
    for path, text in more.items():
        research.repo.write(path, text)
    research.repo.git("add", "--all")
    research.repo.git("commit", "--quiet", "--message", "many files")
    research.head = research.repo.git("rev-parse", "HEAD")
    research._moved()


def test_by_api_a_hash_behind_the_3000_files_that_a_commit_lists_is_found(research, digest, monkeypatch):
    """The limit is lowered on both sides: three thousand files take minutes."""
    monkeypatch.setattr(remote, "MOST_FILES", 30)
    research.server.state.limits.commit_files = 30
    research.setup()
    research.open()
    many_files(research, 40, **{"zzz.txt": f"pin {digest}\n"})
    (research.repo.path / "zzz.txt").unlink()
    research.repo.git("commit", "--quiet", "--all", "--message", "gone")
    research.head = research.repo.git("rev-parse", "HEAD")
    research._moved()
    research.server.state.limits.requests = 10_000
    assert research.run("pull_request_target") == 1
    assert "zzz.txt:1:5" in research.comment
    assert states(research) == "failure"


def test_by_api_code_behind_the_300_files_that_a_comparison_lists_needs_a_candidate(research):
    research.setup()
    research.repo.git("reset", "--quiet", "--hard", "main")
    research.open()
    research.server.state.limits.compared_files = 30
    many_files(research, 40, **{"src/train.py": "print(2)\n"})
    research.server.state.limits.requests = 10_000
    assert research.run("pull_request_target") == 3
    assert (research.last["verdict"], states(research)) == ("no-candidate", "pending")


def test_by_api_a_tree_that_is_cut_is_read_folder_by_folder(bad):
    bad.server.state.limits.tree_entries = 4
    assert bad.run("pull_request_target") == 1
    assert states(bad) == "failure"


def test_by_api_a_folder_that_is_cut_is_an_error(bad):
    bad.server.state.limits.tree_entries = 1
    assert bad.run("pull_request_target") == 4
    assert states(bad) == "error"


def test_by_api_commits_behind_the_250_that_a_comparison_lists_are_judged(research):
    research.setup()
    research.server.state.limits.compared_commits = 2
    trained = research.head
    for number in range(4):
        research.repo.git("commit", "--quiet", "--allow-empty", "--message", f"{number}")
    research.results(record("bad", 99.0, commit=trained))
    research.open()
    assert research.run("pull_request_target") == 1
    assert states(research) == "failure"


def test_by_api_a_list_of_commits_that_is_cut_is_an_error(bad):
    state = bad.server.state
    whole = state.comparison
    state.comparison = lambda base, head, paged: whole(base, head, paged=paged) | {"total_commits": 400}
    assert bad.run("pull_request_target") == 4
    assert states(bad) == "error"


@pytest.mark.parametrize("order", [("push", "pull_request"), ("pull_request", "push")])
def test_a_push_of_the_same_commit_says_nothing_for_the_pull_request(bad, order):
    """The last push touched documents only, so that the push alone needs no experiment."""
    before = bad.head
    bad.change("README.md", "x\n")
    payloads = {"pull_request": bad.payload(), "push": event("push", before=before, after=bad.head)}
    payloads["push"]["ref"] = "refs/heads/feature"
    for name in order:
        bad.run(name, payloads[name])
    assert states(bad) == "failure"


def test_a_push_of_a_branch_is_judged_whole_not_from_the_push_before(bad):
    before = bad.head
    bad.change("README.md", "x\n")
    bad.server.state.pulls.clear()
    payload = event("push", before=before, after=bad.head, ref="refs/heads/feature")
    assert bad.run("push", payload) == 1
    assert states(bad) == "failure"


def test_a_push_to_main_that_cannot_ask_for_its_pull_request_is_an_error(bad, monkeypatch):
    from expflow_hooks.action.github import client

    monkeypatch.setattr(client, "_wait", lambda answer, tries: None)
    squash = queued(bad)["merge_group"]["head_sha"]
    bad.server.faults.append(("GET", f"/commits/{squash}/pulls", (502, {}, {"message": "oops"})))
    assert bad.run("push", event("push", before=bad.base, after=squash)) == 4
    assert states(bad) == "error"


def test_a_rerun_of_an_old_run_judges_the_base_as_it_is(research):
    research.setup()
    research.results(record("new", 17.0, commit=research.head))
    research.open()
    old = json.loads(json.dumps(research.payload()))
    assert research.run() == 0
    on_branch(research, "main", lambda: research.repo.commit("expflow.yaml", POLICY.replace("18.09", "10")))
    research.run("schedule", event("schedule"))
    assert states(research) == "failure"
    research.run_id = 1
    assert research.run(payload=old, env={"GITHUB_RUN_ATTEMPT": "2"}) == 1
    assert states(research) == "failure"


def test_a_rerun_of_an_old_run_counts_what_reached_the_base_meanwhile(research):
    research.setup()
    trained = research.head
    research.results(record("new", 17.0, commit=trained))
    research.open()
    assert research.run() == 0
    late = research.base and (research.repo.path / "experiments.jsonl")

    def arrive():
        return research.repo.commit("experiments.jsonl", late.read_text() + lines(record("late", 99.0, commit=trained)))

    on_branch(research, "main", arrive)
    assert research.run() == 1
    assert states(research) == "failure"


def test_a_rerun_on_a_head_that_is_none_any_more_says_nothing(bad):
    old, was = json.loads(json.dumps(bad.payload())), bad.head
    bad.change("src/train.py", "print(3)\n")
    bad.repo.git("switch", "--quiet", "--detach", was)
    bad.run(payload=old)
    assert bad.last["comment-status"] == "outdated"
    assert bad.server.state.statuses == []


@pytest.mark.parametrize("order", [("strict", "lax"), ("lax", "strict")])
def test_two_leaderboards_with_one_key_are_an_error(bad, order):
    on_branch(bad, "main", lambda: bad.repo.commit("lax.yaml", LAX))
    inputs = {"strict": {}, "lax": {"policy": "lax.yaml"}}
    bad.run(**inputs[order[0]])
    assert bad.run(**inputs[order[1]]) == 2
    assert states(bad) == "error"
    assert "two leaderboards use this comment-key" in bad.comment
    bad.run(**inputs[order[0]])
    assert states(bad) == "error", "and so it stays on this commit"


def test_two_leaderboards_with_two_keys_are_two_statuses(bad):
    on_branch(bad, "main", lambda: bad.repo.commit("lax.yaml", LAX))
    assert bad.run() == 1
    assert bad.run(policy="lax.yaml", comment_key="lax") == 0
    contexts = {status["context"]: status["state"] for _, status in bad.server.state.statuses}
    assert contexts == {"expflow": "failure", "expflow/lax": "success"}


FORGED_MARKERS = [
    lambda body: body.replace("<!-- expflow ", "<!-- expflow run=999999999999 attempt=9 ", 1),
    lambda body: body.replace("❌ Expflow: fail", "✅ Expflow: pass"),
    lambda body: "<!-- expflow key=default content=0000000000000000 -->\n\n## ✅ Expflow: pass",
    lambda body: "Nothing to see here.",
]


@pytest.mark.parametrize("forge", FORGED_MARKERS)
@pytest.mark.parametrize("name", ["pull_request", "schedule"])
def test_a_comment_that_somebody_edited_is_written_again_and_decides_nothing(bad, forge, name):
    bad.run()
    (comment,) = bad.server.state.comments_on(7)
    bad.server.state.edit_comment(comment["id"], forge(comment["body"]))
    bad.run(name, event("schedule") if name == "schedule" else None)
    assert states(bad) == "failure"
    assert any("❌ Expflow: fail" in body for body in bad.comments())


def test_a_status_that_somebody_else_set_is_set_again(bad):
    bad.run()
    told = {"state": "success", "context": "expflow", "description": "fine"}
    bad.server.state.add_status(bad.head, told, MAINTAINER)
    bad.run("schedule", event("schedule"))
    assert states(bad) == "failure"


@pytest.mark.parametrize("where", ["workspace", "git"])
def test_a_link_to_a_folder_outside_on_the_registrys_path_is_an_error(research, tmp_path, where):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "experiments.jsonl").write_text(lines(record("private", 1.0)))
    policy = POLICY.replace("source: experiments.jsonl", "source: results/experiments.jsonl")
    research.repo.write("results/experiments.jsonl", lines(record("old", 9.0)))
    research.setup(policy)
    research.repo.write("results/experiments.jsonl", lines(record("old", 9.0), record("bad", 99.0)))
    research.repo.git("commit", "--quiet", "--all", "--message", "results")
    research.repo.git("rm", "--quiet", "-r", "--cached", "results") if where == "git" else None
    for file in (research.repo.path / "results").iterdir():
        file.unlink()
    (research.repo.path / "results").rmdir()
    (research.repo.path / "results").symlink_to(outside)
    if where == "git":
        research.repo.git("add", "results")
        research.repo.git("commit", "--quiet", "--message", "a link")
    research.head = research.repo.git("rev-parse", "HEAD")
    research.open()
    assert research.run() == 2
    assert states(research) == "error"
    assert "private" not in research.summary + research.comment


def test_the_token_of_dependabot_gives_a_summary_and_late_results_post(bad):
    """Its branch is in the repository, and its token is read-only all the same."""
    state = bad.server.state
    state.accounts[TOKEN] = ACTIONS._replace(writes=False)
    assert bad.run() == 1
    assert (bad.last["comment-status"], state.statuses) == ("read-only", [])
    assert "❌ Expflow: fail" in bad.summary
    state.accounts[TOKEN] = ACTIONS
    bad.run("schedule", event("schedule"))
    assert states(bad) == "failure"
    assert "❌ Expflow: fail" in bad.comment
