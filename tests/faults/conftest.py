"""Every test here runs in a folder of its own: in the project's, the project's policy would name the registry."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leave the project's folder."""
    path = tmp_path_factory.mktemp("elsewhere")
    path.chmod(0o755)
    monkeypatch.chdir(path)
    return path
