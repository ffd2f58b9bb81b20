"""Writes the runs with MLflow itself: `python write_mlflow.py URI`; a deleted run and a nested one beside them."""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")

from mlflow.tracking import MlflowClient
from runs import COMMIT, PARAMS, PROJECT, RUNS, SEG_TOTAL

STATUS = {"completed": "FINISHED", "failed": "FAILED", "stopped": "KILLED"}

client = MlflowClient(sys.argv[1])
experiment = client.create_experiment(PROJECT)
tags = {"mlflow.source.git.commit": COMMIT, "mlflow.source.git.branch": "main", "submission": "", "team": "x"}
for name, (state, curve) in RUNS.items():
    run = client.create_run(experiment, run_name=name, tags=tags).info.run_id
    for key, value in PARAMS.items():
        client.log_param(run, key, value)
    client.log_metric(run, "seg_total", SEG_TOTAL, step=1)
    for step, value in enumerate(curve):
        client.log_metric(run, "pde_mean", value, step=step)
    if state in STATUS:
        client.set_terminated(run, STATUS[state])
client.delete_run(client.create_run(experiment, run_name="deleted").info.run_id)
other = client.create_experiment("other")
nested = client.create_run(other, run_name="nested", tags={"mlflow.parentRunId": run})
client.set_terminated(nested.info.run_id)
