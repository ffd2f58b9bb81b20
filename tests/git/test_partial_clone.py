"""A partial clone: what is missing comes in one fetch, and where it cannot come nothing passes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from gitrepo import Repo

COUNT = 30


@pytest.fixture
def partial(git_repo: Repo, tmp_path: Path, digest: str) -> Repo:
    for number in range(COUNT):
        git_repo.commit("a.txt", f"{number}\n")
    git_repo.commit("leak.txt", digest)
    git_repo.git("rm", "--quiet", "leak.txt")
    git_repo.git("commit", "--quiet", "--message", "gone")
    git_repo.git("config", "uploadpack.allowFilter", "true")
    git_repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    git_repo.git("clone", "--quiet", "--filter=blob:none", f"file://{git_repo.path}", str(tmp_path / "part"))
    return Repo.at(tmp_path / "part")


def scan(repo: Repo, trace: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "expflow_hooks", "scan", "--all-history"]
    environment = {**os.environ, "GIT_TRACE": str(trace)}
    return subprocess.run(command, cwd=repo.path, env=environment, capture_output=True, text=True)


def test_all_history_is_scanned_with_one_fetch(partial: Repo, tmp_path: Path) -> None:
    done = scan(partial, tmp_path / "trace")
    assert (done.returncode, "leak.txt:1:1: EXP001" in done.stdout) == (1, True), done.stderr
    assert f"this clone is partial; {COUNT} objects were fetched" in done.stderr
    assert (tmp_path / "trace").read_text().count("built-in: git upload-pack") <= 1
    assert (tmp_path / "trace").read_text().count("built-in: git fetch") == 1
    assert "partial" not in scan(partial, tmp_path / "again").stderr


def test_where_the_remote_is_away_it_is_exit_4(partial: Repo, git_repo: Repo, tmp_path: Path) -> None:
    git_repo.path.rename(tmp_path / "away")
    done = scan(partial, tmp_path / "trace")
    assert (done.returncode, "expflow: git: " in done.stderr) == (4, True), done.stderr
