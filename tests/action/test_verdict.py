"""The verdict on a pull request, from a real repository and its GitHub: what passes, what does not, and why."""

import pytest
from action.research import POLICY, lines, record


def opened(research, *records, policy=POLICY, **given):
    research.setup(policy)
    if records:
        research.results(*({**entry, "commit": entry.get("commit", research.head)} for entry in records))
    research.open(**given)
    return research


def test_a_candidate_that_holds_every_gate_passes(research):
    opened(research, record("new", 11.0))
    assert research.run() == 0
    assert research.last["verdict"] == "pass"
    assert research.last["passed"] == "true"
    assert research.last["candidate-rank"] == "2"
    assert research.last["best-id"] == "old-1"
    assert research.status["state"] == "success"
    assert "rank 2 of 3" in research.comment


def test_a_candidate_that_breaks_a_gate_fails(research):
    opened(research, record("new", 18.09))
    assert research.run() == 1
    assert research.last["verdict"] == "fail"
    assert research.last["failed-gates"] == "pde_mean:lt:18.09"
    assert research.status["state"] == "failure"


def test_a_value_that_does_not_count_fails(research):
    opened(research, record("new", float("nan")))
    assert research.run() == 1
    assert "pde_mean is nan" in research.comment


def test_a_candidate_that_breaks_an_audit_rule_fails(research):
    opened(research, record("new", 11.0, metrics={"pde_mean": 11.0, "train_time_min": 30.0}))
    assert research.run() == 1
    assert "seg_total reported" in research.comment
    assert research.last["failed-gates"] == ""


NOT_REQUIRED = POLICY.replace("  paths:", "  require_candidate: never\n  paths:")


def test_no_candidate_passes_where_none_is_required(research):
    opened(research, policy=NOT_REQUIRED)
    assert research.run(comment="always") == 0
    assert (research.last["verdict"], research.last["passed"]) == ("no-candidate", "true")
    assert "this change needs no experiment" in research.comment


def test_a_change_of_the_code_waits_for_a_candidate(research):
    opened(research)
    assert research.run() == 3
    assert (research.last["verdict"], research.last["passed"]) == ("no-candidate", "false")
    assert "no completed experiment belongs to this change" in research.comment
    assert research.status["state"] == "pending"


def test_an_input_can_require_a_candidate_and_never_excuse_one(research):
    opened(research, policy=NOT_REQUIRED)
    assert research.run(require_candidate="always") == 3
    research.run(require_candidate="never")
    assert research.last["passed"] == "true"


def test_a_change_that_touches_no_path_needs_no_candidate(research):
    research.setup()
    research.repo.git("reset", "--quiet", "--hard", research.base)
    research.change("README.md")
    research.open()
    assert research.run(comment="always") == 0
    assert "this change needs no experiment" in research.comment
    assert research.run(require_candidate="always") == 3


def test_an_empty_registry_is_undecided(research):
    research.setup(base_records=[])
    research.open()
    assert research.run() == 3
    assert research.last["verdict"] == "undecided"


def test_an_unfinished_candidate_is_undecided(research):
    opened(research, record("new", 11.0, status="running"))
    assert research.run() == 3
    assert research.last["verdict"] == "undecided"
    assert research.status["state"] == "pending"


def test_code_that_changed_after_the_run_is_undecided_even_if_the_run_fails(research):
    opened(research, record("new", 99.0))
    research.change()
    assert research.run() == 3
    assert research.last["verdict"] == "undecided"
    assert "src/train.py" in research.comment


def test_a_later_commit_that_touches_no_path_leaves_the_run_fresh(research):
    opened(research, record("new", 11.0))
    research.change("README.md")
    assert research.run() == 0


def test_the_newest_commit_with_runs_is_judged(research):
    research.setup()
    research.results(record("bad", 99.0, commit=research.head))
    research.change()
    research.results(record("good", 11.0, commit=research.head))
    research.open()
    assert research.run() == 0
    assert "Not judged: `bad`, since it ran other code" in research.comment


def test_a_run_of_a_replaced_commit_proves_nothing_of_the_code(research):
    research.setup()
    gone = research.head
    research.results(record("ghost", 11.0, commit=gone, branch="feature"))
    research.repo.git("commit", "--quiet", "--amend", "--message", "again")
    research.repo.git("reset", "--quiet", "--soft", research.base)
    research.repo.git("commit", "--quiet", "--message", "squashed")
    research.head = research.repo.git("rev-parse", "HEAD")
    research.open()
    assert research.run() == 3
    assert research.last["verdict"] == "undecided"
    assert "`ghost` names neither code nor a clean commit" in research.comment


