"""`expflow-registry` and `expflow-audit` on a registry that is a folder, and on one that is not spelled right."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from gitrepo import Repo

from expflow_hooks.sources.writing import open_writer

POLICY = "version: 1\nleaderboard: {source: %s}\naudit: {rules: [gate: pde_mean:lt:18.09], protect: [main]}\n"


def record(name, error):
    return {"experiment_id": name, "status": "completed", "metrics": {"pde_mean": error}}


@pytest.fixture
def repo(tmp_path):
    repo = Repo(tmp_path / "repo")
    repo.write("expflow.yaml", POLICY % "experiments/")
    writer = open_writer(f"{repo.path}/experiments/")
    for name in ("a", "b"):
        writer.append(record(name, 1.5))
    repo.git("add", ".")
    repo.git("commit", "--quiet", "--message", "base")
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.git("remote", "add", "origin", str(tmp_path / "nowhere"))
    return repo


def run(repo, hook):
    repo.git("add", "--all")
    done = subprocess.run(
        [sys.executable, "-m", f"expflow_hooks.hooks.{hook}", "--stage", "pre-commit"],
        cwd=repo.path, stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def add(repo, branch, *records):
    repo.git("checkout", "--quiet", "-B", branch)
    writer = open_writer(f"{repo.path}/experiments/")
    for one in records:
        writer.append(one)
    repo.git("checkout", "--quiet", "-B", "main")


def test_a_branchs_own_file_is_growth(repo):
    add(repo, "feature", record("c", 2.0))
    assert (repo.path / "experiments" / "feature.jsonl").exists()
    assert run(repo, "registry")[0] == 0


def test_a_line_lost_in_any_file_is_blocked_and_told_with_its_file(repo):
    path = repo.path / "experiments" / "main.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    code, said = run(repo, "registry")
    assert (code, "experiments/main.jsonl: line 2 of " in said) == (1, True), said
    assert ":experiments/main.jsonl" in said


def test_a_file_of_a_branch_may_be_renamed_and_not_removed(repo):
    repo.git("mv", "experiments/main.jsonl", "experiments/old.jsonl")
    assert run(repo, "registry")[0] == 0
    repo.git("rm", "--quiet", "-f", "experiments/old.jsonl")
    assert run(repo, "registry")[0] == 1


def test_a_new_line_that_does_not_fit_the_history_of_the_others_is_blocked(repo):
    repo.write("experiments/x.jsonl", json.dumps({**record("c", 1.0), "prev": ["0" * 63 + "1"]}) + "\n")
    code, said = run(repo, "registry")
    assert (code, "of x.jsonl" in said) == (1, True), said


def test_a_revision_in_another_file_is_listed(repo):
    add(repo, "feature", record("a", 0.5))
    code, said = run(repo, "registry")
    assert (code, "revision of a: line 1 of feature.jsonl changed metrics.pde_mean: 1.5 → 0.5" in said) == (0, True), (
        said
    )


def test_a_failing_experiment_of_any_file_is_audited(repo):
    add(repo, "feature", record("c", 2.0), record("d", 99.0))
    code, said = run(repo, "audit")
    assert (code, "d: pde_mean < 18.09" in said, "2 completed experiments audited, 1 break" in said) == (1, True, True)


@pytest.mark.parametrize(
    ("source", "make", "says"),
    [
        ("runs.log", {"runs.log": "x\n"}, "write 'runs.jsonl'"),
        ("EXPERIMENTS.JSONL", {}, "write 'EXPERIMENTS.jsonl'"),
        ("Experiments/", {}, "is spelled 'experiments'"),
        ("experiments", {}, "'experiments/' for a folder"),
        ("data/x.jsonl", {"data": ("link", "../outside")}, "'data' is a symbolic link"),
        ("x.jsonl", {"x.jsonl": ("link", "../outside.jsonl")}, "'x.jsonl' is a symbolic link"),
        ("experiments/", {"experiments/y.jsonl": ("link", "main.jsonl")}, "is a symbolic link"),
        ("experiments/", {"experiments/MAIN.jsonl": ""}, "differ in upper and lower case only"),
        ("experiments/", {"experiments/a\nb.jsonl": ""}, "has a name such as main.jsonl"),
        ("experiments/", {"experiments/sub.jsonl/x": ""}, "is a folder"),
    ],
)
def test_what_one_part_could_miss_is_refused_with_the_right_spelling(repo, source, make, says):
    repo.write("expflow.yaml", POLICY % source)
    for name, made in make.items():
        if isinstance(made, tuple):
            (repo.path / name).symlink_to(made[1])
        else:
            repo.write(name, made)
    for hook in ("registry", "audit"):
        code, said = run(repo, hook)
        assert (code, says in said) == (2, True), (hook, said)


def test_an_absolute_path_into_the_repository_is_refused(repo):
    repo.write("expflow.yaml", POLICY % (repo.path / "experiments/main.jsonl"))
    code, said = run(repo, "registry")
    assert (code, "write experiments/main.jsonl" in said) == (2, True), said


def test_other_files_in_the_folder_are_no_lines(repo):
    for name in ("notes.md", "run.py", ".hidden.jsonl", "old/x.jsonl", "a.jsonl.waiting/1.json"):
        repo.write(f"experiments/{name}", "no line\n")
    assert [run(repo, hook)[0] for hook in ("registry", "audit")] == [0, 0]


def test_five_thousand_files_are_read(repo):
    for number in range(5000):
        repo.write(f"experiments/seed-{number}.jsonl", json.dumps(record(f"s{number}", 1.0)) + "\n")
    code, said = run(repo, "audit")
    assert (code, "5000 completed experiments audited, 0 break" in said) == (0, True), said[-300:]
