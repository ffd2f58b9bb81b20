"""What the reference system, expflow-pde 0.7.0, lets pass: each fault by its name, and that it is none here.

Where the reference can be asked without a server, the real package is asked first, so that each test can fail.
"""

from __future__ import annotations

import json
import math
import os
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from expflow_hooks import compare_scores, validate_competition_rules
from expflow_hooks.core.metrics.gates import parse_gate

pytest.importorskip("expflow_pde", reason="expflow-pde needs Python 3.11")
from expflow_pde import audit as pde_audit
from expflow_pde import compare as pde_compare

EXPFLOW = Path(sys.executable).with_name("expflow")
GOOD = {"seg_total": 57.09, "pde_mean": 15.0, "train_time_min": 45.5}


def run(experiment_id, **metrics):
    return {"experiment_id": experiment_id, "status": "completed", "metrics": metrics}


def order(path, **options):
    result = compare_scores(str(path), **options)
    return [(row["rank"], row["experiment_id"]) for row in result["ranking"]]


def pde_order(monkeypatch, metrics, **options):
    """Return the ids in the order in which the reference ranks them."""
    import expflow_pde.clearml

    tasks = [{"id": name, "name": name, "status": "completed"} for name in metrics]
    monkeypatch.setattr(expflow_pde.clearml, "list_tasks", lambda **_: tasks)
    monkeypatch.setattr(pde_compare, "_get_task_metrics", metrics.get)
    return [row["id"] for row in pde_compare.compare_scores(**options)]


def test_a_missing_metric_is_never_ranked_first(registry, monkeypatch):
    assert pde_order(monkeypatch, {"a": {"seg_total": 50.0}, "b": {}}, sort_by="seg_total") == ["b", "a"]
    path = registry(run("b"), run("a", seg_total=50.0))
    assert order(path, sort_by="seg_total") == [(1, "a"), (None, "b")]


def test_zero_is_a_value(registry, monkeypatch):
    class Task:
        @staticmethod
        def get_task(task_id):
            return Task()

        def get_last_scalar_metrics(self):
            return {"PDE": {"pde_mean": {"last": 0.0}}}

    import clearml

    monkeypatch.setattr(clearml, "Task", Task)
    assert pde_compare._get_task_metrics("t") == {}
    path = registry(run("a", pde_mean=1.0), run("zero", pde_mean=0.0))
    assert order(path, sort_by="pde_mean") == [(1, "zero"), (2, "a")]


def test_nan_does_not_scramble_the_order(registry, monkeypatch):
    metrics = {"c": 3.0, "nan": math.nan, "a": 1.0, "b": 2.0}
    theirs = pde_order(
        monkeypatch, {k: {"pde_mean": v} for k, v in metrics.items()}, sort_by="pde_mean", ascending=True
    )
    assert [name for name in theirs if name != "nan"] != ["a", "b", "c"]
    path = registry(*(run(name, pde_mean=value) for name, value in metrics.items()))
    assert order(path, sort_by="pde_mean") == [(1, "a"), (2, "b"), (3, "c"), (None, "nan")]


@pytest.mark.parametrize(("metric", "value"), [("seg_total", math.inf), ("pde_mean", -math.inf)])
def test_infinity_does_not_win(registry, monkeypatch, metric, value):
    theirs = pde_order(
        monkeypatch, {"a": {metric: 1.0}, "inf": {metric: value}}, sort_by=metric, ascending=metric == "pde_mean"
    )
    assert theirs[0] == "inf"
    path = registry(run("inf", **{metric: value}), run("a", **{metric: 1.0}))
    assert order(path, sort_by=metric) == [(1, "a"), (None, "inf")]


def test_a_malformed_gate_is_not_ignored(registry, cli):
    registry(run("a", pde_mean=99.0))
    done = cli("compare-scores", "--source", "experiments.jsonl", "--sort-by", "pde_mean", "--gate", "pde_mean:lt")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pde_mean:lt:18.09" in done.stderr


def test_an_unknown_operator_does_not_pass():
    assert pde_compare._apply_gate(99.0, "eq", 18.09) is True
    with pytest.raises(ValueError, match="lt, le, gt, ge"):
        parse_gate("pde_mean:eq:18.09")


