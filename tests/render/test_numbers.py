"""Numbers as people read them: short, and never so short that they seem to be what they are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.render.numbers import for_column, in_gate, roughly


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([12.3456789, 15.0, 14.25], ["12.346", "15.000", "14.250"]),
        ([15.25, 16.0], ["15.25", "16.00"]),  # no more decimals than there are
        ([0.1 + 0.2, 0.4], ["0.3", "0.4"]),
        ([12.3456789], ["12.3456789"]),  # one value has no spread
        ([1.0, 1.0], ["1", "1"]),
        ([12_345_678, 12_345_679], ["12345678", "12345679"]),  # a count is a count
        ([14.00001, 14.00002, 20.5], ["14.00001", "14.00002", "20.500"]),  # they would read the same
        ([1e308, 1e-308, -1e308], ["1e+308", "1e-308", "-1e+308"]),
        ([float("nan"), float("inf"), None, 1.5], ["nan", "inf", "null", "1.5"]),
        ([0.0, 1e-320, 5.0], ["0.000", "1e-320", "5.000"]),
        ([], []),
    ],
)
def test_four_significant_digits_of_the_spread(values, texts):
    show = for_column(values)
    assert [show(value) for value in values] == texts


def test_what_does_not_rank_takes_no_digits_from_what_does():
    show = for_column([0.1706, 0.1766], [60.5884, 1e15])
    assert [show(value) for value in (0.1706, 0.1766, 60.5884, 1e15)] == ["0.1706", "0.1766", "60.5884", "1e+15"]


def test_precise_has_every_digit():
    assert for_column([0.1 + 0.2, 4.0], precise=True)(0.1 + 0.2) == "0.30000000000000004"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=8))
def test_values_that_differ_read_differently_and_none_reads_as_zero(values):
    show = for_column(values)
    near = {f"{value:.10g}" for value in values}
    assert len({show(value) for value in set(values)}) >= len(near) - (1 if {"0", "-0"} <= near else 0)
    assert all(float(show(value)) != 0 or f"{value:.10g}" in ("0", "-0") for value in values)
    assert all(float(roughly(values)(value)) != 0 or value == 0 for value in values)


def test_a_gate_is_never_shown_on_its_other_side():
    gate = parse_gate("m:lt:18.09")
    show = for_column([18.0899999, 1.0, 40.0])
    assert in_gate(gate.judge(18.0899999), show) == "18.0899999"
    assert in_gate(gate.judge(18.09), show) == "18.09"
    assert in_gate(gate.judge(12.3456), show) == "12.35"


def test_what_ranks_with_few_decimals_takes_none_from_what_is_below_the_line():
    show = for_column([0.0, 12.0, 15.0], [18.09])
    assert [show(value) for value in (12.0, 18.09)] == ["12.00", "18.09"]
