"""A repository in which the commands run, and a PATH without frameworks unless a test wants one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from gitrepo import Repo


@pytest.fixture
def repository(work: Path) -> Repo:
    """Make the current folder a repository."""
    return Repo(work)


@pytest.fixture(autouse=True)
def plain_path(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leave nothing but git and the shell's own commands on the PATH."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("git", "sh", "bash", "cat", "env", "dirname", "basename", "uname", "sed"):
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def on_path(plain_path: Path) -> Callable[[str], None]:
    """Return what puts a program of the development environment on the PATH."""
    import sys

    def put(name: str) -> None:
        (plain_path / name).symlink_to(Path(sys.executable).parent / name)

    return put


@pytest.fixture(autouse=True)
def config_from_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let git find the configuration of the test's home also where HOME is not handed on."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.fspath(home / ".gitconfig"))