@pytest.mark.parametrize("metric", ["pde_mean", "train_time_min"])
def test_less_than_is_not_less_or_equal_in_the_audit(metric):
    at_the_limit = {**GOOD, metric: {"pde_mean": 18.09, "train_time_min": 60.0}[metric]}
    assert pde_audit.validate_competition_rules(at_the_limit, {"Args/--sub_step": "5"})["all_pass"] is True
    assert validate_competition_rules(at_the_limit, {"Args/--sub_step": "5"})["all_pass"] is False


def test_a_failed_audit_does_not_exit_with_0(registry, cli):
    registry({**run("a", **{**GOOD, "pde_mean": 20.0}), "params": {"Args/--sub_step": "5"}})
    done = cli("audit", "validate", "a", "--source", "experiments.jsonl", "--competition-rules")
    assert done.returncode == 1


@pytest.mark.parametrize("value", ["abc", "", "1.5", "0", "-3", "true", "５", "1_0", " 5", "5 "])
def test_sub_step_abc_is_no_number_of_sub_steps(value):
    assert validate_competition_rules(GOOD, {"Args/--sub_step": value})["all_pass"] is False


def test_the_reference_accepts_sub_step_abc():
    assert pde_audit.validate_competition_rules(GOOD, {"Args/--sub_step": "abc"})["all_pass"] is True


def test_full_width_digits_are_no_pin(cli, home):
    theirs = subprocess.run([EXPFLOW, "pin", "init", "１２３４"], capture_output=True)
    assert theirs.returncode == 0
    (home / ".expflow" / "pin.hash").unlink()
    done = cli("pin", "init", "１２３４")
    assert done.returncode == 2
    assert "4 digits" in done.stderr
    assert not (home / ".expflow" / "pin.hash").exists()


def test_no_part_of_the_hash_is_printed(cli, home):
    digest = sha256(b"4711").hexdigest()
    theirs = subprocess.run([EXPFLOW, "pin", "init", "4711"], capture_output=True, text=True)
    assert digest[:16] in theirs.stdout
    (home / ".expflow" / "pin.hash").unlink()
    said = "".join(
        cli(*arguments).stdout + cli(*arguments).stderr
        for arguments in (("pin", "init", "4711", "--force"), ("pin", "status"), ("pin", "check", "--pin", "4711"))
    )
    assert "set" in said
    assert not any(digest[i : i + 4] in said for i in range(61))


def test_the_store_is_not_world_readable(cli, home):
    before = os.umask(0o000)
    try:
        subprocess.run([EXPFLOW, "pin", "init", "4711"], capture_output=True)
        store = home / ".expflow" / "pin.hash"
        assert stat.S_IMODE(store.stat().st_mode) & 0o004
        assert cli("pin", "init", "4711", "--force").returncode == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.parent.stat().st_mode) == 0o700


def test_a_cancel_is_not_forgotten(cli, home):
    submitted = subprocess.run([EXPFLOW, "run", "submit", "train.sh"], capture_output=True, text=True)
    experiment_id = submitted.stdout.split("submitted: ")[1].split()[0]
    subprocess.run([EXPFLOW, "run", "cancel", experiment_id], capture_output=True, stdin=subprocess.DEVNULL)
    again = subprocess.run([EXPFLOW, "run", "status", experiment_id], capture_output=True, text=True)
    assert "cancelled" not in again.stdout
    assert cli("run", "cancel", experiment_id).returncode == 0
    shown = json.loads(cli("run", "show", experiment_id, "--format", "json").stdout)
    assert shown[0]["status"] == "cancelled"


def test_the_record_after_a_torn_line_is_not_lost(cli, home):
    (home / ".expflow").mkdir(mode=0o700)
    path = home / ".expflow" / "experiments.jsonl"
    path.write_bytes(b'{"experiment_id": "torn", "sta')
    submitted = subprocess.run([EXPFLOW, "run", "submit", "train.sh"], capture_output=True, text=True)
    lost = submitted.stdout.split("submitted: ")[1].split()[0]
    assert lost not in subprocess.run([EXPFLOW, "run", "list"], capture_output=True, text=True).stdout

    path.write_bytes(b'{"experiment_id": "torn", "sta')
    assert cli("run", "add", "-", stdin='{"experiment_id": "kept"}').returncode == 0
    listed = cli("run", "list")
    assert "kept" in listed.stdout
    assert "1 unreadable line" in listed.stderr
    assert path.read_bytes().startswith(b'{"experiment_id": "torn", "sta\n{')
