"""What a team is promised, from a fresh repository to its remote: all four hooks, through each framework."""

import json
import subprocess
import sys
from typing import Any

import pytest
from gitrepo import Repo

HOOKS = ("expflow-pin-hash", "expflow-audit", "expflow-policy", "expflow-registry")
EDGE = {"seg_total": 57.09, "pde_mean": 18.09, "train_time_min": 45.5}


def line(name: str, status: str, metrics: dict[str, float] | None = None) -> str:
    record = {"experiment_id": name, "status": status, "metrics": metrics or {}, "params": {"Args/--sub_step": "5"}}
    return json.dumps(record) + "\n"


def keep_the_promises(research: Repo, digest: str) -> None:
    """Walk through a team's day; the hooks are installed."""
    policy = "version: 1\nleaderboard: {source: experiments.jsonl}\naudit: {rules: competition}\n"
    research.write("expflow.yaml", policy)
    research.git("add", ".")
    research.git("commit", "--quiet", "--message=start")

    research.write("config.yaml", f"pin:\n  hash: {digest}\n")
    research.git("add", "config.yaml")
    said = research.git("commit", "--message=leak", ok=False)
    assert "config.yaml:2:9: EXP00" in said
    assert "expflow: fail (exit 1)" in said
    assert digest not in said
    research.git("rm", "--quiet", "--cached", "config.yaml")
    (research.path / "config.yaml").unlink()

    research.write("experiments.jsonl", line("a", "queued") + line("b", "running"))
    research.git("add", ".")
    research.git("commit", "--quiet", "--message=submit")
    said = research.git("push", "--set-upstream", "origin", "main", ok=False)
    assert "2 unfinished, not audited: a (queued), b (running)" in said
    assert "refs/heads/main" in research.git("ls-remote", "origin")

    research.git("switch", "--quiet", "--create", "topic")
    lines = line("a", "queued") + line("b", "running") + line("b", "completed", EDGE)
    research.write("experiments.jsonl", lines)
    research.git("add", ".")
    said = research.git("commit", "--message=done", ok=False)
    assert "b: pde_mean < 18.09: 18.09 is not < 18.09" in said
    assert "reported only: topic is not protected" in said
    said = research.git("push", "origin", "topic", ok=False)
    assert "reported only" in said
    assert "refs/heads/topic" in research.git("ls-remote", "origin")

    said = research.git("push", "origin", "topic:main", ok=False)
    assert "main is protected" in said
    assert "expflow: fail (exit 1)" in said
    assert research.git("rev-parse", "topic") not in research.git("ls-remote", "origin", "main")

    research.write("experiments.jsonl", lines.replace("18.09", "15.0").replace(line("a", "queued"), ""))
    research.git("add", ".")
    said = research.git("commit", "--message=rewrite", ok=False)
    assert "a registry only grows" in said

    research.git("checkout", "--quiet", "HEAD", "--", "experiments.jsonl")
    research.write("expflow.yaml", "version: 1\ngates: []\n")
    research.git("add", ".")
    assert "expflow.yaml:2: gates: unknown key" in research.git("commit", "--message=policy", ok=False)


@pytest.mark.parametrize("framework", ["pre-commit", "prek"])
def test_the_promises_are_kept_through_a_framework(
    framework: str, research: Repo, digest: str, use: Any, program: Any
) -> None:
    use(*HOOKS)
    command = [program(framework), "install", "--install-hooks"]
    subprocess.run(command, cwd=research.path, check=True, capture_output=True)
    keep_the_promises(research, digest)


def test_the_promises_are_kept_by_plain_git(research: Repo, digest: str) -> None:
    command = [sys.executable, "-m", "expflow_hooks", "install"]
    subprocess.run(command, cwd=research.path, check=True, capture_output=True)
    keep_the_promises(research, digest)
