"""An MLflow server as the Action's source: candidates by their commit, the address from the workflow alone."""

from __future__ import annotations

import pytest
from action.research import POLICY
from fakes.mlflow_server import MlflowServer

OF_MLFLOW = POLICY.replace("source: experiments.jsonl", "source: mlflow")


def run(number, commit, value, status="FINISHED"):
    run_id = f"{number:032x}"
    info = {"run_id": run_id, "run_name": f"run {number}", "experiment_id": "1", "status": status}
    info |= {"start_time": 1_795_000_000_000 + number, "end_time": 1_795_000_100_000, "lifecycle_stage": "active"}
    values = {"pde_mean": value, "seg_total": 60.0, "train_time_min": 10.0}
    metrics = [{"key": name, "value": one, "step": 1, "timestamp": 1} for name, one in values.items()]
    tags = [{"key": "mlflow.source.git.commit", "value": commit}]
    return {"info": info, "data": {"metrics": metrics, "params": [], "tags": tags}}


@pytest.fixture
def mlflow(monkeypatch):
    recorded = {"experiments": [{"experiment_id": "1", "name": "PDE", "lifecycle_stage": "active"}], "history": {}}
    with MlflowServer({**recorded, "runs": [run(n, "b" * 40, 12.0 + n) for n in range(1, 4)]}) as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
        yield server


@pytest.fixture
def ready(research):
    research.setup(OF_MLFLOW)
    research.open()
    return research


def test_a_run_of_the_head_is_the_candidate(ready, mlflow):
    mlflow.runs.append(run(9, ready.head, 8.0))
    assert ready.run() == 0, ready.text
    assert "rank 1 of 4" in ready.comment and "run 9" in ready.comment


def test_a_run_that_is_nan_there_fails(ready, mlflow):
    mlflow.runs.append(run(9, ready.head, "NaN"))
    assert ready.run() == 1, ready.text
    assert ready.last["verdict"] == "fail"


def test_a_run_that_still_runs_is_undecided(ready, mlflow):
    mlflow.runs.append(run(9, ready.head, 8.0, "RUNNING"))
    assert ready.run() == 3, ready.text


def test_a_server_that_is_away_is_an_error(ready, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert ready.run() == 4
    assert "127.0.0.1:9" in ready.comment


def test_a_policy_names_no_address_of_a_server(research, mlflow):
    research.setup(POLICY.replace("source: experiments.jsonl", f"source: 'mlflow:{mlflow.url}'"))
    research.open()
    assert research.run() == 2, research.text
    assert mlflow.calls == []
