"""Ranking: order, ties, gates, groups, and what is below the line."""

import math
import random
import statistics

import pytest

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.metrics.standard import Metric, Metrics
from expflow_hooks.core.ranking.groups import aggregate
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Experiment, Selection


def run(experiment_id, value=None, /, **fields):
    metrics = {"pde_mean": value, **fields.pop("metrics", {})}
    return Experiment(experiment_id, metrics=metrics, **fields)


def ranks(ranking):
    return [(row.rank, row.experiment_id) for row in ranking.rows]


def test_equal_values_share_a_rank_and_the_next_is_skipped():
    experiments = [run("c", 2.0), run("a", 1.0), run("b", 1.0)]
    assert ranks(rank(experiments, Query("pde_mean"))) == [(1, "a"), (1, "b"), (3, "c")]


def test_ties_are_ordered_by_earliest_time_across_zones_then_id():
    experiments = [
        run("none", 1.0),
        run("late", 1.0, timestamp="2026-01-01T10:00:00Z"),
        run("early", 1.0, timestamp="2026-01-01T10:30:00+02:00"),
        run("same", 1.0, timestamp="2026-01-01T10:00:00+00:00"),
        run("garbage", 1.0, timestamp="yesterday"),
    ]
    expected = ["early", "late", "same", "garbage", "none"]
    assert [row.experiment_id for row in rank(experiments, Query("pde_mean")).ranked] == expected


def test_ties_of_a_higher_is_better_metric_keep_the_same_order():
    experiments = [run("b", metrics={"seg_total": 5.0}), run("a", metrics={"seg_total": 5.0})]
    experiments += [run("top", metrics={"seg_total": 9})]
    assert ranks(rank(experiments, Query("seg_total"))) == [(1, "top"), (2, "a"), (2, "b")]


@pytest.mark.parametrize("higher", [True, False])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, True, "1", [], {}, 10**400])
def test_a_value_that_does_not_count_outranks_nothing_in_either_direction(value, higher):
    ranking = rank([run("odd", value), run("good", 5.0)], Query("pde_mean", higher))
    assert ranks(ranking) == [(1, "good"), (None, "odd")]
    assert ranking.below[0].kind == "no_value"
    assert "pde_mean is" in ranking.below[0].reason("pde_mean")


@pytest.mark.parametrize("state", ["created", "queued", "running", "failed", "cancelled", "deleted", "", "done", "5"])
def test_only_completed_experiments_rank_or_pass_a_gate(state):
    ranking = rank([run("x", 1.0, status=state)], Query("pde_mean", gates=(parse_gate("pde_mean:lt:18"),)))
    assert ranking.ranked == []
    assert ranking.below[0].kind == "not_completed"
    assert ranking.below[0].gates_passed is False
    assert [result.passed for result in ranking.below[0].gate_results] == [False]


def test_an_experiment_without_a_status_counts_as_completed():
    assert ranks(rank([run("x", 1.0)], Query("pde_mean"))) == [(1, "x")]


def test_every_gate_is_reported_with_value_and_margin():
    gates = (parse_gate("pde_mean:lt:18.09"), parse_gate("train_time_min:lt:60"))
    ranking = rank([run("x", 20.0, metrics={"train_time_min": 61})], Query("pde_mean", gates=gates))
    row = ranking.below[0]
    assert [(r.value, r.passed, round(r.margin, 6)) for r in row.gate_results] == [
        (20.0, False, -1.91),
        (61, False, -1),
    ]
    assert row.reason("pde_mean") == "pde_mean < 18.09 fails: 20; train_time_min < 60 fails: 61"


def test_a_gate_compares_the_stored_value_never_a_rounded_one():
    gate = parse_gate("pde_mean:lt:18.09")
    just_below, just_above = math.nextafter(18.09, 0), math.nextafter(18.09, 99)
    assert rank([run("x", just_below)], Query("pde_mean", gates=(gate,))).counts["ranked"] == 1
    assert rank([run("x", just_above)], Query("pde_mean", gates=(gate,))).counts["ranked"] == 0


def test_top_cuts_the_ranked_part_and_says_how_many():
    ranking = rank([run(str(i), float(i)) for i in range(5)] + [run("n", None)], Query("pde_mean", top=2))
    assert ranks(ranking) == [(1, "0"), (2, "1"), (None, "n")]
    assert (ranking.cut, ranking.counts["ranked"], ranking.counts["below_the_line"]) == (3, 5, 1)


