"""Reading tasks: how many requests, which tasks, and what becomes of them."""

from __future__ import annotations

import json
import re

import pytest
from fakes.clearml_faults import slow
from fakes.clearml_tasks import digest, metrics, task

from expflow_hooks.core.errors import UndecidedError, UnreadableError, UsageError
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.render.output import progress
from expflow_hooks.sources.base import Reading
from expflow_hooks.sources.clearml.marks import clean_mark, zero_mark
from expflow_hooks.sources.clearml.read import open_clearml, read_task

BOARD = Selection("PDEBench", ("task1",))


def ranking(client, selection=BOARD, *, reading=Reading(), policy=None, **options):  # noqa: B008
    query = make_query(policy or Policy(), selection, **options)
    source = open_clearml(policy or Policy(), query, reading, client())
    return rank(source.experiments(None), query), source.warnings


@pytest.mark.parametrize(("count", "requests"), [(0, 2), (1, 2), (499, 2), (500, 3), (501, 3), (1100, 4), (20_000, 44)])
def test_one_look_up_and_one_request_a_page_read_every_task(server, client, count, requests):
    # A full last page needs one more request: the server gives no total. Pages overlap by a task or more.
    server.tasks = [task(number) for number in range(count)]
    result, warnings = ranking(client)
    assert (result.experiments, len(server.calls), warnings) == (count, requests, [])
    assert [row.rank for row in result.ranked[:1]] == [1][:count]


def test_the_query_is_ordered_filtered_and_asks_for_few_fields(server, client):
    server.tasks = [task(1)]
    ranking(client, Selection("PDEBench", ("task1", "b"), "completed"), sort_by="pde_mean")
    body = server.asked("tasks.get_all_ex")[0]
    assert server.asked("projects.get_all_ex") == [{"name": "^PDEBench$", "only_fields": ["id", "name"]}]
    assert body["order_by"] == [f"last_metrics.{digest('PDE')}.{digest('pde_mean')}.value"]
    assert body["tags"] == ["__$all", "task1", "b"]
    assert (body["system_tags"], body["project"], body["page_size"]) == (["-archived"], ["p1"], 500)
    assert sorted(body["status"]) == ["completed", "published", "publishing"]
    assert "script.diff" not in body["only_fields"] and "active_duration" not in body["only_fields"]


@pytest.mark.parametrize(
    ("sort_by", "order"),
    [
        ("seg_total", f"-last_metrics.{digest('Score')}.{digest('seg_total')}.max_value"),
        ("val/loss", f"-last_metrics.{digest('val')}.{digest('loss')}.max_value"),
        ("energy", "id"),
    ],
)
def test_the_server_sorts_by_the_metrics_hash_where_its_title_is_known(server, client, sort_by, order):
    server.tasks = [task(1, last_metrics=metrics(Score__seg_total=1, val__loss=2, x__energy=3))]
    ranking(client, sort_by=sort_by, ascending=False, reading=Reading("max"))
    assert server.asked("tasks.get_all_ex")[0]["order_by"] == [order]


def test_only_the_exact_project_is_read_and_its_subprojects_on_request(server, client):
    server.projects = {"p1": "a.b", "p2": "axb", "p3": "a.b/sub", "p4": "a.bc"}
    server.tasks = [task(number, f"p{number}") for number in (1, 2, 3, 4)]
    for wide, found in ((False, {1}), (True, {1, 3})):
        result, _ = ranking(client, Selection("a.b", subprojects=wide))
        assert {int(row.experiment_id, 16) for row in result.rows} == found


def test_an_unknown_project_is_undecided_and_names_the_nearest(server, client):
    with pytest.raises(UndecidedError, match=r"no project 'PDEBnech' .*did you mean PDEBench"):
        ranking(client, Selection("PDEBnech"))


def test_archived_other_tags_and_other_states_are_left_out(server, client):
    server.tasks = [
        task(1),
        task(2, system_tags=["archived"]),
        task(3, tags=["task2"]),
        task(4, status="in_progress", completed=None),
        task(5, status="published"),
        task(6, status="unknown"),
    ]
    result, _ = ranking(client)
    states = {int(row.experiment_id, 16): row.state for row in result.rows}
    assert states == {1: "completed", 4: "running", 5: "completed", 6: "unknown"}
    assert {int(row.experiment_id, 16) for row in result.ranked} == {1, 5}
    running, _ = ranking(client, Selection("PDEBench", status="running"))
    assert [row.state for row in running.rows] == ["running"]


