"""The project keeps its own promises: its hooks, its policy, its registry and its Action, on itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from action.conftest import server  # noqa: F401
from action.research import Research, lines
from documents import ROOT
from e2e.act import act, outputs
from e2e.wheels import closed_network, wheelhouse  # noqa: F401
from gitrepo import Repo

from expflow_hooks.core.policy.load import load_policy

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="an unpacked archive, no repository")
BIN = Path(sys.executable).parent


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


def run(share: float, **fields: object) -> dict[str, object]:
    """Return a benchmark run."""
    metrics = {"hook_start_share": share, "scan_files_share": 0.9}
    return {"experiment_id": f"bench-{share}", "metrics": metrics, "dirty": False, **fields}


@pytest.fixture
def own(tmp_path: Path, server) -> Research:  # noqa: F811
    """Return this project as a repository with a pull request that appends a benchmark run."""
    research = Research(Repo(tmp_path / "a repository"), server=server)
    for path in tracked():
        (research.repo.path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, research.repo.path / path)
    research.repo.git("add", "--all")
    research.repo.git("commit", "--quiet", "--message", "base")
    research.base = research.repo.git("rev-parse", "HEAD")
    research.repo.git("checkout", "--quiet", "-b", "feature")
    research.change("expflow_hooks/py.typed", "\n")
    return research


def append(research: Research, share: float) -> None:
    research.head = research.repo.commit(
        "benchmarks/runs/feature.jsonl", lines(run(share, commit=research.head)), "a benchmark run"
    )


def test_no_tracked_file_trips_the_hook() -> None:
    command = [sys.executable, "-m", "expflow_hooks.hooks.pin_hash", "--", *tracked()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(("share", "verdict"), [(0.8, "pass"), (1.3, "fail")])
def test_the_projects_workflow_judges_a_benchmark_run(own, closed_network, share, verdict):  # noqa: F811
    """The other workflows need a runner of their own; this one is run whole, with `uses: ./`."""
    for path in (own.repo.path / ".github" / "workflows").iterdir():
        if path.name != "experiments.yml":
            path.unlink()
    append(own, share)
    own.open()
    own.repo.git("remote", "add", "origin", "https://github.com/org/research.git")
    variables = {**closed_network, "GITHUB_API_URL": own.server.url, "GITHUB_GRAPHQL_URL": f"{own.server.url}/graphql"}
    done = act(own.repo.path, own.payload(), variables, "org/unused@" + "0" * 40, own.repo.path)
    assert outputs(done).get("verdict") == verdict, done.stdout + done.stderr
    assert done.returncode == (verdict != "pass")


def test_the_projects_registry_can_be_ranked_and_verified():
    policy = load_policy(str(ROOT))
    source = ROOT / (policy.leaderboard.source or "")
    if not source.is_dir():
        pytest.skip("no benchmark was recorded yet")
    for command in (["compare-scores", "--fail-on", "never"], ["run", "verify"]):
        done = subprocess.run(
            [sys.executable, "-m", "expflow_hooks", *command], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_hook_of_the_manifest_runs_here():
    manifest = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    own_hooks = {
        h["id"]
        for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
        for h in repo["hooks"]
    }
    assert own_hooks & manifest == manifest - {"expflow"}, "`expflow` is the other four in one process"


@pytest.mark.parametrize("stage", ["pre-commit", "pre-merge-commit"])
def test_the_projects_hooks_pass_and_block(own, stage, digest):
    def hooks() -> subprocess.CompletedProcess[str]:
        skipped = "ruff,ruff-format,mypy"  # `make lint` runs them
        return subprocess.run(
            [BIN / "pre-commit", "run", "--hook-stage", stage],
            cwd=own.repo.path,
            env={**os.environ, "SKIP": skipped},
            capture_output=True,
            text=True,
        )

    (own.repo.path / ".venv").symlink_to(BIN.parent)
    own.repo.write("benchmarks/runs/feature.jsonl", lines(run(0.8, commit=own.head)))
    own.repo.git("add", "--force", "benchmarks")
    done = hooks()
    assert done.returncode == 0, done.stdout + done.stderr
    own.repo.write("notes.txt", digest)
    own.repo.git("add", "notes.txt")
    assert "EXP001" in hooks().stdout
    own.repo.git("rm", "--quiet", "--cached", "notes.txt")
    own.repo.write("expflow.yaml", "version: 1\nleader: {}\n")
    own.repo.git("add", "expflow.yaml")
    assert hooks().returncode == 1
