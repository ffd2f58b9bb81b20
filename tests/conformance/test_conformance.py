"""All sources give the same experiments, states and ranking of the runs that each tracker's own library wrote."""

from __future__ import annotations

import pytest

from conformance.runs import BELOW, COMMIT, PARAMS, PROJECT, RANKED, RUNS, SEG_TOTAL
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.sources.base import LAST, Reading
from expflow_hooks.sources.open import open_source

SOURCES = ["mlflow server", "mlflow database", "mlflow sqlite URI", "mlruns"]


def read(spec, reading=LAST, **selection):
    query = make_query(
        Policy(), Selection(PROJECT, **selection), sort_by="pde_mean", ascending=True, gates=("pde_mean:lt:18.09",)
    )
    source = open_source(spec, Policy(), query, reading)
    experiments = list(source.experiments(None))
    assert source.unreadable() == [] or not source.unreadable()
    return experiments, rank(experiments, query._replace(remarks=source.remarks)), source


@pytest.mark.parametrize("name", SOURCES)
class TestEach:
    def test_gives_every_run_with_its_state_parameters_and_code(self, specs, name):
        experiments, _, _ = read(specs[name])
        found = {one.label: one for one in experiments}
        assert {label: one.state for label, one in found.items()} == {label: run[0] for label, run in RUNS.items()}
        for one in found.values():
            assert (one.project, one.commit, one.branch) == (PROJECT, COMMIT, "main")
            assert one.params == PARAMS and set(one.tags or ()) == {"submission", "team=x"}
            assert one.metric("seg_total") == SEG_TOTAL and one.timestamp is not None

    def test_ranks_what_counts_and_says_why_the_rest_does_not(self, specs, name):
        _, ranking, _ = read(specs[name])
        assert [row.label for row in ranking.ranked] == RANKED
        assert {
            row.label: (row.value_status or "ok") if row.state == "completed" else row.state for row in ranking.below
        } == BELOW

    def test_takes_the_least_value_over_the_training_where_that_is_meant(self, specs, name):
        _, ranking, _ = read(specs[name], Reading("min"))
        found = {row.label: row.value for row in ranking.rows if row.state == "completed"}
        least = {label: min((v for v in run[1] if abs(v) < 1e300), default=None) for label, run in RUNS.items()}
        assert {k: v for k, v in found.items() if k != "missing"} == {
            k: v for k, v in least.items() if k != "missing" and RUNS[k][0] == "completed"
        }

    def test_selects_by_state_tags_and_commit(self, specs, name):
        assert {one.label for one in latest_of(specs[name], status="failed")} == {"failed"}
        assert len(latest_of(specs[name], tags=("submission", "team=x"))) == len(RUNS)
        assert latest_of(specs[name], tags=("team=y",)) == []
        assert len(read(specs[name], Reading(commits=(COMMIT[:9],)))[0]) == len(RUNS)
        assert read(specs[name], Reading(commits=("b" * 9,)))[0] == []


def latest_of(spec, **selection):
    _, ranking, _ = read(spec, **selection)
    return ranking.rows


def test_all_sources_rank_the_same(specs):
    told = []
    for name in SOURCES:
        _, ranking, _ = read(specs[name])
        told.append([(row.rank, row.label, row.value_status, row.reason("pde_mean")) for row in ranking.ranked])
    assert all(one == told[0] for one in told[1:])