@pytest.mark.parametrize("status", ["complete", "cancelled", "in_progress"])
def test_a_state_that_no_server_has_is_an_error(server, client, status):
    with pytest.raises(UsageError, match="it has completed, created, failed, queued, running, stopped, unknown"):
        ranking(client, Selection(status=status))
    assert server.asked("tasks.get_all_ex") == []


def test_tasks_of_a_commit_are_found_whole_or_by_its_beginning(server, client):
    server.tasks = [task(1), task(2, script={"version_num": "b" * 40}), task(3, script={"version_num": ""})]
    for commit in ("b" * 40, "b" * 8, "B" * 40):
        result, _ = ranking(client, Selection(), reading=Reading(commits=(commit,)))
        assert [int(row.experiment_id, 16) for row in result.rows] == [2]
    both, _ = ranking(client, Selection(), reading=Reading(commits=("a" * 40, "b" * 40)))
    assert both.experiments == 2
    with pytest.raises(UsageError, match="no object id"):
        ranking(client, Selection(), reading=Reading(commits=(".*",)))


def test_a_task_that_moves_between_pages_hides_no_other(server, client):
    server.tasks = [task(number, last_metrics=metrics(Score__seg_total=float(number))) for number in range(1100)]

    def best_falls_to_the_end(page):
        if page == 1 and server.before_page is not None:
            server.get(f"{1099:032x}")["last_metrics"] = metrics(Score__seg_total=-1.0)

    server.before_page = best_falls_to_the_end
    result, _ = ranking(client)
    assert result.experiments == 1100
    assert result.ranked[-1].value == -1.0


@pytest.mark.parametrize("how", ["archived", "untagged"])
def test_a_task_that_leaves_between_pages_hides_no_other(server, client, how):
    server.tasks = [task(number) for number in range(1300)]
    server.before_page = lambda page: leave() if page else None

    def leave():
        if server.calls.count(("left", None)) == 0:
            server.calls.append(("left", None))
            for gone in (server.get(server.found[0]["id"]), server.get(server.found[7]["id"])):
                gone.update({"system_tags": ["archived"]} if how == "archived" else {"tags": []})

    result, _ = ranking(client)
    assert result.experiments == 1298
    assert [body["page"] for body in server.asked("tasks.get_all_ex")] == [0, 1, 0, 1, 2]


def test_a_selection_that_never_stands_still_is_an_error(server, client):
    server.tasks = [task(number) for number in range(2000)]

    def leave(page):
        if page == 1:
            server.tasks[:] = server.tasks[2:]

    server.before_page = leave
    with pytest.raises(UnreadableError, match="left the selection while it was read, 5 times; try again"):
        ranking(client, sort_by="pde_mean")


def test_pages_shrink_where_the_server_is_too_slow_for_them(server, client):
    server.tasks = [task(number) for number in range(700)]
    server.faults = [None, slow(0.5), None, slow(0.5)]
    result, _ = ranking(lambda: client(timeouts=(2.0, 0.3)))
    sizes = [body["page_size"] for body in server.asked("tasks.get_all_ex")]
    assert result.experiments == 700
    assert sizes[0] == 250 and max(sizes[1:]) <= 250 and min(sizes) < 130


def test_a_server_that_is_too_slow_for_a_few_tasks_is_an_error(server, client):
    server.tasks = [task(1)]
    server.faults = [None, *[slow(0.2)] * 9]
    with pytest.raises(UnreadableError, match=r"no more answer to tasks\.get_all_ex for 0\.1 s"):
        ranking(lambda: client(timeouts=(2.0, 0.1)))


def test_a_task_becomes_an_experiment(server, client):
    server.tasks = [task(7, script={"version_num": "c" * 40, "branch": "fno", "diff": "--- a\n"})]
    server.tasks[0]["hyperparams"]["properties"] = {"note": {"value": "mine"}}
    found, _ = read_task(f"{7:032x}", Policy(), client=client())
    assert (found.name, found.state, found.project, found.tags) == ("run 7", "completed", "PDEBench", ("task1",))
    assert (found.commit, found.branch, found.dirty, found.clearml_task_id) == ("c" * 40, "fno", True, f"{7:032x}")
    assert found.params == {"Args/seed": "1", "Args/width": "2", "Args/sub_step": "4"}
    assert found.metrics == {"seg_total": 47.5, "pde_mean": 17.25, "train_time_min": 30.0}
    assert found.timestamp == "2026-11-01T10:00:07.000000+00:00"
    with pytest.raises(UsageError, match="no task 'nope'"):
        read_task("nope", Policy(), client=client())


