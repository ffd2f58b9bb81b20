"""`registry split`: a file becomes a folder, with every line and its history."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import verify
from expflow_hooks.core.registry.writer import Writer

POLICY = "version: 1\nleaderboard:\n  source: experiments.jsonl # the team's\n  sort_by: pde_mean\n"


def fill(path):
    writer = Writer(str(path))
    for name, branch, status in (
        ("a", "main", "completed"),
        ("b", "Feature/x", "running"),
        ("c", None, "completed"),
        ("a", "later", "completed"),
        ("b", "main", "completed"),
    ):
        writer.append({"experiment_id": name, "status": status, **({"branch": branch} if branch else {})})
    return writer


def of(path):
    registry = Registry(str(path))
    result = verify(registry.lines)
    experiments = {e.experiment_id: (e.branch, e.state) for e in registry.experiments()}
    return sorted(registry.lines()), experiments, sorted(result.heads), result.problems, result.uncovered


def test_a_file_becomes_a_folder_with_every_line_and_its_history(cli, work, repo):
    fill(work / "experiments.jsonl")
    (work / "expflow.yaml").write_text(POLICY)
    repo("add", ".")
    repo("commit", "--quiet", "--message", "base")
    repo("update-ref", "refs/remotes/origin/main", "HEAD")
    before = of(work / "experiments.jsonl")
    done = cli("registry", "split")
    assert (done.returncode, done.stderr) == (0, "")
    assert of(f"{work}/experiments/") == before
    assert not (work / "experiments.jsonl").exists()
    names = sorted(os.listdir(work / "experiments"))
    assert names[0] == "experiments.jsonl" and names[1].startswith("feature-x-") and names[2:] == ["main.jsonl"]
    assert (work / "expflow.yaml").read_text() == POLICY.replace("experiments.jsonl", "experiments/")
    assert cli("run", "verify").returncode == 0
    repo("add", "--all")
    hook = [sys.executable, "-m", "expflow_hooks.hooks.registry"]
    checked = subprocess.run(hook, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, ""), "the base's lines survive, in another form"


@pytest.mark.parametrize(
    ("policy", "after"),
    [
        ("version: 1\nleaderboard: {source: 'experiments.jsonl', top: 3}\n", "source: 'experiments/'"),
        ('version: 1\nleaderboard:\n  source: "./experiments.jsonl"\n', 'source: "experiments/"'),
    ],
)
def test_the_policy_names_the_folder_then(cli, work, policy, after):
    fill(work / "experiments.jsonl")
    (work / "expflow.yaml").write_text(policy)
    assert cli("registry", "split").returncode == 0
    assert after in (work / "expflow.yaml").read_text()


def test_a_line_that_nobody_can_read_is_kept(cli, work):
    (work / "runs.jsonl").write_bytes(b'{"experiment_id": "a"}\n{broken\n\n{"experiment_id": "b"}')
    done = cli("registry", "split", "--source", "runs.jsonl", "--to", "runs/")
    assert done.returncode == 0
    assert "Next: name runs/ where runs.jsonl was named" in done.stdout
    assert list(Registry("runs/").lines()) == [b'{"experiment_id": "a"}\n', b"{broken\n", b'{"experiment_id": "b"}\n']


def test_what_cannot_be_split_stays(cli, work):
    for arguments in ((), ("--source", "-"), ("--source", "none.jsonl"), ("--source", "runs.log"), ("--source", "d/")):
        (work / "d").mkdir(exist_ok=True)
        done = cli("registry", "split", *arguments)
        assert (done.returncode in (2, 4), len(done.stderr.splitlines())) == (True, 1), done.stderr
    fill(work / "experiments.jsonl")
    (work / "experiments").mkdir()
    (work / "experiments" / "main.jsonl").write_bytes(b'{"experiment_id": "z"}\n')
    before = (work / "experiments.jsonl").read_bytes()
    assert cli("registry", "split", "--source", "experiments.jsonl").returncode == 2
    assert (work / "experiments.jsonl").read_bytes() == before
