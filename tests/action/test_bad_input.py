"""A registry that moves, changes its form or has odd files; a policy that says so; a default branch of another name."""

import json

import pytest
from action.research import POLICY, lines, record

from expflow_hooks.action.evidence.evidence import Evidence
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.action.verdict import judge

FOLDER = POLICY.replace("experiments.jsonl", "experiments/")


@pytest.fixture
def folder(research):
    """A base whose registry is a folder with the two experiments, and a branch with changed code."""
    research.setup(FOLDER)
    git = research.repo.git
    git("switch", "--quiet", "main")
    research.repo.write("experiments/main.jsonl", lines(record("old-1", 9.5), record("old-2", 12.5)))
    git("rm", "--quiet", "experiments.jsonl")
    git("add", "--all")
    git("commit", "--quiet", "--message", "a folder")
    research.base = git("rev-parse", "HEAD")
    git("update-ref", "refs/remotes/origin/main", research.base)
    git("switch", "--quiet", "--force-create", "feature", "main")
    research.change()
    return research


def commit(research, message="results"):
    research.repo.git("add", "--all", "--force")
    research.repo.git("commit", "--quiet", "--message", message)
    research.head = research.repo.git("rev-parse", "HEAD")
    research._moved()


def results(research, path, *runs):
    research.repo.write(path, lines(*({**run, "commit": run.get("commit", research.head)} for run in runs)))


# A policy or registry that moved or changed its form


def test_a_policy_that_moves_the_registry_is_followed_and_the_bases_lines_are_found_there(research):
    research.setup()
    moved = (research.repo.path / "experiments.jsonl").read_text()
    research.repo.write("results/runs.jsonl", moved + lines(record("new", 11.0, commit=research.head)))
    research.repo.git("rm", "--quiet", "experiments.jsonl")
    research.repo.write("expflow.yaml", POLICY.replace("experiments.jsonl", "results/runs.jsonl"))
    commit(research)
    research.open()
    assert research.run() == 0
    assert "rank 2 of 3" in research.comment
    assert "`leaderboard.source`" in research.comment


def test_a_registry_that_is_moved_and_loses_a_line_on_the_way_fails(research):
    research.setup()
    kept = (research.repo.path / "experiments.jsonl").read_text().splitlines(keepends=True)[0]
    research.repo.write("results/runs.jsonl", kept + lines(record("new", 11.0, commit=research.head)))
    research.repo.git("rm", "--quiet", "experiments.jsonl")
    research.repo.write("expflow.yaml", POLICY.replace("experiments.jsonl", "results/runs.jsonl"))
    commit(research)
    research.open()
    assert research.run() == 1
    assert "the registry lost 1 line of the base" in research.comment


@pytest.mark.parametrize("lost", [False, True])
def test_a_file_that_becomes_a_folder_keeps_its_lines_or_fails(research, lost):
    research.setup()
    old = (research.repo.path / "experiments.jsonl").read_text().splitlines(keepends=True)
    research.repo.git("rm", "--quiet", "experiments.jsonl")
    research.repo.write("experiments/main.jsonl", "".join(old[lost:]))
    results(research, "experiments/feature.jsonl", record("new", 11.0))
    research.repo.write("expflow.yaml", FOLDER)
    commit(research)
    research.open()
    assert research.run() == int(lost)
    assert ("the registry lost 1 line of the base" in research.comment) is lost


def test_a_folder_that_becomes_a_file_keeps_its_lines(folder):
    old = (folder.repo.path / "experiments/main.jsonl").read_text()
    folder.repo.git("rm", "--quiet", "experiments/main.jsonl")
    folder.repo.write("experiments.jsonl", old + lines(record("new", 11.0, commit=folder.head)))
    folder.repo.write("expflow.yaml", POLICY)
    commit(folder)
    folder.open()
    assert folder.run() == 0
    assert "rank 2 of 3" in folder.comment


