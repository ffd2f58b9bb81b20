"""A record adds: what is given replaces what it names, and nothing else."""

from __future__ import annotations

import math

import pytest

from expflow_hooks.core.registry.additions import add_to, clean, doubts, starts

RUN = {"status": "running", "commit": "a" * 40, "timestamp": "t", "params": {"lr": 1}, "prev": ["x"], "tags": ["one"]}


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        ({"metrics": {"a": 1, "b": 2}}, {"metrics": {"b": 3}}, {"metrics": {"a": 1, "b": 3}}),
        ({"params": {"lr": 1}}, {"params": {"seed": 2}}, {"params": {"lr": 1, "seed": 2}}),
        ({"tags": ["a"]}, {"tags": ["b"]}, {"tags": ["b"]}),
        ({"status": "completed", "note": "kept"}, {"name": "n"}, {"status": "completed", "note": "kept", "name": "n"}),
        ({"status": "completed", "prev": [], "event": {}}, {}, {"status": "completed"}),
        ({"status": "failed", "error": "E"}, {"status": "completed"}, {"status": "completed"}),
        ({"status": "failed", "error": "E"}, {"name": "n"}, {"status": "failed", "error": "E", "name": "n"}),
        ({"metrics": "broken"}, {"metrics": {"a": 1}}, {"metrics": {"a": 1}}),
    ],
)
def test_what_is_given_replaces_that_key_and_the_rest_stays(before, given, after):
    assert add_to(before, given) == after


@pytest.mark.parametrize(
    ("before", "given", "status"),
    [
        (None, {"metrics": {"a": 1}}, "completed"),
        (None, {"params": {"lr": 1}}, "running"),
        (None, {"metrics": {}}, "running"),
        ({"status": "running", "implied": True}, {"metrics": {"a": 1}}, "completed"),
        ({"status": "running", "implied": True}, {"params": {"lr": 1}}, "running"),
        ({"status": "running"}, {"metrics": {"a": 1}}, "running"),
        ({"status": "queued"}, {"metrics": {"a": 1}}, "queued"),
        ({"status": "failed"}, {"metrics": {"a": 1}}, "failed"),
        ({"status": "running", "implied": True}, {"status": "running"}, "running"),
        ({"metrics": {"a": 1}}, {"metrics": {"a": 2}}, None),  # a line without a status counts as completed
    ],
)
def test_a_state_that_nobody_says_is_implied_by_the_metrics(before, given, status):
    assert add_to(before, given).get("status") == status


def test_a_run_that_was_said_to_run_is_not_completed_by_implication():
    implied = add_to(None, {"params": {}})
    assert implied["implied"] is True
    said = add_to(implied, {"status": "running"})
    assert "implied" not in said
    assert add_to(said, {"metrics": {"a": 1}})["status"] == "running"


def test_a_run_that_starts_names_its_code_and_its_time_anew_and_keeps_its_settings():
    again = {"status": "running"}
    for state in ("queued", "completed", "failed"):
        assert starts({**RUN, "status": state}, again)
        assert add_to({**RUN, "status": state}, again) == {"status": "running", "params": {"lr": 1}, "tags": ["one"]}
    assert not starts(RUN, again)
    assert add_to(RUN, again)["commit"] == "a" * 40


class Scalar:
    shape = ()

    def item(self):
        return 2.5


def test_what_is_given_becomes_what_json_holds():
    given = {
        "tags": "task1",
        "metrics": {"a": Scalar()},
        "params": {"model": {"lr": Scalar(), "layers": (1, 2)}, "on": True, "bad": math.inf, "none": None, "f": str},
        "project": None,
    }
    assert clean(given) == {
        "tags": ["task1"],
        "metrics": {"a": 2.5},
        "params": {"model/lr": 2.5, "model/layers": "[1, 2]", "on": True, "bad": "inf", "none": None, "f": str(str)},
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"metric": {}}, ["'metric' is no field of a record and is stored unchanged; did you mean 'metrics'?"]),
        ({"stauts": "x"}, ["'stauts' is no field of a record and is stored unchanged; did you mean 'status'?"]),
        ({"author": "me", "notes": "x"}, []),
        ({"metrics": {"pde_meen": 1}}, ["metric 'pde_meen' is not known; did you mean 'pde_mean'?"]),
        ({"metrics": {"val_mae": 1, "accuracy": 2}}, []),
        ({"metrics": {"pde_mean": "15"}}, ["pde_mean is type: it is stored, passes no gate and has no rank"]),
        ({"metrics": {"pde_mean": math.nan}}, ["pde_mean is nan: it is stored, passes no gate and has no rank"]),
        ({"metrics": {"pde_mean": True}}, ["pde_mean is type: it is stored, passes no gate and has no rank"]),
        ({"metrics": {"pde_mean": None}}, ["pde_mean is null: it is stored, passes no gate and has no rank"]),
    ],
)
def test_what_is_probably_not_meant_is_told(given, says):
    assert list(doubts(given, ("pde_mean", "val_mse"))) == says
