"""A repository with a remote, for hooks that look at what a push adds."""

import subprocess
from pathlib import Path

import pytest
from gitrepo import Repo, install_pre_push


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """Return a bare repository."""
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "remote.git")], check=True
    )
    return tmp_path / "remote.git"


@pytest.fixture
def work(git_repo: Repo, remote: Path) -> Repo:
    """Return a repository with a remote that has its one commit, and the hook installed the plain way."""
    git_repo.git("remote", "add", "origin", str(remote))
    git_repo.commit("a.txt", "clean\n")
    git_repo.git("push", "--quiet", "origin", "main")
    install_pre_push(git_repo)
    return git_repo