def test_uncommitted_changes_are_asked_for_only_where_they_are_needed(server, client):
    server.tasks = [task(1, tags=["task1", clean_mark("a" * 40, f"{1:032x}")])]
    assert read_task(f"{1:032x}", Policy(), dirty=False, client=client())[0].dirty is None
    assert read_task(f"{1:032x}", Policy(), client=client())[0].dirty is False
    query = make_query(Policy(), BOARD)
    for dirty in (False, True):
        found = list(open_clearml(Policy(), query, Reading(dirty=dirty), client()).experiments(None))
        assert found[0].dirty is (False if dirty else None)
    fields = [body["only_fields"] for body in server.asked("tasks.get_all_ex")]
    assert ["script.diff" in asked for asked in fields] == [False, True, False, True]


def test_a_long_read_shows_its_progress_on_a_terminal_and_wipes_it_away(server, client, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    server.tasks = [task(number) for number in range(501)]
    source = open_clearml(Policy(), make_query(Policy(), BOARD), client=client())
    assert len(list(source.experiments(progress(source.name, source.unit)))) == 501
    shown = capsys.readouterr().err.split("\r")
    assert shown == ["", "reading clearml  500 tasks", "reading clearml  501 tasks", "\x1b[K"]


@pytest.mark.parametrize(("aggregate", "value"), [("last", 5.0), ("min", 2.0), ("max", 9.0)])
def test_the_value_over_the_training_is_the_one_asked_for(server, client, aggregate, value):
    server.tasks = [task(1, last_metrics=metrics(PDE__pde_mean=(5.0, 2.0, 9.0)))]
    result, _ = ranking(client, sort_by="pde_mean", reading=Reading(aggregate))
    assert result.ranked[0].value == value


class TestZero:
    """The SDK uploads NaN as 0.0."""

    def status(self, client, server, value=0.0, *, sort_by="pde_mean", policy=None, **fields):
        server.tasks = [
            task(1, last_metrics=metrics(PDE__pde_mean=value, Score__seg_total=value, x__mine=value), **fields)
        ]
        result, _ = ranking(client, Selection(), sort_by=sort_by, policy=policy, ascending=self.ascending)
        return value_status(result.rows[0].value)

    ascending = None

    @pytest.mark.parametrize(
        ("value", "status"), [(0.0, "suspect-zero"), (0, "suspect-zero"), (1e-300, None), (None, "null")]
    )
    def test_does_not_count(self, server, client, value, status):
        assert self.status(client, server, value) == status

    @pytest.mark.parametrize(("name", "ascending"), [("seg_total", None), ("mine", True), ("mine", False)])
    def test_does_not_count_whichever_way_is_better(self, server, client, name, ascending):
        # A NaN of a score becomes 0.0 as well: it would be the best of a metric whose values are negative.
        self.ascending = ascending
        assert self.status(client, server, sort_by=name) == "suspect-zero"

    def test_counts_where_the_policy_trusts_it(self, server, client):
        policy = parse_policy("version: 1\nmetrics: {pde_mean: {trust_zero: true}}")
        assert self.status(client, server, policy=policy) is None

    def test_counts_where_report_standard_marked_this_metric_and_no_other(self, server, client):
        assert self.status(client, server, tags=["expflow-reported", zero_mark("pde_mean", f"{1:032x}")]) is None
        assert (
            self.status(client, server, tags=["expflow-reported", zero_mark("pde_seg1", f"{1:032x}")]) == "suspect-zero"
        )
        assert self.status(client, server, tags=["expflow-reported"]) == "suspect-zero"

    def test_of_a_clone_does_not_count_though_it_has_the_tags_of_its_origin(self, server, client):
        assert self.status(client, server, tags=[zero_mark("pde_mean", f"{2:032x}")]) == "suspect-zero"
        assert self.status(client, server, tags=["expflow-zero:pde_mean"]) == "suspect-zero"

    def test_passes_no_gate(self, server, client):
        server.tasks = [task(1, last_metrics=metrics(PDE__pde_mean=0.0, Score__seg_total=60.0))]
        result, _ = ranking(client, gates=[parse_gate("pde_mean:lt:18.09")])
        assert result.ranked == [] and "pde_mean is suspect-zero" in (result.below[0].reason("seg_total") or "")


class TestTitles:
    """A name may stand under two titles."""

    def test_is_an_error_that_names_both_where_the_name_is_needed(self, server, client):
        server.tasks = [task(1, last_metrics=metrics(train__loss=1.0, val__loss=2.0, Score__seg_total=3.0))]
        with pytest.raises(UsageError, match=r"loss has two titles in task .*: train/loss and val/loss"):
            ranking(client, sort_by="loss", ascending=True)
        assert ranking(client)[0].ranked[0].value == 3.0

    def test_title_and_series_pick_one(self, server, client):
        server.tasks = [task(1, last_metrics=metrics(train__loss=1.0, val__loss=2.0))]
        assert ranking(client, sort_by="val/loss", ascending=True)[0].ranked[0].value == 2.0

    def test_so_does_the_policy(self, server, client):
        server.tasks = [task(1, last_metrics=metrics(train__loss=1.0, val__loss=2.0))]
        policy = parse_policy("version: 1\nmetrics: {pde_mean: {from: val/loss}}")
        assert ranking(client, sort_by="pde_mean", policy=policy)[0].ranked[0].value == 2.0

    def test_different_titles_in_different_tasks_are_told(self, server, client):
        server.tasks = [task(1, last_metrics=metrics(a__seg_total=1)), task(2, last_metrics=metrics(b__seg_total=2))]
        assert any(re.search("different titles .a/seg_total in 1, b/seg_total in 1", w) for w in ranking(client)[1])


class TestTrainTime:
    """The training time, reported or the server's own."""

    def time(self, client, server, reported, seconds):
        values = {} if reported is None else {"Time__train_time_min": reported}
        begun = dict.fromkeys(("created", "started"), "2026-11-01T09:45:01Z")
        server.tasks = [task(1, last_metrics=metrics(**values), active_duration=seconds, **begun)]
        result, warnings = ranking(client, Selection(), sort_by="train_time_min")
        return result.rows[0].value, warnings

    def test_is_the_servers_where_it_was_not_reported_and_says_so(self, server, client):
        value, warnings = self.time(client, server, None, 900)
        assert value == 15.0
        assert [re.sub("0{4,}", "", w) for w in warnings] == [
            "train_time_min was not reported by task 1: the server's last session stands"
        ]

    @pytest.mark.parametrize(("reported", "told"), [(15.7, False), (15.8, True), (10.0, True), (15.0, False)])
    def test_is_doubted_where_both_differ_by_more_than_a_twentieth(self, server, client, reported, told):
        value, warnings = self.time(client, server, reported, 900)
        assert value == reported
        assert bool(warnings) is told

    def test_is_missing_where_neither_is_there(self, server, client):
        assert value_status(self.time(client, server, None, None)[0]) == "missing"

    def test_is_missing_on_a_server_that_does_not_know_the_duration(self, server, client):
        server.unknown_fields = {"active_duration"}
        assert self.time(client, server, 12.0, 900) == (12.0, [])


def test_odd_tasks_of_a_server_hurt_nobody(server, client):
    odd = [
        task(1, tags=None, last_metrics=None, hyperparams=None, script=None, name=None),
        task(
            2, last_metrics={"x": {"y": None, "z": {"metric": 1}}, "w": []}, hyperparams={"Args": None, "B": {"c": 1}}
        ),
        task(3, last_metrics=metrics(Score__seg_total="12")),
    ]
    server.tasks, server.malformed = [*odd, task(4)], True
    result, _ = ranking(client, Selection())
    assert (len(result.ranked), len(result.below)) == (1, 3)
    assert json.dumps([row.reason("seg_total") for row in result.below])


@pytest.mark.parametrize("data", [{}, {"tasks": None, "projects": {}}])
def test_an_answer_without_a_list_is_not_an_empty_one(server, client, data):
    for skipped in (0, 1):
        server.faults = [None] * skipped + [lambda handler: handler.envelope(200, 0, "OK", data)]
        with pytest.raises(UnreadableError, match=r"an answer without (projects|tasks); CLEARML_API_HOST must name"):
            ranking(client)
