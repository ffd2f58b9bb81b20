"""Hydra itself runs the jobs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("hydra", reason="make test-callbacks installs Hydra")

APP = """\
import hydra
from omegaconf import DictConfig

@hydra.main(version_base=None, config_path=".", config_name="config")
def main(config: DictConfig):
    if config.seed == 13:
        raise RuntimeError("unlucky")
    return {"val/mse": 0.5 * config.seed, "note": 1}

main()
"""
CONFIG = """\
seed: 1
model: {width: 8, layers: [1, 2]}
hydra:
  callbacks:
    expflow:
      _target_: expflow_hooks.callbacks.hydra.ExpflowCallback
      experiment_id: "{job}-s{config[seed]}"
      rename: {val/mse: val_mse}
      tags: [submission]
"""


@pytest.fixture
def run(work: Path, repo):
    (work / "app.py").write_text(APP)
    (work / "config.yaml").write_text(CONFIG)
    (work / ".gitignore").write_text("outputs/\nmultirun/\n")
    (work / "expflow.yaml").write_text("version: 1\nleaderboard: {source: experiments.jsonl}\n")
    repo("add", ".")
    repo("commit", "-qm", "one")

    def hydra(*overrides: str) -> dict[str, dict]:
        subprocess.run([sys.executable, "app.py", *overrides], cwd=work, capture_output=True, timeout=120)
        lines = [json.loads(line) for line in (work / "experiments.jsonl").read_text().splitlines()]
        return {line["experiment_id"]: line for line in lines}

    return hydra


def test_a_job_is_tracked_with_its_configuration_and_what_it_returns(run):
    entry = run("hydra.job.chdir=true")["app-s1"]
    assert (entry["status"], entry["metrics"]["val_mse"]) == ("completed", 0.5)
    assert entry["params"] == {"seed": 1, "model/width": 8, "model/layers": "[1, 2]"}
    assert entry["tags"] == ["submission"]
    assert entry["code"]["at"] == "start"


def test_a_sweep_is_a_run_a_job_and_a_failure_is_one(run):
    found = run("--multirun", "seed=2,3")
    assert {name: entry["metrics"]["val_mse"] for name, entry in found.items()} == {"app-s2": 1.0, "app-s3": 1.5}
    entry = run("seed=13")["app-s13"]
    assert (entry["status"], entry["error"]) == ("failed", "RuntimeError")
