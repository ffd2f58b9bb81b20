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
