"""A score over splits counts only where every split does."""

import math

import pytest

from expflow_hooks.core.audit.rules import gate, reported
from expflow_hooks.core.audit.validate import audit
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.policy.diff import diff_policies
from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.ranking.query import GroupBy, Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Experiment

TEXT = "version: 1\nmetrics:\n  seg_total: {splits: [seg1, seg2, seg3]}\n"
METRICS = parse_policy(TEXT).metrics
WHOLE = {"seg_total": 50.0, "seg1": 40.0, "seg2": 50.0, "seg3": 60.0}


def run(name, **changed):
    metrics = {key: value for key, value in {**WHOLE, **changed}.items() if value != "left out"}
    return Experiment(name, metrics=metrics, params={"net": name, "seed": "1"})


@pytest.mark.parametrize(
    ("seg2", "status"),
    [
        (math.nan, "incomplete: seg2 is nan"),
        (None, "incomplete: seg2 is null"),
        ("left out", "incomplete: seg2 is missing"),
        (True, "incomplete: seg2 is type"),
    ],
)
@pytest.mark.parametrize("group_by", [None, GroupBy()])
def test_a_mean_over_splits_of_which_one_does_not_count_is_no_number(seg2, status, group_by):
    query = Query("seg_total", metrics=METRICS, group_by=group_by)
    ranking = rank([run("whole"), run("hole", seg_total=99.0, seg2=seg2)], query)
    assert [row.experiment_id for row in ranking.ranked] == ["whole"]
    assert ranking.below[0].reason("seg_total") == f"seg_total is {status}"
    gated = query._replace(sort_by="seg1", gates=(parse_gate("seg_total:gt:1"),))
    assert [row.experiment_id for row in rank([run("hole", seg2=seg2)], gated).ranked] == []


def test_an_audit_knows_splits_too():
    holes = audit(run("hole", seg2=math.nan), [reported("seg_total"), gate("seg_total:gt:1")], METRICS)
    assert [check.passed for check in holes] == [False, False]
    assert all(check.passed for check in audit(run("whole"), [reported("seg_total")], METRICS))


def test_fewer_splits_loosen():
    fewer = TEXT.replace(", seg2", "")
    (change,) = diff_policies(parse_policy(TEXT), parse_policy(fewer))
    assert change.loosens
    (change,) = diff_policies(parse_policy(fewer), parse_policy(TEXT))
    assert not change.loosens