def test_a_merged_pull_request_counts_the_runs_of_its_squash(research):
    research.setup()
    squash = "5" * 40
    research.results(record("new", 11.0, commit=squash))
    research.open(merged=True, merge_commit_sha=squash)
    assert research.run() == 0
    assert research.last["verdict"] == "pass"


def test_the_runs_of_the_merge_under_test_are_the_heads(research):
    research.setup()
    research.change()
    merge = research.repo.git("commit-tree", "HEAD^{tree}", "-p", "main", "-p", "HEAD", "-m", "test merge")
    research.repo.git("switch", "--quiet", "main")
    path = research.repo.path / "experiments.jsonl"
    path.write_text(path.read_text() + lines(record("new", 11.0, commit=merge)))
    research.open()
    assert research.run(env={"GITHUB_SHA": merge}) == 0
    assert research.last["verdict"] == "pass"
    assert research.run(env={"GITHUB_SHA": research.base}) == 3, "not a merge of the head"


def test_a_policy_that_loosens_its_own_gate_is_judged_by_the_bases(research):
    opened(research, record("new", 18.5))
    research.change("expflow.yaml", POLICY.replace("18.09", "99"))
    assert research.run() == 1
    assert "1 change loosens" in research.comment
    assert "`pde_mean < 18.09` | `pde_mean < 99` | ⚠️ loosens" in research.comment


def test_a_base_that_moved_on_is_not_blamed_on_the_change(research):
    opened(research, record("new", 18.5))
    research.repo.git("checkout", "--quiet", "main")
    research.base = research.repo.commit("expflow.yaml", POLICY.replace("18.09", "19"))
    research.repo.git("checkout", "--quiet", "feature")
    research.server.state.pulls[7]["base"]["sha"] = research.base
    assert research.run() == 0  # judged by the base as it is now
    assert "loosens" not in research.comment


def test_a_policy_that_is_taken_away_loosens(research):
    opened(research, record("new", 11.0))
    research.repo.git("rm", "--quiet", "expflow.yaml")
    research.repo.git("commit", "--quiet", "--message", "no more")
    research.head = research.repo.git("rev-parse", "HEAD")
    research._moved()
    assert research.run() == 0
    assert "⚠️ loosens" in research.comment


def test_a_policy_that_the_change_breaks_is_an_error(research):
    opened(research, record("new", 11.0))
    research.change("expflow.yaml", "version: 1\nleaderbord: {}\n")
    assert research.run() == 2
    assert research.last["verdict"] == "error"
    assert "did you mean leaderboard" in research.comment


def test_inputs_add_gates_to_the_bases_and_never_replace_one(research):
    opened(research, record("new", 18.5))
    assert research.run(gates="pde_mean:lt:99\nseg_total:gt:90") == 1
    assert research.last["failed-gates"].split() == ["pde_mean:lt:18.09", "seg_total:gt:90"]


def test_a_base_without_a_policy_takes_the_inputs(research):
    opened(research, record("new", 18.5), policy=None)
    assert research.run(sort_by="pde_mean", gates="pde_mean:lt:19") == 0
    assert "the workflow's inputs; the base has no policy" in research.comment


def test_a_base_without_a_policy_takes_the_proposed_one_and_says_so(research):
    opened(research, record("new", 11.0), policy=None)
    research.change("expflow.yaml", POLICY)
    assert research.run() == 3
    assert "not yet binding" in research.comment
    assert research.status["state"] == "pending", "what a change says of itself is never green"


def test_no_policy_anywhere_and_no_inputs_is_a_usage_error(research):
    opened(research, record("new", 11.0), policy=None)
    assert research.run() == 2
    assert "no rules to judge by" in research.comment


def test_a_pin_hash_added_and_removed_within_the_change_fails_it(research, digest):
    opened(research, record("new", 11.0))
    research.change("notes.txt", f"pin {digest}\n")
    research.change("notes.txt", "nothing\n")
    assert research.run() == 1
    assert "notes.txt:1:5" in research.comment
    for shown in (research.comment, research.text, research.summary):
        assert digest not in shown


def test_a_pin_hash_fails_even_if_gates_are_only_reported(research, digest):
    opened(research, record("new", 11.0))
    research.change("notes.txt", f"pin {digest}\n")
    assert research.run(fail_on="never") == 1


def test_a_registry_that_lost_a_line_fails(research):
    opened(research, record("new", 11.0))
    text = (research.repo.path / "experiments.jsonl").read_text()
    research.change("experiments.jsonl", text.split("\n", 1)[1])
    assert research.run() == 1
    assert "the registry lost 1 line of the base, first line 1" in research.comment


