"""Three seeds of a change that does nothing, against an equal base: the verdict over many simulated repeats."""

import random
from collections import Counter

import pytest

from expflow_hooks.action.evidence.candidates import keep_apart, rival_of
from expflow_hooks.action.evidence.evidence import Evidence
from expflow_hooks.action.evidence.proposal import Proposal
from expflow_hooks.action.evidence.rules import Rules
from expflow_hooks.action.page.words import plain
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.action.verdict import judge
from expflow_hooks.core.change.belonging import EXACT, LINE, Belonging, Candidates
from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.ranking.rank import best_group, rank
from expflow_hooks.core.registry.experiment import Experiment, Selection

POLICY = parse_policy(
    "version: 1\n"
    "leaderboard: {sort_by: pde_mean, gates: ['pde_mean~base:lt:0'], group_by: {ignore: [seed], min_runs: 3}}\n"
)
QUERY = make_query(POLICY, Selection())
REPEATS = 2000


def three(name, draw, first):
    return [
        Experiment(
            f"{name}-{n}", metrics={"pde_mean": draw.gauss(16, 0.2)}, params={"net": name, "seed": str(first + n)}
        )
        for n in range(3)
    ]


def judged(base, change):
    candidates = Candidates(tuple(Belonging(run, LINE, EXACT) for run in change))
    query = QUERY._replace(candidates=candidates.ids, base=best_group(base, QUERY))
    ranking = rank(keep_apart([*base, *change], candidates, query.group_by), query)
    rules = Rules(POLICY, query, "base", ())
    evidence = Evidence(Inputs(), Proposal("", "", "", None, ()), rules, source="r", source_name="r", ranking=ranking)
    evidence.candidates, evidence.rival = candidates, rival_of(ranking, candidates.all_ids)
    return judge(evidence)


@pytest.mark.parametrize("first", [0, 10], ids=["the same seeds", "other seeds"])
def test_three_equal_seeds_are_undecided_or_fail_in_95_of_100_and_say_what_would_decide(first):
    draw, found, silent = random.Random(20261125), Counter(), []
    for _ in range(REPEATS):
        judgement = judged(three("base", draw, 0), three("new", draw, first))
        found[judgement.verdict] += 1
        reasons = " ".join(map(plain, judgement.reasons))
        if judgement.verdict == "undecided" and not ("would decide" in reasons or "likely to decide" in reasons):
            silent.append(reasons)
    assert set(found) <= {"pass", "fail", "undecided"}
    assert found["pass"] / REPEATS < 0.05 + 3 * (0.05 * 0.95 / REPEATS) ** 0.5
    assert found["undecided"] / REPEATS > 0.85
    assert silent == []