def test_a_later_line_of_an_id_replaces_the_earlier_one():
    ranking = rank([run("x", 1.0), run("y", 2.0), run("x", 3.0)], Query("pde_mean"))
    assert ranks(ranking) == [(1, "y"), (2, "x")]


def test_the_selection_is_of_the_present_state():
    experiments = [run("x", 1.0, tags=("task1",)), run("y", 2.0, tags=("task1", "b")), run("x", 1.0, tags=())]
    ranking = rank(experiments, Query("pde_mean", selection=Selection(tags=("task1",))))
    assert ranks(ranking) == [(1, "y")]


def test_an_unknown_metric_is_an_error_with_the_nearest_names():
    with pytest.raises(UsageError, match="did you mean pde_mean"):
        rank([run("x", 1.0)], Query("pde_meam"))
    with pytest.raises(UsageError, match="did you mean eval_accuracy"):
        rank([run("x", 1.0, metrics={"eval_accuracy": 1})], Query("eval_acuracy", True))
    with pytest.raises(UsageError, match="unknown metric 'nowhere'"):
        rank([run("x", 1.0)], Query("pde_mean", gates=(parse_gate("nowhere:lt:1"),)))


def test_an_unregistered_metric_needs_a_direction():
    experiments = [run("x", metrics={"eval_accuracy": 0.7}), run("y", metrics={"eval_accuracy": 0.9})]
    with pytest.raises(UsageError, match="--ascending"):
        rank(experiments, Query("eval_accuracy"))
    assert ranks(rank(experiments, Query("eval_accuracy", True))) == [(1, "y"), (2, "x")]
    mine = Metrics([Metric("eval_accuracy", "Score", True, "", "")])
    assert ranks(rank(experiments, Query("eval_accuracy", metrics=mine))) == [(1, "y"), (2, "x")]


def test_a_policy_reads_a_metric_under_another_name():
    metrics = Metrics([Metric("pde_mean", "PDE", False, "", "", source="val/pde_loss")])
    experiments = [run("x", 1.0, metrics={"val/pde_loss": 9.0}), run("y", 99.0, metrics={"val/pde_loss": 3.0})]
    assert ranks(rank(experiments, Query("pde_mean", metrics=metrics))) == [(1, "y"), (2, "x")]


def seeds(name, *values, **params):
    return [
        run(f"{name}{i}", value, params={"Args/lr": name, "Args/--seed": str(i), **params})
        for i, value in enumerate(values)
    ]


def test_groups_are_runs_that_share_every_parameter_but_the_ignored_ones():
    experiments = seeds("a", 1.0, 2.0, 3.0) + seeds("b", 1.5, 1.5, 1.5) + seeds("c", 0.1)
    ranking = rank(experiments, Query("pde_mean", group_by=GroupBy(("seed",), "mean", 3)))
    assert [(row.rank, row.experiment_id, row.n, row.value) for row in ranking.ranked] == [
        (1, "b0", 3, 1.5),
        (2, "a0", 3, 2),
    ]
    assert ranking.ranked[1].group.spread == 1.0
    assert ranking.ranked[0].notes == ("identical values from different runs (3 of 3)",)
    assert ranking.below[0].reason("pde_mean") == "1 of 3 runs"


@pytest.mark.parametrize(("how", "value"), [("mean", 4.0), ("median", 2.0), ("worst", 9.0)])
def test_gates_judge_the_aggregate(how, value):
    gate = parse_gate("pde_mean:lt:4.5")
    ranking = rank(seeds("a", 1.0, 2.0, 9.0), Query("pde_mean", gates=(gate,), group_by=GroupBy(("seed",), how)))
    assert ranking.rows[0].value == value
    assert ranking.rows[0].gates_passed is (value < 4.5)


def test_the_worst_follows_the_direction():
    assert aggregate([1.0, 3.0], "worst", largest_is_worst=True) == 3.0
    assert aggregate([1.0, 3.0], "worst", largest_is_worst=False) == 1.0


@pytest.mark.parametrize("how", ["mean", "median"])
@pytest.mark.parametrize("values", [[1.7e308, 1.5e308], [10**308, 1.6e308], [-1.7e308, -1.5e308, -1.6e308, -1.6e308]])
def test_values_whose_sum_is_too_large_have_an_aggregate(values, how):
    assert aggregate(values, how, largest_is_worst=True) == pytest.approx(statistics.mean(values))