def test_a_revision_of_a_candidate_is_listed(research):
    opened(research, record("new", 20.0))
    research.results(record("new", 11.0, commit=research.repo.git("rev-parse", "HEAD~1")))
    assert research.run() == 0
    assert "1 revision" in research.comment
    assert "line 4 changed metrics.pde_mean: 20.0 → 11.0" in research.comment


def test_a_line_that_nobody_can_read_is_an_error(research):
    opened(research, record("new", 11.0))
    path = research.repo.path / "experiments.jsonl"
    research.change("experiments.jsonl", path.read_text() + '{"experiment_id": "x", "metr\n')
    assert research.run() == 4
    assert "unreadable lines in the registry (4)" in research.comment


def test_a_shallow_clone_is_an_error_that_names_the_remedy(research):
    opened(research, record("new", 11.0))
    (research.repo.path / ".git" / "shallow").write_text(research.base + "\n")
    assert research.run() == 4
    assert "fetch-depth: 0" in research.comment
    assert research.status["state"] == "error"


def test_a_commit_that_the_clone_lacks_is_an_error_too(research):
    opened(research, record("new", 11.0))
    payload = research.payload()
    payload["pull_request"]["head"]["sha"] = "9" * 40
    assert research.run(payload=payload) == 4
    assert "fetch-depth: 0" in research.summary


def test_the_workspace_file_counts_and_is_named(research):
    opened(research)
    path = research.repo.path / "experiments.jsonl"
    path.write_text(path.read_text() + '{"experiment_id": "x"}\n')
    assert research.run() == 3
    assert ", 1 line of the workspace" in research.comment


def test_a_link_in_place_of_the_registry_is_not_followed(research, tmp_path):
    opened(research)
    path = research.repo.path / "experiments.jsonl"
    path.unlink()
    (tmp_path / "other.jsonl").write_text('{"experiment_id": "private"}\n')
    path.symlink_to(tmp_path / "other.jsonl")
    assert research.run() == 2
    assert "private" not in research.summary


def test_uncommitted_changes_make_a_run_not_reproducible(research):
    opened(research, record("new", 11.0, dirty=True))
    assert research.run() == 3
    assert "not reproducible" in research.comment


@pytest.mark.parametrize(("mode", "code"), [("never", 0), ("none-pass", 0), ("candidate-fail", 1), ("any-fail", 1)])
def test_the_fail_on_modes(research, mode, code):
    policy = POLICY.replace("  paths:", f"  fail_on: {mode}\n  paths:")
    opened(research, record("good", 11.0), record("bad", 99.0), policy=policy)
    assert research.run() == code
    assert ("`fail_on: never`" in research.comment) is (mode == "never")


def test_an_input_that_is_laxer_than_the_policy_does_not_count_and_is_said(research):
    opened(research, record("bad", 99.0))
    assert research.run(fail_on="never") == 1
    assert "`fail-on: never` is laxer than the policy and does not count" in research.comment


def test_any_fail_looks_at_the_others_too(research):
    research.setup(base_records=[record("elsewhere", 99.0)])
    research.results(record("good", 11.0, commit=research.head))
    research.open()
    assert research.run() == 0
    assert research.run(fail_on="any-fail") == 1


GROUPED = POLICY.replace("  paths:", "  group_by: {ignore: [seed], aggregate: mean, min_runs: 2}\n  paths:")


def test_a_group_of_candidates_is_judged_by_its_aggregate(research):
    runs = [record(f"s{seed}", value, params={"lr": "1", "seed": str(seed)}) for seed, value in ((1, 17.0), (2, 19.0))]
    opened(research, *runs, policy=GROUPED)
    assert research.run() == 0  # mean 18.0
    assert "n=2" in research.comment


def test_a_group_with_too_few_runs_is_undecided(research):
    opened(research, record("s1", 11.0, params={"lr": "1", "seed": "1"}), policy=GROUPED)
    assert research.run() == 3
    assert "1 of 2 runs" in research.comment


def test_runs_of_other_code_with_the_same_parameters_do_not_enter_the_candidates_group(research):
    research.setup(GROUPED, [record("old", 30.0, params={"lr": "1", "seed": "9"})])
    runs = [record(f"s{s}", 17.0, params={"lr": "1", "seed": str(s)}, commit=research.head) for s in (1, 2)]
    research.results(*runs)
    research.open()
    assert research.run() == 0


def test_lines_that_break_a_gate_are_annotated_ten_at_most(research):
    opened(research, *(record(f"bad-{i}", 99.0) for i in range(14)))
    assert research.run() == 1
    marks = [line for line in research.text.splitlines() if line.startswith("::error ")]
    assert len(marks) == 10
    assert marks[0] == "::error file=experiments.jsonl,line=3,title=expflow::breaks pde_mean < 18.09"
