"""A wheelhouse of what the Action installs, made once for all tests that install it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT

UNREACHABLE = "http://127.0.0.1:9/simple"


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the locked wheels, as a release carries it."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    download += ["--only-binary", ":all:", "--dest", str(folder), "--requirement", str(ROOT / "requirements.lock")]
    done = subprocess.run(download, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def closed_network(wheelhouse: Path) -> dict[str, str]:
    """Return pip's variables for a machine that reaches no index and has the wheelhouse."""
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheelhouse),
        "PIP_INDEX_URL": UNREACHABLE,
        "PIP_CONFIG_FILE": os.devnull,
    }
