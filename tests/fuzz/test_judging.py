"""Whatever values and gates there are: no traceback, no pass for what does not count, one verdict in every form."""

from __future__ import annotations

import json
import math

from fuzz import made
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks import validate_competition_rules
from expflow_hooks.cli.compare import exit_code
from expflow_hooks.core.errors import ExpflowError, UsageError
from expflow_hooks.core.metrics.gates import OPERATORS, all_hold, parse_gate
from expflow_hooks.core.metrics.values import parse_decimal, parse_integer, show_number, value_status
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.render.ranking import render_ranking

GATE = parse_gate("pde_mean:lt:18.09")


def counts(value):
    """Say independently of the code under test whether a value is a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


@given(made.anything)
def test_a_value_counts_only_if_it_is_a_finite_number(value):
    assert (value_status(value) is None) is counts(value)
    assert isinstance(show_number(value), str)


@given(
    st.builds("{}:{}:{}".format, made.text, st.sampled_from(["lt", "le", "gt", "ge", "eq", "LT", ""]), made.numbers)
    | made.text
    | made.anything,
    made.anything,
)
def test_a_gate_is_refused_in_words_or_judges_by_the_number(text, value):
    try:
        gate = parse_gate(text)
    except UsageError as error:
        assert "\n" not in str(error) or "\n" in str(text)
        return
    assert math.isfinite(gate.threshold)
    result = gate.judge(value)
    expected = counts(value) and OPERATORS[gate.op](value, gate.threshold)
    assert result.passed is gate.holds(value) is all_hold([gate])([value]) is bool(expected)
    json.dumps(result.as_dict()["value"], allow_nan=False)


@given(made.text | made.numbers.map(str) | made.anything)
def test_text_is_a_number_or_refused(text):
    for parse in (parse_decimal, parse_integer) if isinstance(text, str) else (parse_integer,):
        try:
            assert counts(parse(text)) or parse is parse_integer
        except ValueError:
            continue


@given(
    made.metrics,
    st.dictionaries(st.sampled_from(["Args/--sub_step", "sub-step"]) | made.text, made.anything, max_size=3),
)
def test_the_audit_passes_nothing_that_does_not_count(metrics, params):
    result = validate_competition_rules(metrics, params)
    json.dumps([{**check, "value": None} for check in result["checks"]], allow_nan=False)
    if result["all_pass"]:
        assert all(counts(metrics[name]) for name in ("seg_total", "pde_mean", "train_time_min"))
        assert metrics["pde_mean"] < 18.09
        assert metrics["train_time_min"] < 60


@given(
    made.registries, st.none() | st.builds(GroupBy, st.just(("seed",)), st.sampled_from(["mean", "median", "worst"]))
)
def test_a_ranking_says_the_same_in_every_form(data, group_by):
    registry = Registry("r.jsonl", data=data)
    query = Query("pde_mean", gates=(GATE,), group_by=group_by)
    try:
        ranking = rank(registry.experiments(), query)
    except ExpflowError:
        return
    for row in ranking.ranked:
        assert counts(row.value)
        assert row.value < 18.09
        assert row.state == "completed"
    values = [row.value for row in ranking.ranked]
    assert values == sorted(values)
    shown = {form: render_ranking(ranking, "r.jsonl", form) for form in ("text", "markdown", "csv", "json")}
    document = json.loads(shown["json"], parse_constant=lambda name: pytest_fail(name))
    assert [row["rank"] for row in document["ranking"]] == [row.rank for row in ranking.rows]
    assert all((row["rank"] is None) is (row["reason"] is not None) for row in document["ranking"])
    for row in document["ranking"]:
        assert row["rank"] is None or (row["gates_passed"] and all(gate["passed"] for gate in row["gates"]))
    assert f"{len(ranking.ranked)} ranked" in shown["text"]
    all_good = bool(ranking.ranked) and not ranking.counts["gate_failed"] + ranking.counts["no_value"]
    assert (exit_code(ranking, "any-fail", False) == 0) is all_good


@given(made.registries, st.integers(1, 3))
def test_what_is_read_again_is_what_was_judged(data, top):
    query = Query("pde_mean", gates=(GATE,), top=top)
    registry = Registry("r.jsonl", data=data)
    kept, again = (rank(read(), query) for read in (registry.experiments, registry.placed))
    for form in ("text", "json"):
        assert render_ranking(again, "r.jsonl", form) == render_ranking(kept, "r.jsonl", form)


def pytest_fail(name):
    raise AssertionError(f"{name} in JSON")