@pytest.mark.parametrize("source", ["../elsewhere.jsonl", "/etc/runs.jsonl", "results/runs.csv"])
def test_a_policy_that_moves_the_registry_out_of_sight_is_an_error(research, source):
    """Also where the change has no run at all: with nothing ranked, nothing would be missing."""
    research.setup()
    research.change("expflow.yaml", POLICY.replace("experiments.jsonl", source))
    research.open()
    assert research.run() == 2
    assert (research.last["verdict"], research.last["passed"]) == ("error", "false")
    assert research.status["state"] == "error"


def test_a_judgement_without_a_ranking_and_without_a_reason_is_an_error():
    assert judge(Evidence(Inputs())).verdict == "error"


# A folder, by inputs and with odd files in it


def test_a_folder_is_chosen_by_the_input_where_the_base_has_no_policy(research):
    research.setup(policy=None)
    research.repo.git("switch", "--quiet", "feature")
    results(research, "experiments/feature.jsonl", record("new", 11.0), record("worse", 12.0))
    commit(research)
    research.open()
    assert research.run(source="experiments/", gates="pde_mean:lt:18.09", sort_by="pde_mean") == 0
    assert "all 2 candidates hold" in research.comment
    assert research.run(source="experiments/", gates="pde_mean:lt:11.5", sort_by="pde_mean") == 1


def test_other_files_in_the_folder_are_no_experiments(folder):
    results(folder, "experiments/feature.jsonl", record("new", 11.0))
    planted = lines(record("planted", 1.0, commit=folder.head))
    for name in ("README.md", "notes.json", "sub/deep.jsonl", "feature.jsonl.bak", ".hidden.jsonl~"):
        folder.repo.write(f"experiments/{name}", planted)
    commit(folder)
    folder.open()
    assert folder.run() == 0
    assert "planted" not in folder.comment
    assert "rank 2 of 3" in folder.comment


@pytest.mark.parametrize(
    "name", ["`x`|y.jsonl", "$(touch pwned).jsonl", "a b.jsonl", "::error::x.jsonl", "@all #1.jsonl"]
)
def test_a_hostile_name_in_the_folder_is_read_and_is_never_alive(folder, name):
    from action.test_comment import assert_dead

    results(folder, f"experiments/{name}", record("new", 99.0))
    commit(folder)
    folder.open()
    assert folder.run() == 1
    assert_dead(folder.comment)
    assert_dead(folder.summary)
    after = folder.text.rpartition("::\n")[0]
    assert not [row for row in after.splitlines() if row.startswith("::error::x")]
    assert not list(folder.repo.path.rglob("pwned"))


def test_a_branchs_file_that_a_checkout_took_away_counts_as_the_head_has_it(folder):
    """The workspace is at another commit, without the branch's file: the head's own lines are judged."""
    results(folder, "experiments/feature.jsonl", record("new", 11.0))
    commit(folder)
    folder.open()
    folder.repo.git("switch", "--quiet", "main")
    assert not (folder.repo.path / "experiments" / "feature.jsonl").exists()
    assert folder.run() == 0
    assert "rank 2 of 3" in folder.comment


def test_a_branchs_file_that_the_change_removes_is_a_loss_where_the_base_has_it(folder):
    folder.repo.git("rm", "--quiet", "experiments/main.jsonl")
    results(folder, "experiments/feature.jsonl", record("new", 11.0))
    commit(folder)
    folder.open()
    assert folder.run() == 1
    assert "the registry lost 2 lines of the base" in folder.comment


# A default branch of another name


def test_the_default_branch_may_be_called_trunk(research):
    research.setup()
    git = research.repo.git
    git("branch", "--move", "main", "trunk")
    git("update-ref", "refs/remotes/origin/trunk", research.base)
    git("update-ref", "-d", "refs/remotes/origin/main")
    research.results(record("new", 11.0, commit=research.head))
    research.open(base_branch="trunk")
    payload = json.loads(json.dumps(research.payload()))
    payload["repository"]["default_branch"] = "trunk"
    assert research.run(payload=payload) == 0
    assert research.status["state"] == "success"
    push = {"ref": "refs/heads/feature", "before": research.base, "after": research.head}
    assert research.run("push", {**push, "repository": {"default_branch": "trunk"}}) == 0
    assert research.last["verdict"] == "pass"
