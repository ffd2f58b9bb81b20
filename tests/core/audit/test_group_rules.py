"""Rules on groups of runs, and the built-in sets that use them."""

from pathlib import Path

import pytest

from expflow_hooks.core.audit import rules
from expflow_hooks.core.audit.rule_sets import RULE_SETS
from expflow_hooks.core.audit.runs import groups_of
from expflow_hooks.core.audit.validate import all_pass, audit
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.registry.codec import decode_experiment
from expflow_hooks.core.registry.experiment import Experiment

MLPERF = Path(__file__).parents[3] / "examples" / "mlperf" / "experiments.jsonl"


def run(name, value=None, seed="1", status="completed", benchmark="resnet", **metrics):
    params = {"net": name.partition("-")[0], "seed": seed, "System/benchmark": benchmark}
    found = {**metrics, **({} if value is None else {"train_time_min": value})}
    return Experiment(name, status=status, metrics=found, params=params)


def group(values, *, failed=0, seeds=None, net="a", **fields):
    """Return runs of one configuration, seeds from 1, the failed ones last."""
    seeds = seeds or [str(n) for n in range(1, len(values) + failed + 1)]
    done = [run(f"{net}-{seed}", value, seed, **fields) for seed, value in zip(seeds, values, strict=False)]
    return done + [run(f"{net}-{seed}", None, seed, "failed", **fields) for seed in seeds[len(values) :]]


def checks(experiments, chosen, of=None):
    judged = of or experiments[0].experiment_id
    found = groups_of([judged], experiments)
    by_id = {one.experiment_id: one for one in experiments}
    return audit(by_id[judged], chosen, group=found[judged])


FIVE = [10.0, 11.0, 12.0, 13.0, 50.0]


@pytest.mark.parametrize(
    ("runs", "passed", "value"),
    [
        (group(FIVE), [True, True, True], 12.0),
        (group(FIVE[:4], failed=1), [True, True, True], 12.0),  # the failed run is the slowest
        (group(FIVE[:3], failed=2), [True, False, False], None),
        (group(FIVE[:4]), [False, True, True], 11.5),
        (group([*FIVE, 9.0]), [False, True, True], 11.5),
        (group(FIVE, benchmark="gpt"), [False, True, True], 12.0),
    ],
    ids=["five", "one failed", "two failed", "four", "six", "no such benchmark"],
)
def test_mlperf_asks_for_exact_runs_one_failure_at_most_and_the_olympic_mean(runs, passed, value):
    found = checks(runs, RULE_SETS["mlperf"])
    assert [check.passed for check in found] == passed
    assert found[2].value == value


def test_a_higher_score_is_better_drops_the_other_end():
    runs = [run(f"a-{n}", seed=str(n), seg_total=value) for n, value in enumerate([1.0, 5.0, 6.0, 7.0])]
    runs.append(run("a-9", seed="9", status="failed"))
    (found,) = checks(runs, [rules.reported("seg_total@olympic")])
    assert found.value == 4.0  # of 1, 5 and 6: the best is dropped, and the failed run for the worst


def test_the_real_mlperf_runs_pass_with_their_one_failure():
    experiments = [decode_experiment(line) for line in MLPERF.read_bytes().splitlines()]
    found = groups_of([one.experiment_id for one in experiments], experiments)
    sizes = {}
    for one in experiments:
        if one.state == "completed":
            passed = all_pass(audit(one, RULE_SETS["mlperf"], group=found[one.experiment_id]))
            failed = sum(other.state == "failed" for other in found[one.experiment_id].runs)
            sizes.setdefault((len(found[one.experiment_id].runs), failed, passed), set()).add(one.experiment_id)
    assert {key: len(ids) for key, ids in sizes.items()} == {
        (5, 0, True): 305,
        (5, 1, True): 48,
        (10, 0, True): 590,
        (10, 1, True): 63,
        (4, 0, False): 4,
    }


def record_of(*times, net="old", seeds=("91", "92", "93", "94", "95")):
    return group(list(times), net=net, seeds=list(seeds), pde_mean=10.0)


OLD = record_of(20.0, 20.1, 19.9, 20.2, 19.8)


def attempt(*times, pde=(10.0, 10.1, 9.9, 10.2, 9.8), seeds=("1", "2", "3", "4", "5")):
    return [
        run(f"new-{place}", time, seed, pde_mean=residual)
        for place, (time, seed, residual) in enumerate(zip(times, seeds, pde, strict=False), 1)
    ]


