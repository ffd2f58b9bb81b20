"""A research repository with its GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from action.research import Research
from fakes.clearml_server import Server as ClearML
from fakes.github_server import FakeGitHub
from gitrepo import Repo


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeGitHub]:
    """Return a GitHub on loopback, whose repository is that of `research`."""
    with FakeGitHub(tmp_path / "a repository").serving() as github:
        yield github


@pytest.fixture
def clearml(monkeypatch: pytest.MonkeyPatch) -> Iterator[ClearML]:
    """Return a ClearML server on loopback, which the environment names."""
    with ClearML() as fake:
        for name, value in fake.environment.items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def research(tmp_path: Path, server: FakeGitHub) -> Research:
    """Return a repository, in a folder with a space in its name, that knows its GitHub."""
    return Research(Repo(tmp_path / "a repository"), server=server)
