"""`audit validate`: whose rules are applied."""

from __future__ import annotations

import json

POLICY = """version: 1
metrics:
  pde_mean: {from: val/easy}
rule_sets:
  lax: [{reported: seg_total}]
audit: {rules: lax}
"""


def test_the_competitions_rules_follow_no_name_that_the_policy_gives(cli, work):
    (work / "expflow.yaml").write_text(POLICY)
    metrics = {"seg_total": 57.0, "pde_mean": 40.0, "val/easy": 1.0, "train_time_min": 5}
    record = {"experiment_id": "a", "metrics": metrics, "params": {"sub_step": 5}}
    (work / "experiments.jsonl").write_text(json.dumps(record) + "\n")
    validate = ("audit", "validate", "a", "--source", "experiments.jsonl")
    assert cli(*validate).returncode == 0
    assert cli(*validate, "--competition-rules").returncode == 1
    metrics["pde_mean"] = 1.0
    (work / "experiments.jsonl").write_text(json.dumps(record) + "\n")
    assert cli(*validate, "-c").returncode == 0
