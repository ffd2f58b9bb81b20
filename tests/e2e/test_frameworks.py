"""The hook as pre-commit and prek run it, from a repository of this project, at commit and at push."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from gitrepo import Repo

BLOCKED = "expflow: fail (exit 1)"


@pytest.mark.parametrize("framework", ["pre-commit", "prek"])
def test_commits_and_pushes(framework: str, research: Repo, digest: str, use: Any, program: Any) -> None:
    use("expflow-pin-hash")
    subprocess.run(
        [program(framework), "install", "--install-hooks"], cwd=research.path, check=True, capture_output=True
    )

    research.write("train.py", "loss = 0.1\n")
    research.git("add", ".")
    assert BLOCKED not in research.git("commit", "--message=clean", ok=False)
    first = research.git("rev-parse", "HEAD")

    research.write("config.yaml", "pin:\n  hash: anything\n")
    research.git("add", ".")
    said = research.git("commit", "--message=leak", ok=False)
    assert "config.yaml:2:9: EXP002" in said and BLOCKED in said
    assert research.git("rev-parse", "HEAD") == first

    research.git("rm", "--quiet", "--cached", "config.yaml")
    (research.path / "config.yaml").unlink()
    leak = research.commit("b.txt", digest)
    research.commit("b.txt", "clean")
    said = research.git("push", "origin", "main", ok=False)
    assert f"{leak[:12]} refs/heads/main b.txt:1:1: EXP001" in said and digest not in said
    assert research.git("ls-remote", "origin") == ""

    research.git("reset", "--quiet", "--hard", first)
    assert BLOCKED not in research.git("push", "origin", "main", ok=False)
    assert first in research.git("ls-remote", "origin")

    research.git("switch", "--quiet", "--create", "topic")
    research.commit("c.txt", "clean", message=f"the pin is {digest}")
    said = research.git("push", "origin", "topic", ok=False)
    assert "refs/heads/topic <commit message>:1:12: EXP001" in said and "topic" not in research.git("ls-remote")

    research.git("reset", "--quiet", "--hard", first)
    merged(research, digest)


def merged(research: Repo, digest: str) -> None:
    """A merge that brings a hash along is blocked before it is committed."""
    research.git("switch", "--quiet", "--create", "side")
    research.commit("d.txt", digest)
    research.git("switch", "--quiet", "main")
    research.commit("e.txt", "clean")
    assert "d.txt:1:1: EXP001" in research.git("merge", "--no-edit", "side", ok=False)
    assert research.git("show", "--name-only", "--format=", "HEAD") == "e.txt"


def test_try_repo(research: Repo, project: Repo, digest: str, program: Any) -> None:
    research.write("b.txt", digest)
    research.git("add", ".")
    command = [program("pre-commit"), "try-repo", str(project.path), "expflow-pin-hash", "--verbose", "--all-files"]
    done = subprocess.run(command, cwd=research.path, capture_output=True, text=True)
    assert done.returncode == 1 and "b.txt:1:1: EXP001" in done.stdout and BLOCKED in done.stdout


def test_the_manifest_is_valid(program: Any) -> None:
    root = Path(__file__).resolve().parents[2]
    subprocess.run([program("pre-commit"), "validate-manifest", str(root / ".pre-commit-hooks.yaml")], check=True)
