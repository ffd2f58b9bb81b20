"""`record`: adding to an experiment, and the code that is asked of git once an experiment."""

from __future__ import annotations

import json
import warnings

import pytest

from expflow_hooks import ExpflowWarning, record, track
from expflow_hooks.core.change.code import DEFAULT_PATHS
from expflow_hooks.core.policy.load import load_policy
from expflow_hooks.git import code_identity
from expflow_hooks.git.code_identity import code_of_commit, patterns_here
from expflow_hooks.git.repository import Git

REGISTRY = "experiments.jsonl"


@pytest.fixture
def git(repo, work):
    """Return a function that runs git in a repository with a policy and one file of code."""
    (work / "expflow.yaml").write_text(f"version: 1\nleaderboard: {{source: {REGISTRY}}}\n")
    (work / "train.py").write_text("x = 1\n")
    repo("add", ".")
    repo("commit", "-qm", "one")
    return repo


def committed(revision="HEAD"):
    return code_of_commit(Git(), revision, patterns_here(load_policy(), "."))


def test_a_finished_experiment_is_added_to_and_replace_starts_anew(work):
    record("x", status="running", params={"lr": 1}, tags="task1", name="X", registry="r.jsonl")
    record("x", status="completed", metrics={"pde_mean": 2.0, "seg1": 1.0}, registry="r.jsonl")
    more = record("x", metrics={"pde_mean": 3.0}, registry="r.jsonl")
    assert (more["status"], more["metrics"]) == ("completed", {"pde_mean": 3.0, "seg1": 1.0})
    assert (more["params"], more["tags"], more["name"]) == ({"lr": 1}, ["task1"], "X")
    anew = record("x", metrics={"pde_mean": 4.0}, replace=True, registry="r.jsonl")
    assert anew.keys() == {"experiment_id", "status", "metrics", "timestamp", "prev"} - {"prev"}
    assert len((work / "r.jsonl").read_text().splitlines()) == 4


def test_the_code_is_that_of_the_start_and_says_so(git, work):
    started = record("x", status="running")
    assert started["code"]["id"] == committed()
    assert started["code"]["at"] == "start"
    assert tuple(started["code"]["paths"][: len(DEFAULT_PATHS)]) == DEFAULT_PATHS
    (work / "train.py").write_text("edited during the training\n")
    done = record("x", status="completed", metrics={"pde_mean": 1.0})
    assert (done["code"], done["dirty"]) == (started["code"], False)
    late = record("y", metrics={"pde_mean": 1.0})
    assert late["code"]["at"] == "record"
    assert late["code"]["id"] != started["code"]["id"]


def test_trained_then_committed_is_proved_and_the_registrys_own_lines_change_nothing(git, work):
    (work / "train.py").write_text("y = 2\n")
    (work / "new.py").write_text("not added yet\n")
    ran = record("x", status="running")
    record("x", status="completed", metrics={"pde_mean": 1.0})
    assert ran["code"]["id"] != committed()
    git("add", ".")
    git("commit", "-qm", "the code, and its result")
    assert ran["code"]["id"] == committed()
    assert record("y", status="running")["code"]["id"] == ran["code"]["id"]


def test_a_registry_that_is_named_by_hand_is_no_code_either(git, work):
    first = record("x", status="running", registry="other.jsonl")
    assert record("y", status="running", registry="other.jsonl")["code"] == first["code"]
    assert first["code"]["id"] == committed()


def test_a_queued_run_gets_the_code_it_starts_with(git, work):
    record("x", status="queued")
    (work / "train.py").write_text("edited while it waited\n")
    started = record("x", status="running")
    git("commit", "-qam", "edited")
    assert (started["code"]["id"], started["code"]["at"]) == (committed(), "start")


def test_a_run_that_starts_again_has_the_code_of_its_new_start(git, work):
    first = record("x", status="completed", metrics={"pde_mean": 1.0})
    (work / "train.py").write_text("again\n")
    again = record("x", status="running")
    assert again["code"]["id"] != first["code"]["id"]
    assert again["metrics"] == {"pde_mean": 1.0}


def test_git_is_asked_once_an_experiment(git, monkeypatch):
    asked = []
    original = Git.records
    monkeypatch.setattr(
        Git, "records", lambda self, *command, **more: asked.append(1) or original(self, *command, **more)
    )
    record("x", status="running")
    assert asked
    asked.clear()
    for step in range(3):
        record("x", metrics={"pde_mean": float(step)})
    record("x", status="completed")
    assert asked == []


def test_code_that_is_given_is_kept_and_git_is_not_asked(git):
    given = record("x", status="running", commit="c" * 40)
    assert "code" not in given
    own = record("y", status="running", code={"paths": ["a"], "id": "b"})
    assert own["code"] == {"paths": ["a"], "id": "b"}
    assert "commit" not in own


def test_code_that_cannot_be_hashed_is_told_once_and_the_run_is_recorded(git, work, monkeypatch):
    monkeypatch.setattr(code_identity, "MOST", 3)
    (work / "large.ckpt").write_text("more than three")
    with pytest.warns(ExpflowWarning, match=r"the code that runs is not known: .*large\.ckpt"):
        entry = record("x", status="running")
    assert "code" not in entry
    assert entry["commit"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        record("x", status="completed", metrics={"pde_mean": 1.0})


def test_a_name_that_is_nearly_known_is_told_at_the_callers_line(work):
    with pytest.warns(ExpflowWarning, match="did you mean 'metrics'") as told:
        record("x", metric={"a": 1}, registry="r.jsonl")
    assert told[0].filename == __file__


@pytest.mark.parametrize("field", ["metrics", "params"])
def test_what_is_no_mapping_is_refused(work, field):
    with pytest.raises(ValueError, match=f"x: {field} is a mapping"):
        record("x", **{field: 5}, registry="r.jsonl")  # type: ignore[arg-type]


def test_many_records_by_the_command_ask_git_once_and_are_told_of_each_doubt_once(git, cli, work):
    lines = "".join(json.dumps({"experiment_id": f"x{i}", "metrics": {"pde_meen": 1.0}}) + "\n" for i in range(3))
    done = cli("run", "add", "-", stdin=lines)
    assert done.returncode == 0
    assert done.stderr.count("did you mean 'pde_mean'") == 3  # each names its experiment
    entries = [json.loads(line) for line in (work / REGISTRY).read_text().splitlines()]
    assert {entry["code"]["id"] for entry in entries} == {committed()}
    assert cli("run", "add", "-", "--replace", stdin='{"experiment_id": "x0", "metrics": {"seg1": 1}}').returncode == 0
    assert json.loads(cli("run", "show", "x0", "--format", "json").stdout)[0]["metrics"] == {"seg1": 1}


def test_a_registry_folder_is_no_code_and_what_else_is_in_it_is(git, work):
    (work / "expflow.yaml").write_text("version: 1\nleaderboard: {source: runs/, paths: ['**', '!expflow.yaml']}\n")
    (work / "runs").mkdir()
    first = record("x", status="running")
    assert [path.name for path in (work / "runs").iterdir()] == ["main.jsonl"]
    git("add", ".")
    git("commit", "-qm", "the run")
    assert first["code"]["id"] == committed()
    second = record("y", status="running")
    assert (second["code"]["id"], second["dirty"]) == (first["code"]["id"], False)
    record("x", status="completed", metrics={"pde_mean": 1.0})
    (work / "runs" / "plot.py").write_text("code\n")
    assert record("z", status="running")["code"]["id"] != first["code"]["id"]
    with track("t", params={"a": 1}):
        pass
    assert len((work / "runs" / "main.jsonl").read_text().splitlines()) == 6
