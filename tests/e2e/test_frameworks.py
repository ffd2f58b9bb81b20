"""The hook as pre-commit and prek run it, from a repository of this project, at commit and at push."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gitrepo import Repo

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "expflow_hooks")
BLOCKED = "expflow: fail (exit 1)"
CONFIG = """\
default_install_hook_types: [pre-commit, pre-merge-commit, pre-push]
repos:
- repo: {url}
  rev: {revision}
  hooks:
  - id: expflow-pin-hash
"""


def program(name: str) -> str:
    path = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert path, f"{name} is one of the project's development dependencies"
    return path


@pytest.fixture
def project(tmp_path: Path) -> Repo:
    """Return a repository of this project as it stands, as a user's configuration would name it."""
    project = Repo(tmp_path / "expflow-action")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, project.path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, project.path / name)
    project.git("add", ".")
    project.git("commit", "--quiet", "--message=release")
    return project


@pytest.fixture
def research(git_repo: Repo, project: Repo, tmp_path: Path) -> Repo:
    """Return a fresh research repository with an empty remote and a configuration that names the project."""
    remote = Repo(tmp_path / "remote.git", "--bare")
    git_repo.git("remote", "add", "origin", str(remote.path))
    revision = project.git("rev-parse", "HEAD")
    git_repo.write(".pre-commit-config.yaml", CONFIG.format(url=project.path, revision=revision))
    return git_repo


@pytest.mark.parametrize("framework", ["pre-commit", "prek"])
def test_commits_and_pushes(framework: str, research: Repo, digest: str) -> None:
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


def test_try_repo(research: Repo, project: Repo, digest: str) -> None:
    research.write("b.txt", digest)
    research.git("add", ".")
    command = [program("pre-commit"), "try-repo", str(project.path), "expflow-pin-hash", "--verbose", "--all-files"]
    done = subprocess.run(command, cwd=research.path, capture_output=True, text=True)
    assert done.returncode == 1 and "b.txt:1:1: EXP001" in done.stdout and BLOCKED in done.stdout


def test_the_manifest_is_valid() -> None:
    subprocess.run([program("pre-commit"), "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")], check=True)
