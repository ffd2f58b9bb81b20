"""What `run show` and `doctor` say of a run: why it belongs to the branch here, and whether its code is committed."""

from __future__ import annotations

import json

import pytest

from expflow_hooks import record, track


@pytest.fixture
def branch(repo, work):
    """Return a function that runs git in a repository that is on a branch of its own, with a tracked registry."""
    (work / "expflow.yaml").write_text("version: 1\nleaderboard: {source: experiments.jsonl}\n")
    (work / "train.py").write_text("base\n")
    record("base", status="completed", metrics={"pde_mean": 1.0})
    repo("add", ".")
    repo("commit", "-qm", "base")
    repo("switch", "-qc", "topic")
    return repo


@pytest.fixture
def said(cli):
    """Return a function that gives the note of `run show` on a run and the line of `doctor` on the last one."""

    def say(name: str) -> tuple[str, dict[str, str]]:
        shown = cli("run", "show", name)
        assert shown.returncode == 0, shown.stderr
        checks = json.loads(cli("doctor", "--format", "json").stdout)
        return shown.stdout.splitlines()[-1], {check["name"]: check for check in checks}

    return say


def test_the_natural_day(branch, work, said):
    (work / "train.py").write_text("better\n")
    with track("x") as run:
        run.report(pde_mean=0.5)
    note, checks = said("x")
    assert note.startswith("belongs to topic: its line is new on this branch; stale; ")
    assert note.endswith("the code that ran is in the work tree and not committed")
    assert checks["last run"]["state"] == "off"
    assert checks["last run"]["fix"] == "commit the code that ran, or run it again"
    branch("add", ".")
    branch("commit", "-qm", "better")
    note, checks = said("x")
    assert note == "belongs to topic: its line is new on this branch; exact, HEAD holds the code that ran"
    assert checks["last run"]["state"] == "active"
    (work / "train.py").write_text("still better\n")
    branch("commit", "-qam", "still better")
    assert said("x")[0].endswith("the code has changed since the run: HEAD and the work tree hold other code")


def test_a_run_of_the_base_is_none_of_the_branch(branch, said):
    assert said("base")[0] == "HEAD holds the code that ran"


def test_a_registry_outside_tells_by_code_and_by_commit(branch, work, said, monkeypatch, tmp_path_factory):
    elsewhere = str(tmp_path_factory.mktemp("elsewhere") / "all.jsonl")
    monkeypatch.setenv("EXPFLOW_REGISTRY", elsewhere)
    (work / "train.py").write_text("better\n")
    branch("commit", "-qam", "better")
    record("x", status="completed", metrics={"pde_mean": 1.0})
    note, checks = said("x")
    assert note == "belongs to topic: it ran code of this branch; exact, HEAD holds the code that ran"
    assert "is not in this repository" in checks["runs judged"]["detail"]
    (work / "train.py").write_text("best\n")
    branch("commit", "-qam", "best")
    old = branch("rev-parse", "HEAD~1")
    record("y", status="completed", commit=old, metrics={"pde_mean": 1.0})
    note = said("y")[0]
    assert note.startswith("belongs to topic: it names a commit of this branch; stale (train.py changed); ")
    record("z", status="completed", commit=old, dirty=True, metrics={"pde_mean": 1.0})
    assert "unproved" in said("z")[0]


def test_without_git_or_code_nothing_is_made_up(work, cli):
    record("x", status="completed", metrics={"pde_mean": 1.0}, registry="experiments.jsonl")
    assert cli("run", "show", "x", "--source", "experiments.jsonl").stdout.splitlines()[-1].split()[1] == "timestamp"


@pytest.mark.parametrize(
    ("policy", "says", "state"),
    [
        ("source: experiments.jsonl, paths: ['src/**']", "to experiments.jsonl (tracked); code is src/**", "active"),
        ("source: runs/", "to runs/ (not tracked yet: commit it with the code)", "active"),
        ("source: clearml", "runs on clearml, by their code, commit or branch", "active"),
        ("source: ignored/all.jsonl", "not at all: git ignores ignored/all.jsonl", "missing"),
        ("top: 5", "not in pull requests: ", "active"),
    ],
)
def test_doctor_says_how_runs_are_judged(branch, work, cli, policy, says, state):
    (work / ".gitignore").write_text("ignored/\n")
    (work / "expflow.yaml").write_text(f"version: 1\nleaderboard: {{{policy}}}\n")
    checks = {check["name"]: check for check in json.loads(cli("doctor", "--format", "json").stdout)}
    assert says in checks["runs judged"]["detail"]
    assert checks["runs judged"]["state"] == state
