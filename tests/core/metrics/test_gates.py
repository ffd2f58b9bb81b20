"""Gates: what parses, what is refused, and that only values that count pass."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.gates import OPERATORS, all_hold, parse_gate
from expflow_hooks.core.metrics.values import ABSENT


@pytest.mark.parametrize(
    ("text", "value", "passed"),
    [
        ("pde_mean:lt:18.09", 18.089999, True),
        ("pde_mean:lt:18.09", 18.09, False),
        ("pde_mean:le:18.09", 18.09, True),
        ("pde_mean:le:18.09", 18.090001, False),
        ("seg_total:gt:50", 50, False),
        ("seg_total:gt:50", 50.5, True),
        ("seg_total:ge:50", 50, True),
        ("seg_total:ge:50", 49.9, False),
        ("val/loss:a:lt:1", 0.0, True),
        ("x:lt:-1e-3", -1, True),
    ],
)
def test_a_gate_holds_exactly_when_its_comparison_does(text, value, passed):
    assert parse_gate(text).judge(value).passed is passed
    assert parse_gate(text).holds(value) is passed


@pytest.mark.parametrize("op", ["lt", "le", "gt", "ge"])
@pytest.mark.parametrize(
    ("value", "status"),
    [
        (ABSENT, "missing"),
        (None, "null"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (10**400, "inf"),
        (True, "type"),
        ("12", "type"),
        ([1], "type"),
        ({}, "type"),
    ],
)
def test_a_value_that_does_not_count_passes_no_gate(op, value, status):
    result = parse_gate(f"pde_mean:{op}:18.09").judge(value)
    assert (result.passed, result.status, result.value, result.margin) == (False, status, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "::",
        "pde_mean",
        "pde_mean:lt",
        "pde_mean:lt:",
        ":lt:18.09",
        "pde_mean::18.09",
        "pde_mean:LT:18.09",
        "pde_mean:eq:18.09",
        "pde_mean:<:18.09",
        "pde_mean:lt:nan",
        "pde_mean:lt:inf",
        "pde_mean:lt:-inf",
        "pde_mean:lt:1e999",
        "pde_mean:lt:1_000",
        "pde_mean:lt:0x10",
        "pde_mean:lt:１８",
        "pde_mean:lt: 18.09",
        "pde_mean: lt:18.09",
        "pde_mean :lt:18.09",
        " pde_mean:lt:18.09",
        "pde_mean:lt:18.09 ",
        "pde_mean:lt:18,09",
        "pde\nmean:lt:18.09",
        "pde_mean:lt:" + "9" * 500,
        None,
        18.09,
    ],
)
def test_a_malformed_gate_is_refused_with_a_right_example(text):
    with pytest.raises(UsageError, match=r"pde_mean:lt:18\.09") as caught:
        parse_gate(text)
    assert "\n" not in str(caught.value)


def test_the_margin_is_positive_inside_the_gate_and_negative_outside():
    assert parse_gate("a:lt:10").judge(8).margin == 2
    assert parse_gate("a:gt:10").judge(8).margin == -2


@given(
    st.sampled_from(sorted(OPERATORS)),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats() | st.integers() | st.booleans() | st.none() | st.text(max_size=1),
    st.sampled_from([0, 1, -1]),
)
def test_gates_judged_together_hold_as_each_does_alone(op, threshold, value, step):
    gate = parse_gate(f"pde_mean:{op}:{threshold!r}")
    beside = math.nextafter(threshold, step * math.inf) if step else threshold
    for tried in (value, beside):
        assert all_hold([gate])([tried]) is gate.holds(tried)
        assert all_hold([gate, gate])([tried, None]) is False


@pytest.mark.parametrize(
    ("text", "metric", "aggregate", "base"),
    [
        ("pde_mean@ucl95:lt:18.09", "pde_mean", "ucl95", False),
        ("seg_total@lcl95:ge:50", "seg_total", "lcl95", False),
        ("pde_mean@worst:lt:18.09", "pde_mean", "worst", False),
        ("pde_mean~base:lt:0", "pde_mean", None, True),
        ("pde_mean~base:lt:-0.5", "pde_mean", None, True),
        ("pde_mean@median~base:lt:0", "pde_mean", "median", True),
        ("hits@10:gt:0.5", "hits@10", None, False),
        ("hits@10@lcl95~base:gt:0", "hits@10", "lcl95", True),
        ("mAP@0.5:0.95:gt:0.3", "mAP@0.5:0.95", None, False),
        ("acc@top1:gt:0.5", "acc@top1", None, False),
        ("a~b:lt:1", "a~b", None, False),
    ],
)
def test_what_a_gate_judges(text, metric, aggregate, base):
    gate = parse_gate(text)
    assert (gate.metric, gate.aggregate, gate.base) == (metric, aggregate, base)
    assert gate.subject == text.rsplit(":", 2)[0]
    assert gate.show().startswith(gate.subject + " ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pde_mean@ucl59:lt:18.09", "has no aggregate 'ucl59'; did you mean ucl95?"),
        ("pde_mean@max:lt:18.09", "has no aggregate 'max'"),
        ("pde_mean@:lt:18.09", "has no aggregate ''"),
        ("pde_mean~main:lt:0", "ends in '~main', not in ~base"),
        ("pde_mean~base@ucl95:lt:0", "names the base before the aggregate; a gate reads pde_mean@ucl95~base:lt:0"),
        ("pde_mean@lcl95:lt:18.09", "judges the lenient bound: lt goes with @ucl95"),
        ("seg_total@ucl95:gt:50", "judges the lenient bound: gt goes with @lcl95"),
        ("@ucl95:lt:18.09", "has no proper metric name"),
        ("~base:lt:0", "has no proper metric name"),
    ],
)
def test_an_aggregate_or_base_that_is_none_is_refused(text, said):
    with pytest.raises(UsageError) as caught:
        parse_gate(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
