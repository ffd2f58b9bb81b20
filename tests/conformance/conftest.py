"""The recorded runs of each tracker, as its own library wrote them."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.mlflow_server import MlflowServer

from conformance.runs import COMMIT, PARAMS, PROJECT, RUNS, SEG_TOTAL

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
    return _database(tmp_path / "mlflow.db", "mlflow.sql")


@pytest.fixture
def mlruns(tmp_path: Path) -> Path:
    """Give an `mlruns` folder."""
    return _unpacked(tmp_path, "mlruns.zip") / "mlruns"


SPECS = {
    "registry": ("registry_file", ""),
    "mlflow server": ("mlflow_server", "mlflow:"),
    "mlflow database": ("mlflow_database", "mlflow:"),
    "mlflow sqlite URI": ("mlflow_database", "mlflow:sqlite:///"),
    "mlruns": ("mlruns", "mlflow:"),
    "wandb": ("wandb_folder", "wandb:"),
    "tensorboard": ("tensorboard_folder", "tensorboard:"),
    "optuna": ("optuna_file", "optuna:"),
    "trackio": ("trackio_file", "trackio:"),
    "csv": ("csv_file", "csv:"),
    "json": ("json_file", "json:"),
}
"""The fixture that gives each recorded source, and what makes a SPEC of it."""


@pytest.fixture
def spec_of(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Return a function that gives the SPEC of a recorded source by name."""

    def spec(name: str) -> str:
        fixture, before = SPECS[name]
        place = request.getfixturevalue(fixture)
        return f"{before}{getattr(place, 'url', place)}"

    return spec


@pytest.fixture
def optuna_file(tmp_path: Path) -> Path:
    """Give an Optuna study's file."""
    return _database(tmp_path / "optuna.db", "optuna.sql")


@pytest.fixture
def trackio_file(tmp_path: Path) -> Path:
    """Give a trackio project's file."""
    return _database(tmp_path / "PDEBench.db", "trackio.sql")


@pytest.fixture
def tensorboard_folder(tmp_path: Path) -> Path:
    """Give a folder of event files."""
    return _unpacked(tmp_path / "events", "tensorboard.zip")


@pytest.fixture
def wandb_folder(tmp_path: Path) -> Path:
    """Give a folder of W&B's offline runs."""
    return _unpacked(tmp_path / "wandb", "wandb.zip")


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    """Give a table of the runs."""
    path = tmp_path / "runs.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "status", "commit", "tags", "pde_mean", "seg_total", "seed", "params.lr"])
        for name, (state, curve) in RUNS.items():
            value = curve[-1] if curve else ""
            writer.writerow([name, state, COMMIT, "submission;team=x", value, SEG_TOTAL, PARAMS["seed"], PARAMS["lr"]])
    return path


@pytest.fixture
def json_file(tmp_path: Path) -> Path:
    """Give a list of the runs' records, with bare NaN and Infinity as Python's json writes them."""
    path = tmp_path / "runs.json"
    records = [
        {
            "experiment_id": name,
            "status": state,
            "commit": COMMIT,
            "tags": ["submission", "team=x"],
            "params": PARAMS,
            "metrics": {"seg_total": SEG_TOTAL, **({"pde_mean": curve[-1]} if curve else {})},
        }
        for name, (state, curve) in RUNS.items()
    ]
    path.write_text(json.dumps(records))
    return path


@pytest.fixture
def registry_file(json_file: Path, tmp_path: Path) -> Path:
    """Give the runs as a registry."""
    path = tmp_path / "runs.jsonl"
    records = json.loads(json_file.read_text())
    path.write_text("".join(json.dumps({**one, "project": PROJECT}) + "\n" for one in records))
    return path


def _database(path: Path, recorded: str) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript((RECORDED / recorded).read_text())
    connection.close()
    return path


def _unpacked(path: Path, recorded: str) -> Path:
    with zipfile.ZipFile(RECORDED / recorded) as archive:
        archive.extractall(path)
    return path
