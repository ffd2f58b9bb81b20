"""All sources give the same experiments, states and ranking of the runs that each tracker's own library wrote."""

from __future__ import annotations

import pytest

from conformance.conftest import SPECS
from conformance.runs import BELOW, COMMIT, PARAMS, PROJECT, RANKED, RUNS, SEG_TOTAL
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.sources.base import LAST, Reading
from expflow_hooks.sources.kinds import BY_NAME, KINDS
from expflow_hooks.sources.open import open_source

EVERY = list(SPECS)
ALL_COMPLETED = dict.fromkeys(RUNS, "completed")
# what a format forces: the states that are read otherwise; docs/sources.md has a row for each
FORCED: dict[str, dict[str, str]] = {
    "wandb": {"killed": "running"},  # what was killed has no end, as what still runs
    "tensorboard": {"killed": "completed"},  # no such state, and none is no failure
    "optuna": {"nan": "failed", "missing": "failed"},  # Optuna itself fails a trial that tells no number
    "trackio": ALL_COMPLETED,
}
LOST = {"wandb": {"killed", "running"}}  # what was not on the disk yet when the run was killed
PROJECTS = {"wandb": "PDEBench"}


def read(spec, source_name, reading=LAST, **selection):
    query = make_query(
        Policy(),
        Selection(PROJECTS.get(source_name, PROJECT), **selection),
        sort_by="pde_mean",
        ascending=True,
        gates=("pde_mean:lt:18.09",),
    )
    source = open_source(spec, Policy(), query, reading)
    experiments = list(source.experiments(None))
    assert not source.unreadable()
    return experiments, rank(experiments, query._replace(remarks=source.remarks))


def expected(name):
    return {label: FORCED.get(name, {}).get(label, run[0]) for label, run in RUNS.items() if label not in lost(name)}


def lost(name):
    return LOST.get(name, set())


@pytest.mark.parametrize("name", EVERY)
class TestEach:
    def test_gives_every_run_with_its_state_parameters_and_code(self, spec_of, name):
        experiments, _ = read(spec_of(name), name)
        found = {one.label: one for one in experiments if one.name or name not in LOST}
        assert {label: one.state for label, one in found.items()} == expected(name)
        for one in found.values():
            assert (one.project, one.commit) == (PROJECTS.get(name, PROJECT), COMMIT)
            assert {key: str(value) for key, value in (one.params or {}).items() if key in PARAMS} == PARAMS
            assert one.metric("seg_total") == SEG_TOTAL

    def test_ranks_what_counts_and_says_why_the_rest_does_not(self, spec_of, name):
        _, ranking = read(spec_of(name), name)
        states = expected(name)
        extra = {one for one, state in states.items() if state == "completed" and RUNS[one][0] != "completed"}
        assert [row.label for row in ranking.ranked if row.label not in extra] == RANKED
        below = {
            row.label: (row.value_status or "ok") if row.state == "completed" else row.state for row in ranking.below
        }
        wanted = {one: state if states.get(one) == "completed" else states.get(one) for one, state in BELOW.items()}
        out = extra | lost(name)
        assert {one: below.get(one) for one in wanted if one not in out} == {
            one: state for one, state in wanted.items() if one not in out
        }
        assert len(below) == len(BELOW) - len(extra)

    def test_says_by_its_table_what_it_is_able_to(self, spec_of, name):
        kind = BY_NAME.get(spec_of(name).partition(":")[0])
        if kind is None:
            return
        experiments, _ = read(spec_of(name), name)
        assert kind.states == (len({one.state for one in experiments}) > 1)
        assert kind.tags == any(one.tags for one in experiments)


@pytest.mark.parametrize("name", [name for name in EVERY if name not in ("registry", "csv", "json")])
def test_the_least_value_over_the_training_is_taken_where_that_is_meant(spec_of, name):
    _, ranking = read(spec_of(name), name, Reading("min"))
    found = {row.label: row.value for row in ranking.rows if row.value_status is None and row.label in RUNS}
    least = {label: min(v for v in run[1] if abs(v) < 1e300) for label, run in RUNS.items() if run[1]}
    assert found == {label: value for label, value in least.items() if label not in lost(name)}


def test_all_sources_rank_the_same(spec_of):
    told = {}
    for name in EVERY:
        _, ranking = read(spec_of(name), name)
        rows = [row for row in ranking.ranked if row.label in RANKED]
        told[name] = [(row.label, float(row.value), row.gate_results[0].say()) for row in rows]
    assert set(map(str, told.values())) == {str(told["registry"])}


def test_every_kind_that_is_read_without_a_server_of_its_own_has_conformance_runs():
    named = {before.partition(":")[0] for _, before in SPECS.values()}
    assert {kind.name for kind in KINDS} - {"clearml"} <= named


def test_no_librarys_code_is_imported(spec_of):
    import sys

    for name in EVERY:
        read(spec_of(name), name)
    trackers = {"mlflow", "wandb", "tensorboard", "optuna", "trackio", "google"}
    assert not {name.split(".")[0] for name in sys.modules} & trackers
