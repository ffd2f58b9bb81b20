"""Groups: what their noise does not tell apart shares a band, and what their seeds have in common is said."""

import random

import pytest

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.ranking.bands import BANDED
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Code, Experiment

GROUPED = Query("pde_mean", group_by=GroupBy())


def group(name, values, seeds=None, **fields):
    seeds = seeds or range(len(values))
    return [
        Experiment(f"{name}{n}", metrics={"pde_mean": value}, params={"net": name, "seed": str(seed)}, **fields)
        for n, (value, seed) in enumerate(zip(values, seeds, strict=True))
    ]


def bands(*groups, **asked):
    experiments = [run for runs in groups for run in runs]
    return [(row.experiment_id[0], row.rank, row.band) for row in rank(experiments, GROUPED._replace(**asked)).ranked]


CLEAR = group("a", [10.0, 10.1, 9.9])
NEAR = group("b", [10.1, 9.95, 10.3])
FAR = group("c", [12.0, 12.1, 11.9])


def test_groups_that_their_noise_does_not_tell_apart_share_a_band():
    assert bands(CLEAR, NEAR, FAR) == [("a", 1, (1, 2)), ("b", 2, (1, 2)), ("c", 3, (3, 3))]


def test_a_group_of_two_runs_is_told_apart_from_none():
    assert bands(CLEAR, group("z", [99.0, 99.1])) == [("a", 1, (1, 2)), ("z", 2, (1, 2))]


def test_without_a_group_whose_noise_is_known_there_are_no_bands():
    assert bands(group("a", [1.0]), group("b", [2.0, 2.1])) == [("a", 1, None), ("b", 2, None)]
    ranking = rank([*CLEAR, *NEAR], Query("pde_mean"))
    assert {row.band for row in ranking.ranked} == {None}


def test_bands_do_not_depend_on_how_many_rows_are_shown():
    assert bands(CLEAR, NEAR, FAR, top=1) == [("a", 1, (1, 2))]
    ranking = rank([*CLEAR, *NEAR, *FAR], GROUPED._replace(top=1))
    assert (ranking.cut, ranking.counts["ranked"]) == (2, 3)


def test_bands_are_the_same_upside_down():
    turned = [
        Experiment(run.experiment_id, metrics={"pde_mean": -run.metrics["pde_mean"]}, params=run.params)
        for run in (*CLEAR, *NEAR, *FAR)
    ]
    assert bands(turned, higher_is_better=True) == bands(CLEAR, NEAR, FAR)


def test_twenty_equal_configurations_are_one_band_in_nineteen_cases_of_twenty():
    draw, one = random.Random(3), 0
    for _ in range(200):
        groups = [group(f"{chr(97 + k)}", [draw.gauss(0, 1) for _ in range(5)]) for k in range(20)]
        one += bands(*groups)[0][2] == (1, 20)
    assert one >= 180


def test_the_leader_of_a_search_is_said_to_look_better_than_it_is():
    draw = random.Random(5)
    groups = [group(chr(97 + k), [draw.gauss(0, 1) for _ in range(4)]) for k in range(20)]
    first, second, *_ = rank([run for runs in groups for run in runs], GROUPED).ranked
    assert first.optimism == pytest.approx(1.87 / 2, rel=0.25)  # 1.87 is the expected best of 20, s/√n is about 1/2
    assert second.optimism is None


def test_a_leader_that_is_told_apart_has_no_luck_to_speak_of():
    assert rank([*CLEAR, *FAR], GROUPED).ranked[0].optimism is None


def test_more_groups_than_are_compared_have_no_band_at_the_end():
    groups = [group(f"{n:04}", [float(n), n + 0.1, n + 0.2]) for n in range(BANDED + 2)]
    ranked = rank([run for runs in groups for run in runs], GROUPED).ranked
    assert ranked[0].band == (1, 1)
    assert [row.band for row in ranked[-2:]] == [None, None]


def notes(*runs, **asked):
    (row,) = rank(runs, GROUPED._replace(**asked)).rows
    return row.notes


