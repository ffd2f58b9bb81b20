"""A research repository that uses this project's hooks from a repository of it, as a user's configuration would."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from gitrepo import Repo

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "expflow_hooks")
CONFIG = """\
default_install_hook_types: [pre-commit, pre-merge-commit, pre-push]
repos:
- repo: {url}
  rev: {revision}
  hooks:
"""


@pytest.fixture
def program() -> Callable[[str], str]:
    """Return what finds a program of the development environment."""

    def find(name: str) -> str:
        path = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        assert path, f"{name} is one of the project's development dependencies"
        return path

    return find


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
def research(git_repo: Repo, tmp_path: Path) -> Repo:
    """Return a fresh research repository with an empty remote."""
    remote = Repo(tmp_path / "remote.git", "--bare")
    git_repo.git("remote", "add", "origin", str(remote.path))
    return git_repo


@pytest.fixture
def use(research: Repo, project: Repo) -> Callable[..., None]:
    """Return what writes the configuration that names the project and some of its hooks."""

    def write(*hooks: str) -> None:
        text = CONFIG.format(url=project.path, revision=project.git("rev-parse", "HEAD"))
        research.write(".pre-commit-config.yaml", text + "".join(f"  - id: {hook}\n" for hook in hooks))

    return write
