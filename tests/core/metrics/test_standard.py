"""The registry of metrics and `report_standard`."""

import math

import pytest

from expflow_hooks import STANDARD_METRICS, report_standard
from expflow_hooks.sources.clearml.marks import REPORTED

GROUPS = {
    "Score": "seg_total seg1 seg2 seg3",
    "Loss": "val_mse val_relmse val_lprel val_h1rel",
    "Error": "val_rmse val_nrmse val_max_err val_bd_err val_csv_err",
    "Fourier": "val_fourier_low val_fourier_mid val_fourier_high",
    "PDE": "pde_mean pde_seg1 pde_seg2 pde_seg3",
    "Time": "train_time_min",
    "Model": "arch_params",
    "Training": "epochs",
}


class Seed:
    """The seed's form of a task: it reports for itself."""

    def __init__(self):
        self.sent = []

    def report_scalar(self, *, title, series, value, iteration):
        self.sent.append((title, series, value, iteration))


class Task:
    """The form of a ClearML task: a logger reports."""

    def __init__(self):
        self.logger, self.tags = Seed(), []

    def get_logger(self):
        return self.logger

    def add_tags(self, tags):
        self.tags += tags


def test_the_standard_metrics_stand_in_their_groups_and_only_scores_are_higher_is_better():
    assert {name: entry["group"] for name, entry in STANDARD_METRICS.items()} == {
        name: group for group, names in GROUPS.items() for name in names.split()
    }
    assert {n for n, e in STANDARD_METRICS.items() if e["higher_is_better"]} == set(GROUPS["Score"].split())
    assert {n: e["threshold"] for n, e in STANDARD_METRICS.items() if "threshold" in e} == {
        "pde_mean": 18.09,
        "train_time_min": 60,
    }
    for entry in STANDARD_METRICS.values():
        assert entry["type"] == "scalar"
        assert {"unit", "description"} <= entry.keys()


def test_the_standard_metrics_are_read_only():
    with pytest.raises(TypeError):
        STANDARD_METRICS["mine"] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        STANDARD_METRICS["pde_mean"]["threshold"] = 99  # type: ignore[index]


def test_reports_through_an_object_with_report_scalar():
    task = Seed()
    assert report_standard(task, seg_total=57.09, pde_mean=15) == {"seg_total": 57.09, "pde_mean": 15.0}
    assert task.sent == [("Score", "seg_total", 57.09, 0), ("PDE", "pde_mean", 15.0, 0)]
    assert report_standard(task=task, iteration=3, epochs=2) == {"epochs": 2.0}
    assert task.sent[-1] == ("Training", "epochs", 2.0, 3)


def test_reports_through_a_tasks_logger_and_marks_the_task():
    task = Task()
    report_standard(task, pde_mean=0.0)
    assert task.logger.sent == [("PDE", "pde_mean", 0.0, 0)]
    assert any(tag.startswith(REPORTED) for tag in task.tags)


def test_without_a_task_only_checks():
    assert report_standard(pde_mean=1.5) == {"pde_mean": 1.5}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, "1", True, [1.0], 10**400])
def test_a_value_that_does_not_count_is_refused_before_anything_is_sent(value):
    task = Seed()
    with pytest.raises(ValueError, match="pde_mean is"):
        report_standard(task, seg_total=57.0, pde_mean=value)
    assert task.sent == []


def test_an_unknown_name_is_refused_with_the_nearest_before_anything_is_sent():
    task = Seed()
    with pytest.raises(ValueError, match="did you mean pde_mean"):
        report_standard(task, seg_total=57.0, pde_meen=1.0)
    assert task.sent == []


def test_an_upload_error_is_raised():
    class Broken:
        def report_scalar(self, **_):
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        report_standard(Broken(), pde_mean=1.0)


def test_zero_dimensional_arrays_are_numbers():
    class Scalar:
        shape = ()

        def item(self):
            return 2.5

    assert report_standard(pde_mean=Scalar()) == {"pde_mean": 2.5}  # type: ignore[call-overload]