def test_a_seed_that_is_used_again_is_said():
    assert notes(*group("a", [1.0, 2.0, 3.0], [1, 1, 2])) == ("seed 1 used 2 times",)


def test_runs_of_different_code_are_said():
    mixed = [*group("a", [1.0], code=Code(("**",), "aa")), *group("a", [2.0], [7], code=Code(("**",), "bb"))]
    mixed[1].experiment_id = "a7"
    assert notes(*mixed) == ("runs of 2 versions of the code",)
    mixed[1].code = None
    assert notes(*mixed) == ("runs of 1 versions of the code (some runs do not say)",)


def judged(text, *groups, **asked):
    query = GROUPED._replace(gates=(parse_gate(text),), **asked)
    ranking = rank([run for runs in groups for run in runs], query)
    return {row.experiment_id[0]: row for row in ranking.rows}


def test_repeats_of_one_seed_are_not_runs_that_a_bound_can_count():
    row = judged("pde_mean@ucl95:lt:18.09", group("a", [1.0, 2.0, 3.0, 4.0], [1, 1, 2, 3]))["a"]
    assert (row.kind, row.gate_results[0].outcome) == ("undecided", "undecided")
    assert "seed 1 used 2 times" in row.reason("pde_mean")


def test_what_a_gate_says_decides_where_a_group_stands():
    rows = judged(
        "pde_mean@ucl95:lt:18.09",
        group("a", [15.0, 15.1, 14.9]),
        group("b", [17.0, 18.5, 17.2]),
        group("c", [20.0, 20.1, 19.9]),
        group("d", [15.0, 15.1]),
        group("e", [15.0, 15.1, None]),
    )
    kinds = {name: row.kind for name, row in rows.items()}
    assert kinds == {"a": None, "b": "undecided", "c": "gate_failed", "d": "undecided", "e": "gate_failed"}
    assert rows["e"].reason("pde_mean") == "pde_mean is null"


def test_a_plain_gate_of_a_group_is_still_of_the_policys_aggregate():
    rows = judged("pde_mean:lt:11", CLEAR, group("d", [1.0, 2.0, 30.0]), group_by=GroupBy(aggregate="worst"))
    assert {name: row.kind for name, row in rows.items()} == {"a": None, "d": "gate_failed"}
    rows = judged("pde_mean@median:lt:11", group("d", [1.0, 2.0, 30.0]), group_by=GroupBy(aggregate="worst"))
    assert rows["d"].kind is None


def test_a_gate_of_groups_asks_for_groups():
    for text in ("pde_mean@ucl95:lt:18.09", "pde_mean~base:lt:0", "pde_mean@mean:lt:1"):
        with pytest.raises(UsageError, match=r"judges groups of runs: add --group-ignore seed"):
            rank(CLEAR, Query("pde_mean", gates=(parse_gate(text),)))


def test_without_a_base_nothing_is_better_than_it():
    row = judged("pde_mean~base:lt:0", CLEAR)["a"]
    assert row.kind == "not_comparable"
    assert row.reason("pde_mean") == "pde_mean~base < 0 is not comparable: the base has no group that ranks"


CONFIRM = {"confirm": True, "candidates": frozenset(f"{name}{n}" for name in "ab" for n in range(9))}


def test_fresh_seeds_are_those_that_no_earlier_line_and_no_other_candidate_has():
    searched = [group("a", [10.0, 10.1, 9.9]), group("b", [11.0, 11.1, 10.9])]
    rows = judged("pde_mean@ucl95:lt:18.09", *searched, **CONFIRM)
    assert rows["a"].reason("pde_mean") == (
        "pde_mean@ucl95 < 18.09 is undecided: 0 of 3 runs with fresh seeds, 3 more would decide"
    )
    again = group("a", [0, 0, 0, 12.0, 12.3, 11.9], range(6))[3:]
    found = judged("pde_mean@ucl95:lt:18.09", *searched, again, **CONFIRM)["a"]
    assert found.kind is None
    assert found.gate_results[0].comparison.estimate == pytest.approx((12.0 + 12.3 + 11.9) / 3)
