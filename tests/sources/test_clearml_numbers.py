"""What a task's numbers are: which value, of which iteration, under which title; its training time; its code."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest
from fakes.clearml_tasks import digest, metrics, task

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.sources.base import Reading
from expflow_hooks.sources.clearml.marks import clean_mark
from expflow_hooks.sources.clearml.read import open_clearml, read_task

ID = f"{1:032x}"


def ranking(client, *, reading=Reading(), policy=None, **options):  # noqa: B008
    query = make_query(policy or Policy(), Selection(), **options)
    source = open_clearml(policy or Policy(), query, reading, client())
    return rank(source.experiments(None), query), source.warnings


class TestWhichValue:
    """Last, least or largest: the same for the metric that is sorted by and for gates, or as the policy says."""

    PAIR: ClassVar = {"PDE__pde_mean": (20.0, 5.0, 90.0), "Score__seg_total": (40.0, 30.0, 60.0)}

    @pytest.mark.parametrize(
        ("aggregate", "value", "judged"), [("min", 5.0, 30.0), ("max", 90.0, 60.0), (None, 20.0, 40.0)]
    )
    def test_one_option_is_for_the_sort_metric_and_the_gates(self, server, client, aggregate, value, judged):
        server.tasks = [task(1, last_metrics=metrics(**self.PAIR))]
        gates = [parse_gate("seg_total:gt:0")]
        result, _ = ranking(client, reading=Reading(aggregate), sort_by="pde_mean", gates=gates)
        assert (result.rows[0].value, result.rows[0].gate_results[0].value) == (value, judged)

    def test_the_policy_says_it_for_each_metric_and_the_option_goes_over_it(self, server, client):
        server.tasks = [task(1, last_metrics=metrics(**self.PAIR))]
        policy = parse_policy("version: 1\nmetrics: {pde_mean: {aggregate: min}, seg_total: {aggregate: max}}")
        gates = [parse_gate("seg_total:gt:0")]
        result, _ = ranking(client, policy=policy, sort_by="pde_mean", gates=gates)
        assert (result.rows[0].value, result.rows[0].gate_results[0].value) == (5.0, 60.0)
        assert server.asked("tasks.get_all_ex")[0]["order_by"] == [
            f"last_metrics.{digest('PDE')}.{digest('pde_mean')}.min_value"
        ]
        result, _ = ranking(client, policy=policy, reading=Reading("last"), sort_by="pde_mean", gates=gates)
        assert (result.rows[0].value, result.rows[0].gate_results[0].value) == (20.0, 40.0)

    def test_values_of_different_iterations_are_said(self, server, client, curves):
        for reading, said in ((Reading("min"), True), (Reading("last"), False), (Reading(at_best=True), False)):
            _, warnings = ranking(client, reading=reading, sort_by="pde_mean", gates=[parse_gate("seg_total:gt:0")])
            assert any("(pde_mean at 2, seg_total at 1)" in line for line in warnings) is said

    @pytest.mark.parametrize("groups", [(), ("--group-ignore", "seed")])
    def test_values_of_different_iterations_are_a_note_on_the_row(self, server, curves, capsys, groups):
        from expflow_hooks.cli import main

        judged = ("--sort-by", "pde_mean", "--gate", "seg_total:gt:0", "--format", "json", *groups)
        assert main(["clearml", "compare-scores", *judged, "--aggregate-values", "min"]) == 0
        noted = json.loads(capsys.readouterr().out)["ranking"][0]["notes"]
        assert any("values of different iterations: pde_mean at 2, seg_total at 1" in note for note in noted)
        assert main(["clearml", "compare-scores", *judged]) == 0
        assert "different iterations" not in capsys.readouterr().out


@pytest.fixture
def curves(server):
    """Give two tasks with curves: pde_mean is best at step 2, seg_total at step 3."""
    for number, scale in ((1, 1.0), (2, 2.0)):
        server.tasks.append(task(number, status="in_progress", last_metrics={}))
        for step, (pde, seg) in enumerate([(30.0, 12.0), (9.0, 5.0), (4.0, 45.0), (8.0, 70.0)]):
            for title, series, value in (("PDE", "pde_mean", pde), ("Score", "seg_total", seg)):
                server.answer(
                    "events.add_batch",
                    {"lines": [{"type": "training_stats_scalar", "task": f"{number:032x}", "iter": step,
                                "metric": title, "variant": series, "value": value * scale}]},
                )  # fmt: skip
        server.get(f"{number:032x}")["status"] = "completed"
    server.calls.clear()


class TestAtBest:
    """The value of metric B at the best iteration of metric A."""

    def test_gates_are_judged_at_the_best_iteration_of_the_sort_metric(self, server, client, curves):
        gates = [parse_gate("seg_total:gt:60")]
        result, _ = ranking(client, reading=Reading(at_best=True), sort_by="pde_mean", gates=gates)
        judged = {row.experiment_id: (row.value, row.gate_results[0].value, row.gates_passed) for row in result.rows}
        assert judged == {ID: (4.0, 45.0, False), f"{2:032x}": (8.0, 90.0, True)}
        assert len(server.asked("events.scalar_metrics_iter_histogram")) == 2
        up, _ = ranking(
            client, reading=Reading(at_best=True), sort_by="seg_total", gates=[parse_gate("pde_mean:lt:99")]
        )
        assert [(row.value, row.gate_results[0].value) for row in up.rows] == [(140.0, 16.0), (70.0, 8.0)]

    def test_a_metric_that_was_not_reported_there_is_missing(self, server, client, curves):
        server.tasks[:] = server.tasks[:1]
        events = server.get(ID)["_events"]
        events[:] = [event for event in events if (event["variant"], event["iter"]) != ("seg_total", 2)]
        result, _ = ranking(
            client, reading=Reading(at_best=True), sort_by="pde_mean", gates=[parse_gate("seg_total:gt:0")]
        )
        assert result.rows[0].gate_results[0].status == "missing"

    def test_a_curve_without_the_best_value_is_an_error(self, server, client, curves):
        for event in server.get(ID)["_events"]:
            event["value"] += 0.5  # as a server gives that thins curves out
        with pytest.raises(UnreadableError, match=r"has not the best value that the server keeps, 4\.0 at iteration 2"):
            ranking(client, reading=Reading(at_best=True), sort_by="pde_mean")

    def test_a_server_that_keeps_no_iteration_is_an_error(self, server, client):
        server.tasks = [task(1)]
        with pytest.raises(UnreadableError, match="does not keep at which iteration pde_mean was best"):
            ranking(client, reading=Reading(at_best=True), sort_by="pde_mean")

    def test_by_the_command_line(self, server, curves, capsys, work):
        from expflow_hooks.cli import main

        assert main(["clearml", "compare-scores", "--sort-by", "pde_mean", "--at-best"]) == 0
        assert main(["clearml", "compare-scores", "--at-best", "--aggregate-values", "min"]) == 2


class TestNames:
    """Titles and series."""

    def test_a_single_value_beside_the_standard_title_refuses_nobody(self, server, client):
        beside = metrics(Score__seg_total=50.0, Summary__seg_total=51.0)
        server.tasks = [task(1, last_metrics=beside), task(2)]
        result, warnings = ranking(client)
        assert [row.value for row in result.ranked] == [50.0, 42.5] and warnings == []

    def test_a_title_with_a_slash_and_a_series_with_one_are_two_metrics(self, server, client):
        two = metrics(**{"a__b/c": 1.0, "a/b__c": 2.0})
        server.tasks = [task(1, last_metrics=two)]
        with pytest.raises(UsageError, match=r"two metrics in task .* title 'a' with series 'b/c' and title 'a/b'"):
            ranking(client, sort_by="a/b/c", ascending=True)
        assert ranking(client, sort_by="b/c", ascending=True)[0].ranked[0].value == 1.0
        assert ranking(client, sort_by="c", ascending=True)[0].ranked[0].value == 2.0

    def test_of_metrics_that_one_name_would_mix_up_none_has_a_value(self, server, client):
        mixed = metrics(**{"a__b/c": 1.0, "a/b__c": 2.0, "x__b/c": 3.0, "y__c": 4.0})
        server.tasks = [task(1, last_metrics=mixed)]
        found, _ = read_task(ID, Policy(), client=client())
        assert value_status((found.metrics or {})["a/b/c"]) == "missing"


@pytest.mark.parametrize(("status", "state"), [("closed", "stopped"), ("published", "completed")])
def test_what_was_closed_did_not_complete(server, client, status, state):
    server.tasks = [task(1, status=status)]
    result, _ = ranking(client)
    assert result.rows[0].state == state
    assert len(result.ranked) == (state == "completed")


class TestTrainTime:
    """The server's own duration is that of the last session."""

    def judged(self, server, client, **fields):
        server.tasks = [task(1, last_metrics=metrics(Score__seg_total=5.0), **fields)]
        result, warnings = ranking(client, sort_by="seg_total", gates=[parse_gate("train_time_min:lt:60")])
        gate = result.rows[0].gate_results[0]
        return (
            gate.status,
            gate.value if gate.status is None else True,
            " ".join(warnings),
            len(server.asked("events.get_task_events")),
        )

    def test_that_fills_the_time_since_the_creation_counts(self, server, client):
        status, value, said, asked = self.judged(server, client)
        assert (status, value, asked) == (None, 30.0, 0) and "the server's last session stands" in said

    def test_of_a_resumed_task_does_not_count(self, server, client):
        first = {"timestamp": 1793439000000}  # 2026-10-31T09:30:00Z, in an earlier session
        status, value, said, asked = self.judged(server, client, created="2026-10-31T09:00:00Z", _events=[first])
        assert (status, value, asked) == ("resumed", True, 1)
        assert "resumed or perhaps so" in said

    def test_of_a_task_that_waited_in_a_queue_counts(self, server, client):
        first = {"timestamp": 1793525460000}  # 2026-11-01T09:31:00Z, in the only session
        status, value, _, asked = self.judged(server, client, created="2026-10-31T09:00:00Z", _events=[first])
        assert (status, value, asked) == (None, 30.0, 2)

    @pytest.mark.parametrize("minutes", [-90, 90])
    def test_of_a_task_whose_machine_has_another_time_than_the_server_does_not_count(self, server, client, minutes):
        # Behind, the only session looks like an earlier one; ahead, an earlier one would look like the only one.
        off = minutes * 60_000
        events = [{"timestamp": 1793525460000 + off}, {"timestamp": 1793527140000 + off}]  # 09:31 to 09:59
        status, *_ = self.judged(server, client, created="2026-10-31T09:00:00Z", _events=events)
        assert status == "resumed"

    def test_of_a_task_that_ran_longer_than_was_counted_does_not_count(self, server, client):
        status, _, _, asked = self.judged(
            server, client, created="2026-10-31T09:00:00Z", started="2026-10-31T09:00:00Z"
        )
        assert (status, asked) == ("resumed", 0)

    def test_without_a_beginning_does_not_count(self, server, client):
        assert self.judged(server, client, created=None, started=None)[0] == "resumed"


class TestClean:
    """No stored diff is no proof of a clean work tree."""

    @pytest.mark.parametrize(
        ("diff", "tags", "dirty"),
        [
            ("", [], None),
            (None, [], None),
            ("--- a", [], True),
            ("--- a", [clean_mark("a" * 40, ID)], True),
            ("", [clean_mark("a" * 40, ID)], False),
            ("", [clean_mark("b" * 40, ID)], None),
            ("", [clean_mark("a" * 40, f"{2:032x}")], None),  # a clone of another task has its tags
            ("", [f"expflow-clean:{'a' * 12}"], None),
        ],
    )
    def test_only_what_the_run_saw_is(self, server, client, diff, tags, dirty):
        server.tasks = [task(1, tags=tags, script={"version_num": "a" * 40, "branch": "main", "diff": diff})]
        assert read_task(ID, Policy(), client=client())[0].dirty is dirty
