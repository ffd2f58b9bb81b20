"""The audit: rules, rule sets, and what holds at the edges."""

import math

import pytest

from expflow_hooks import validate_competition_rules
from expflow_hooks.core.audit.rule_sets import RULE_SETS, rule_set
from expflow_hooks.core.audit.rules import CLEAN, param
from expflow_hooks.core.audit.validate import all_pass, audit
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.registry.experiment import Experiment, normal_parameter

GOOD = {"seg_total": 57.09, "pde_mean": 15.0, "train_time_min": 45.5}


def test_the_documented_example_passes():
    result = validate_competition_rules(GOOD, {"Args/--sub_step": "5"})
    assert result["all_pass"] is True
    assert result["metrics"] == GOOD
    assert [check["name"] for check in result["checks"]] == ["seg_total", "pde_mean", "train_time_min", "sub_step"]
    assert {tuple(check) for check in result["checks"]} == {("name", "label", "passed", "value", "detail")}


@pytest.mark.parametrize("name", list(GOOD))
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, True, "15", []])
def test_a_value_that_does_not_count_fails_its_rule(name, value):
    result = validate_competition_rules({**GOOD, name: value}, {"Args/--sub_step": "5"})
    assert [check["name"] for check in result["checks"] if not check["passed"]] == [name]


@pytest.mark.parametrize("name", list(GOOD))
def test_a_missing_metric_fails_its_rule(name):
    metrics = {key: value for key, value in GOOD.items() if key != name}
    result = validate_competition_rules(metrics, {"Args/--sub_step": "5"})
    assert [check["name"] for check in result["checks"] if not check["passed"]] == [name]


@pytest.mark.parametrize("key", ["Args/--sub_step", "General/Sub_Step", "sub-step", "SUBSTEP", "a/b/--sub-step"])
def test_sub_step_is_found_under_any_spelling(key):
    assert validate_competition_rules(GOOD, {key: "5"})["all_pass"] is True


@pytest.mark.parametrize("key", ["no_sub_step_warning", "sub_step/other", "sub_steps", "Args/my_sub_step"])
def test_sub_step_is_not_found_in_other_names(key):
    assert validate_competition_rules(GOOD, {key: "5"})["all_pass"] is False


@pytest.mark.parametrize(
    ("value", "passed"),
    [
        (5, True),
        ("5", True),
        ("005", True),
        (0, False),
        ("0", False),
        (-1, False),
        ("-1", False),
        (True, False),
        (5.0, False),
        ("5.0", False),
        ("1e3", False),
        ("٥", False),
        ("9" * 5000, False),
        (None, False),
        ([5], False),
    ],
)
def test_sub_step_is_an_integer_greater_than_zero_in_ascii_digits(value, passed):
    assert validate_competition_rules(GOOD, {"Args/--sub_step": value})["all_pass"] is passed


def test_where_two_parameters_say_it_both_must_hold():
    assert validate_competition_rules(GOOD, {"Args/--sub_step": "5", "General/Sub_Step": "0"})["all_pass"] is False


def test_nothing_given_passes_nothing():
    result = validate_competition_rules(None, None)
    assert result["all_pass"] is False
    assert not any(check["passed"] for check in result["checks"])


@pytest.mark.parametrize("state", ["running", "failed", "deleted", "odd"])
def test_only_a_completed_experiment_can_pass(state):
    experiment = Experiment("x", status=state, metrics=GOOD, params={"sub_step": "5"})
    checks = audit(experiment, RULE_SETS["competition"])
    assert not all_pass(checks)
    assert checks[0].name == "status"


@pytest.mark.parametrize(
    ("fields", "passed"),
    [
        ({"commit": "a" * 40, "dirty": False}, True),
        ({"commit_hash": "a" * 40, "dirty": False}, True),
        ({"commit": "a" * 40, "dirty": True}, False),
        ({"commit": "a" * 40}, False),
        ({"dirty": False}, False),
    ],
)
def test_clean_needs_a_commit_and_no_uncommitted_changes(fields, passed):
    assert audit(Experiment("x", **fields), [CLEAN])[0].passed is passed


@pytest.mark.parametrize(
    ("value", "passed"), [("0.01", True), (0.01, True), ("0.2", False), ("nan", False), (None, False)]
)
def test_any_parameter_may_have_a_rule(value, passed):
    assert audit(Experiment("x", params={"Args/lr": value}), [param("lr:lt:0.1")])[0].passed is passed


def test_an_unknown_rule_set_is_told_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean competition"):
        rule_set("competitoin")


def test_no_rules_is_no_pass():
    assert all_pass([]) is False


def test_parameters_are_matched_by_their_last_part():
    assert {normal_parameter(p) for p in ("Args/--sub_step", "Sub-Step", "x/SUB_STEP")} == {"substep"}