@pytest.mark.parametrize("bad", [None, math.nan, math.inf, "x", True])
@pytest.mark.parametrize("how", ["mean", "median", "worst"])
def test_one_value_that_does_not_count_spoils_its_group(bad, how):
    ranking = rank(seeds("a", 1.0, bad, 3.0), Query("pde_mean", group_by=GroupBy(("seed",), how)))
    assert ranking.ranked == []
    assert ranking.below[0].kind == "no_value"


def test_runs_that_did_not_complete_stay_below_the_line_and_are_told_at_their_group():
    experiments = [*seeds("a", 1.0, 2.0), run("a9", None, status="failed", params={"Args/lr": "a", "Args/--seed": "9"})]
    ranking = rank(experiments, Query("pde_mean", group_by=GroupBy()))
    assert ranking.ranked[0].notes == ("1 more not completed (failed)",)
    assert [row.experiment_id for row in ranking.below] == ["a9"]


def test_experiments_without_parameters_are_never_taken_for_one_group():
    ranking = rank([run("x", 1.0), run("y", 2.0)], Query("pde_mean", group_by=GroupBy()))
    assert [row.n for row in ranking.ranked] == [1, 1]


def test_without_groups_the_best_of_several_runs_says_so():
    ranking = rank([*seeds("a", 3.0, 1.0, 2.0), *seeds("b", 1.5)], Query("pde_mean"))
    assert [(row.experiment_id, row.notes) for row in ranking.ranked] == [
        ("a1", ("best of 3",)),
        ("b0", ()),
        ("a2", ()),
        ("a0", ()),
    ]


def test_a_parameter_that_is_a_list_or_a_mapping_is_compared_too():
    experiments = seeds("a", 1.0, 2.0, layers=[1, 2]) + seeds("a", 3.0, layers=[1, 3])
    experiments[2].experiment_id = "other"
    assert [row.n for row in rank(experiments, Query("pde_mean", group_by=GroupBy())).ranked] == [2, 1]


def test_nothing_is_dropped_whatever_the_values():
    chance = random.Random(7)
    pool = [None, math.nan, math.inf, -math.inf, True, "1", 0.0, -0.0, 0, 1, 1.0, 18.09, 5e-324, 1e308, 10**400]
    for _ in range(200):
        experiments = [run(str(i), chance.choice(pool)) for i in range(chance.randrange(12))]
        ranking = rank(experiments, Query("pde_mean", gates=(parse_gate("pde_mean:le:18.09"),)))
        assert sorted(row.experiment_id for row in ranking.rows) == sorted(e.experiment_id for e in experiments)
        values = [row.value for row in ranking.ranked]
        assert values == sorted(values)
        assert all(value <= 18.09 for value in values)


def test_a_revision_of_a_completed_experiment_is_told_on_its_row():
    experiments = [
        run("x", None, status="running"),
        run("x", 20.0, commit="a" * 40),
        run("x", 12.0, commit="a" * 40),
        run("x", 12.0, commit="a" * 40),
        run("y", 15.0),
        run("z", 3.0),
        run("z", status="deleted"),
    ]
    gate = parse_gate("pde_mean:lt:18.09")
    ranking = rank(experiments, Query("pde_mean", gates=(gate,)))
    assert [(row.experiment_id, row.notes) for row in ranking.rows] == [
        ("x", ("revised: pde_mean 20 → 12",)),
        ("y", ()),
        ("z", ()),
    ]


def test_a_revision_is_told_of_its_group():
    experiments = [*seeds("a", 1.0, 2.0), run("a1", 1.5, params={"Args/lr": "a", "Args/--seed": "1"})]
    (row,) = rank(experiments, Query("pde_mean", group_by=GroupBy())).ranked
    assert row.notes == ("a1 revised: pde_mean 2 → 1.5",)


def test_metrics_that_a_later_line_no_longer_has_are_a_revision():
    ranking = rank([run("x", 1.0), Experiment("x")], Query("pde_mean"))
    assert ranking.below[0].notes == ("revised: pde_mean 1 → missing",)


def test_of_many_revisions_a_row_tells_the_last():
    (row,) = rank([run("x", float(i)) for i in range(1000)], Query("pde_mean")).ranked
    assert len(row.notes) == 5
    assert row.notes[-1] == "revised: pde_mean 998 → 999"
