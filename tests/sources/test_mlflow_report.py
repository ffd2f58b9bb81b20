"""Reporting to an MLflow run: at the metric's last step, read back, an error where the run has another value."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.sources.mlflow.report import report


class Runs:
    """An MLflow client that keeps, as a server does, the value of the highest step."""

    def __init__(self, *points, deaf=False):
        self.points, self.deaf = list(points), deaf

    def get_metric_history(self, run_id, name):
        return [SimpleNamespace(step=step, value=value) for key, step, value in self.points if key == name]

    def log_metric(self, run_id, name, value, step):
        if not self.deaf:
            self.points.append((name, step, value))

    def get_run(self, run_id):
        latest = {name: value for name, _, value in sorted(self.points, key=lambda point: point[1])}
        return SimpleNamespace(data=SimpleNamespace(metrics=latest))


def test_after_a_curve_the_run_has_the_reported_value():
    runs = Runs(("pde_mean", 0, 30.0), ("pde_mean", 7, 20.0))
    report("r", {"pde_mean": 15.0, "seg_total": 50.0}, client=runs)
    assert runs.points[-2:] == [("pde_mean", 7, 15.0), ("seg_total", 0, 50.0)]


def test_at_a_step_below_the_curves_it_is_an_error_that_says_what_the_run_has():
    with pytest.raises(UnreadableError, match=r"did not take pde_mean \(it has 20\.0\)"):
        report("r", {"pde_mean": 15.0}, 0, client=Runs(("pde_mean", 7, 20.0)))


def test_what_the_server_did_not_take_is_an_error():
    with pytest.raises(UnreadableError, match=r"did not take seg_total \(it has None\)"):
        report("r", {"seg_total": 15.0}, client=Runs(deaf=True))
