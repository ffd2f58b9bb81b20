"""The recorded runs of each tracker, as its own library wrote them."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.mlflow_server import MlflowServer

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture
def mlflow_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowServer]:
    """Give a server that answers what a real one answered."""
    for name in ("USERNAME", "PASSWORD", "TOKEN", "URI"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)
    with MlflowServer(json.loads((RECORDED / "mlflow.json").read_text())) as server:
        yield server


@pytest.fixture
def mlflow_database(tmp_path: Path) -> Path:
    """Give MLflow's database, with the tables that runs are in."""
    path = tmp_path / "mlflow.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((RECORDED / "mlflow.sql").read_text())
    connection.close()
    return path


@pytest.fixture
def mlruns(tmp_path: Path) -> Path:
    """Give an `mlruns` folder."""
    with zipfile.ZipFile(RECORDED / "mlruns.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "mlruns"


@pytest.fixture
def specs(request: pytest.FixtureRequest) -> dict[str, str]:
    """Give the SPEC of each recorded source by name."""
    return {
        "mlflow server": f"mlflow:{request.getfixturevalue('mlflow_server').url}",
        "mlflow database": f"mlflow:{request.getfixturevalue('mlflow_database')}",
        "mlflow sqlite URI": f"mlflow:sqlite:///{request.getfixturevalue('mlflow_database')}",
        "mlruns": f"mlflow:{request.getfixturevalue('mlruns')}",
    }