FASTER = (18.0, 18.1, 17.9, 18.2, 17.8)


@pytest.mark.parametrize(
    ("runs", "passed"),
    [
        (attempt(*FASTER), [True, True, True]),
        (attempt(*FASTER[:4]), [False, True, True]),
        (attempt(*FASTER, seeds=("1", "2", "3", "4", "95")), [False, True, True]),
        (attempt(*FASTER, pde=(18.0, 18.1, 17.9, 18.2, 17.8)), [True, False, True]),
        (attempt(19.9, 20.0, 19.8, 20.1, 19.7), [True, True, False]),  # half a per cent, one was asked for
        (attempt(10.0, 30.0, 10.0, 20.0, 19.0), [True, True, False]),  # faster by chance
        (attempt(*FASTER, seeds=("1", "1", "2", "3", "4")), [False, False, False]),
    ],
    ids=["faster", "four", "a used seed", "no residual", "too little", "noise", "twice"],
)
def test_speedrun_asks_for_fresh_seeds_a_certain_residual_and_a_gain_over_the_record(runs, passed):
    experiments = [*OLD, *runs]
    found = checks(experiments, RULE_SETS["speedrun"], of=runs[0].experiment_id)
    assert [check.passed for check in found] == passed


def test_the_record_is_the_best_of_the_groups_that_were_there_before():
    experiments = [*OLD, *attempt(*FASTER), *record_of(5.0, 5.1, 4.9, 5.0, net="later", seeds=("61", "62", "63", "64"))]
    assert all_pass(checks(experiments, RULE_SETS["speedrun"], of="new-1"))
    found = checks(experiments, RULE_SETS["speedrun"], of="later-61")
    assert "record 18 of new-1" in found[2].detail


def test_without_an_earlier_group_there_is_no_record_to_beat():
    found = checks(attempt(*FASTER), [rules.record("train_time_min", "1%", 0.01)])
    assert not found[0].passed and "no record to beat" in found[0].detail


def test_a_rule_on_groups_never_passes_for_a_run_alone():
    run_alone = attempt(*FASTER)[0]
    for rule in (*RULE_SETS["mlperf"], *RULE_SETS["speedrun"], rules.gate("pde_mean@ucl95:lt:18.09")):
        (check,) = audit(run_alone, [rule])
        assert not check.passed and "only this run is known" in check.detail


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_runs_hold_no_gate_by_a_bound(n):
    found = checks(
        attempt(*FASTER)[:n], [rules.gate("pde_mean@ucl95:lt:18.09"), rules.significant("pde_mean:lt:18.09")]
    )
    assert [check.passed for check in found] == [False, False]
    assert all("of 3 runs" in check.detail for check in found)


@pytest.mark.parametrize("how", ["mean", "median", "worst", "olympic", "ucl95"])
def test_a_gate_may_name_what_of_the_group_it_judges(how):
    found = checks(attempt(*FASTER), [rules.gate(f"pde_mean@{how}:lt:18.09"), rules.gate(f"pde_mean@{how}:lt:9.5")])
    assert [check.passed for check in found] == [True, False]


def test_unfinished_runs_count_and_keep_the_number_open():
    found = checks([*group(FIVE[:4]), run("a-5", None, "5", "running")], RULE_SETS["mlperf"])
    assert not found[0].passed and "1 of them unfinished" in found[0].detail


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: rules.runs(0), "1 or more"),
        (lambda: rules.runs({"bert": 10}), "by: benchmark"),
        (lambda: rules.record("m", "-1%"), "such as 0.5 or 1%"),
        (lambda: rules.record("m", alpha=2), "between 0 and 1"),
        (lambda: rules.significant("m@ucl95:lt:1"), "significant tests the mean"),
        (lambda: rules.gate("pde_mean~base:lt:0"), "no base"),
        (lambda: rules.fresh_seeds(0), "number of runs"),
        (lambda: rules.reported("train_time_min@olympc"), "did you mean olympic"),
    ],
)
def test_a_rule_that_cannot_be_is_one_line_with_a_right_one(make, said):
    with pytest.raises(UsageError, match=said) as found:
        make()
    assert "\n" not in str(found.value)
