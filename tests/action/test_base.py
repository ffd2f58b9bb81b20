"""Pull requests judged by gates that mean groups: against the base's best, by bounds, and with fresh seeds."""

import random

import pytest
from action.research import POLICY, record

GROUPED = POLICY.replace(
    "gates: [pde_mean:lt:18.09, train_time_min:lt:60]", "gates: [{gate}]\n  group_by: {ignore: [seed]}"
)
AGAINST = GROUPED.replace("{gate}", '"pde_mean~base:lt:0"')
BOUND = GROUPED.replace("{gate}", '"pde_mean@ucl95:lt:18.09"')


def seeds(name, values, first=0, **fields):
    return [
        record(f"{name}-{n}", value, params={"net": name, "seed": str(first + n)}, **fields)
        for n, value in enumerate(values)
    ]


def opened(research, policy, values, base=(16.0, 16.2, 15.9), **given):
    research.setup(policy, seeds("base", base, **given))
    research.results(*(entry | {"commit": research.head} for entry in seeds("new", values)))
    research.open()
    return research


def test_a_candidate_that_is_better_than_the_base_passes_and_says_how_sure_that_is(research):
    opened(research, AGAINST, [15.0, 15.1, 14.9])
    assert research.run() == 0
    assert "1.033 (6.44%) better than the base's best, `base-0`; 95% sure that it is better, by 0.936 at least" in (
        research.comment
    )
    assert "✅ -1.033 (-6.44%) [-1.131, -0.936] 3:3" in research.comment


def test_a_candidate_that_is_level_with_the_base_waits_for_more_runs(research):
    opened(research, AGAINST, [16.1, 15.9, 16.0])
    assert research.run() == 3
    assert research.last["verdict"] == "undecided"
    assert research.status["state"] == "pending"
    assert "runs on each side would decide" in research.comment
    assert "is below the line" in research.comment
    assert research.last["failed-gates"] == ""


def test_a_candidate_that_is_worse_than_the_base_fails(research):
    opened(research, AGAINST, [17.0, 17.1, 16.9])
    assert research.run() == 1
    assert research.last["failed-gates"] == "pde_mean~base:lt:0"
    assert "95% sure that it is worse" in research.comment


def test_two_seeds_wait_for_a_third(research):
    opened(research, BOUND, [15.0, 15.1])
    assert research.run() == 3
    assert "2 of 3 runs, 1 more would decide" in research.comment


def test_a_base_of_one_run_waits_for_its_own(research):
    opened(research, AGAINST, [15.0, 15.1, 14.9], base=[16.0])
    assert research.run() == 3
    assert "the base has 1 of 3 runs, 2 more would decide" in research.comment


def test_the_runs_of_the_change_are_never_its_base(research):
    research.setup(AGAINST, [])
    research.results(*(entry | {"commit": research.head} for entry in seeds("new", [15.0, 15.1, 14.9])))
    research.open()
    assert research.run() == 3
    assert "the base has no group that ranks" in research.comment


@pytest.mark.parametrize("many", [False, True])
def test_equal_seeds_against_an_equal_base_hardly_ever_pass(research, many):
    """Twelve configurations of a change that does nothing: by Holm's method none of them leads."""
    draw = random.Random(11)
    research.setup(AGAINST, seeds("base", [draw.gauss(16, 0.2) for _ in range(3)]))
    names = [f"n{k}" for k in range(12)] if many else ["new"]
    runs = [entry for name in names for entry in seeds(name, [draw.gauss(16, 0.2) for _ in range(3)])]
    research.results(*(entry | {"commit": research.head} for entry in runs))
    research.open()
    assert research.run() in (1, 3)


EVALUATED = AGAINST + 'evaluator: {paths: ["src/evaluate.py"]}\n'
OLD, NEW = ({"*": digit * 32} for digit in "ab")


def of_a_new_evaluator(research, *more):
    base = seeds("base", (16.0, 16.2, 15.9), definition=OLD)
    research.setup(EVALUATED, base)
    research.change("src/evaluate.py", "batch = 6\n")
    runs = [entry | {"commit": research.head, "definition": NEW} for entry in seeds("new", [9.0, 9.1, 8.9])]
    research.results(*runs, *more)
    research.open()


def test_a_change_of_the_evaluator_waits_until_the_bases_best_was_measured_again(research):
    of_a_new_evaluator(research)
    assert research.run() == 3
    assert "this change touches the evaluator: `src/evaluate.py`; record the base's best again" in research.comment
    assert "not comparable with those above" in research.comment


def test_a_base_that_was_measured_again_is_what_the_change_is_compared_with(research):
    again = [entry | {"definition": NEW} for entry in seeds("base", (10.0, 10.3, 9.9))]
    of_a_new_evaluator(research, *again)
    assert research.run() == 0, research.comment
    assert "better than the base's best, `base-0`; 95% sure that it is better" in research.comment


def test_a_change_of_the_evaluator_whose_runs_do_not_say_how_they_were_measured_waits(research):
    research.setup(EVALUATED, seeds("base", (16.0, 16.2, 15.9)))
    research.change("src/evaluate.py", "batch = 6\n")
    research.results(*(entry | {"commit": research.head} for entry in seeds("new", [9.0, 9.1, 8.9])))
    research.open()
    assert research.run() == 3
    assert "this change touches the evaluator" in research.comment


@pytest.mark.parametrize(("n", "code"), [(2, 1), (3, 0)])
def test_rules_on_groups_judge_the_candidates_configuration(research, n, code):
    policy = BOUND.replace("pde_mean@ucl95", "pde_mean").replace("- reported: seg_total", "- runs: 3")
    opened(research, policy, [15.0, 15.1, 14.9][:n])
    assert research.run() == code
    assert f"{n} of exactly 3" in research.comment


def test_the_comment_ranks_those_measured_otherwise_among_themselves(research):
    of_a_new_evaluator(research)
    assert research.run() == 3
    table = research.comment.partition("**Measured otherwise (definition ")[2]
    assert "not comparable with 3 others**" in table
    assert "▶ **`new-0`**" in table and "base-0" not in table.partition("</details>")[0]


BOARDS = (
    POLICY.replace("  sort_by: pde_mean\n  gates: [pde_mean:lt:18.09, train_time_min:lt:60]\n", "")
    + "leaderboards:\n  easy: {sort_by: pde_mean, gates: [pde_mean:lt:18.09]}\n"
    + "  hard: {sort_by: pde_mean, gates: [pde_mean:lt:5]}\n"
)


def test_each_of_several_leaderboards_has_its_comment_its_status_and_its_verdict(research):
    research.setup(BOARDS)
    research.results(record("new", 10.0, commit=research.head))
    research.open()
    assert research.run(leaderboard="easy") == 0
    assert research.status["context"].endswith("easy") and research.status["state"] == "success"
    assert research.run(leaderboard="hard") == 1
    assert research.status["context"].endswith("hard") and research.status["state"] == "failure"
    assert len(research.comments()) == 2
    assert research.run(leaderboard="easy") == 0


def test_without_a_name_no_leaderboard_of_several_is_judged_and_nothing_passes(research):
    research.setup(BOARDS)
    research.results(record("new", 10.0, commit=research.head))
    research.open()
    assert research.run() == 2
    assert "the policy has the leaderboards easy, hard" in research.comment
