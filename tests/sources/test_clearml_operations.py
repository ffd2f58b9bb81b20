"""Cancel, stop, delete, add and sync on the server: guard first, server next, a true line in the registry last."""

from __future__ import annotations

import json

import pytest
from fakes.clearml_faults import refuse
from fakes.clearml_tasks import metrics, task

from expflow_hooks import init_pin
from expflow_hooks.cli import main

ID = f"{1:032x}"
HERE = ("--source", "experiments.jsonl")


@pytest.fixture
def run(server, work, capsys):
    """Return a function that runs the command line here and gives exit code, output and errors."""

    def call(*arguments):
        code = main(list(arguments))
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return code, told.out, told.err

    return call


def lines(work):
    path = work / "experiments.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def operate(run, name, *more):
    wait = () if name == "delete" else ("--wait", "0")
    return run("run", name, "--task-id", ID, *HERE, *wait, *more)


def changes(server):
    return [call for call, _ in server.calls if call != "tasks.get_all_ex"]


def test_what_is_seen_is_recorded_with_who_did_it_and_the_tasks_own_numbers(server, run, work):
    server.tasks, server.worker_obeys_after = [task(1, status="in_progress", last_worker="w1")], 99
    code, out, _ = operate(run, "cancel")
    (line,) = lines(work)
    assert (code, server.get(ID)["status"], line["status"]) == (3, "in_progress", "running")
    assert (line["experiment_id"], line["clearml_task_id"]) == (ID, ID)
    assert (line["metrics"]["seg_total"], line["commit"]) == (41.5, "a" * 40)
    event = line["event"]
    assert (event["action"], event["authorised"], event["before"]) == ("cancel", "unguarded", "running")
    assert event["by"] and "still" not in out
    assert event["server"] == "asked to stop; after 0 s the server has it as in_progress (stopping)"


def test_stop_waits_for_the_worker(server, run, work):
    server.tasks, server.worker_obeys_after = [task(1, status="in_progress", last_worker="w1")], 1
    code, out, _ = run("run", "stop", "-t", ID, *HERE, "--wait", "20")
    assert (code, lines(work)[-1]["status"]) == (0, "stopped")
    assert "running → stopped" in out


def test_a_registry_id_leads_to_its_task_and_keeps_its_record(server, run, work, registry):
    registry({"experiment_id": "exp-1", "status": "running", "clearml_task_id": ID, "team": "a"})
    server.tasks = [task(1, status="in_progress")]
    assert run("run", "stop", "exp-1", *HERE)[0] == 0
    assert run("run", "delete", "--task-id", ID, *HERE)[0] == 0
    assert [(line["experiment_id"], line["status"], line["team"]) for line in lines(work)] == [
        ("exp-1", "running", "a"),
        ("exp-1", "stopped", "a"),
        ("exp-1", "deleted", "a"),
    ]


def test_the_guard_comes_before_the_server(server, run, work, monkeypatch):
    init_pin("4711")
    monkeypatch.setattr("expflow_hooks.core.pin.guard.time.sleep", lambda seconds: None)
    server.tasks = [task(1, status="queued")]
    code, _, err = operate(run, "cancel", "--pin", "0000")
    assert (code, lines(work), changes(server)) == (5, [], [])
    assert "4711" not in err
    assert operate(run, "cancel", "--pin", "4711")[0] == 0
    assert lines(work)[0]["event"]["authorised"] == "pin"


def test_what_the_server_did_not_do_is_not_recorded(server, run, work):
    server.tasks = [task(1, status="in_progress")]
    server.faults = [None, None, refuse(502)]
    code, _, err = operate(run, "stop")
    assert (code, lines(work)) == (4, [])
    assert "tasks.stop: the server answered 502" in err


def test_a_failure_inside_an_answer_for_many_is_read(server, run, work):
    server.tasks, server.archive_fails = [task(1)], True
    code, _, err = operate(run, "delete")
    assert (code, lines(work)) == (4, [])
    assert "Task is locked; looked at again, the server has it as completed" in err


def test_what_was_done_is_told_when_the_registry_cannot_be_written(server, run, work, monkeypatch):
    server.tasks = [task(1)]
    server.before["tasks.archive_many"] = (work / "experiments.jsonl").mkdir
    code, _, err = run("run", "delete", "x", "-t", ID, *HERE)
    assert code == 4
    assert "experiments.jsonl" in err and "but on the server it was done: archived" in err


def test_a_registry_that_cannot_be_read_is_told_before_the_server_is_asked(server, run, work):
    server.tasks = [task(1)]
    (work / "experiments.jsonl").mkdir()
    assert run("run", "delete", "x", "-t", ID, *HERE)[0] == 4
    assert server.calls == []


@pytest.mark.parametrize(("more", "models"), [((), False), (("--with-models",), True)])
def test_a_permanent_deletion_keeps_the_models_unless_asked(server, run, work, more, models):
    server.tasks = [task(1)]
    assert operate(run, "delete", "--permanently", *more)[0] == 0
    assert server.tasks == [] and lines(work)[0]["status"] == "deleted"
    assert server.asked("tasks.delete") == [{"task": ID, "force": False, "delete_output_models": models}]


def test_what_runs_is_not_deleted_permanently(server, run, work):
    server.tasks = [task(1, status="in_progress")]
    code, _, err = operate(run, "delete", "--permanently")
    assert (code, len(server.tasks), lines(work)) == (1, 1, [])
    assert "stop it first, or give --stop" in err


def test_the_server_is_left_alone_on_request_and_for_offline_sessions(server, run, registry):
    registry(
        {"experiment_id": "a", "status": "running", "clearml_task_id": ID},
        {"experiment_id": "b", "status": "running", "clearml_task_id": "offline-12ab"},
    )
    assert run("run", "stop", "a", "--registry-only", *HERE)[0] == 0
    assert run("run", "stop", "b", *HERE)[0] == 0
    assert server.calls == []


def test_a_task_becomes_a_record(server, run, work, repo):
    scores = metrics(PDE__pde_mean=0.0, Score__seg_total=2)
    server.tasks = [task(1, script={"version_num": "", "diff": ""}, last_metrics=scores)]
    code, out, err = run("run", "add", "--task-id", ID, *HERE)
    assert code == 0 and f"{ID} added" in out
    assert "left out pde_mean" in err and "last session" in err
    (line,) = lines(work)
    assert line["metrics"] == {"seg_total": 2, "train_time_min": 30.0}
    assert "commit" not in line and line["params"]["Args/sub_step"] == "4"
    (work / "one.json").write_text('{"experiment_id": "mine", "name": "best"}')
    assert run("run", "add", "one.json", "-t", ID, *HERE)[0] == 0
    assert [(x["experiment_id"], x["name"]) for x in lines(work)] == [(ID, "run 1"), ("mine", "best")]
    assert run("run", "add", "-t", "nope", *HERE)[0] == 2
    assert run("run", "add", *HERE)[0] == 2


def test_sync_brings_what_changed_and_only_that(server, run, work, registry):
    registry(
        {"experiment_id": "a", "status": "running", "clearml_task_id": ID, "metrics": {"mine": 1}, "commit": "c" * 40},
        {"experiment_id": "b", "status": "cancelled", "clearml_task_id": f"{2:032x}"},
        {"experiment_id": "c", "status": "running", "clearml_task_id": f"{3:032x}"},
        {"experiment_id": "d", "status": "running"},
    )
    server.tasks = [task(1), task(2)]
    code, out, err = run("run", "sync", *HERE)
    assert code == 0 and "2 brought up to date, 0 unchanged" in out
    assert "1 experiment has a task that was deleted on the server: c; the registry's lines stay" in err
    line, lost = lines(work)[-2:]
    assert (line["experiment_id"], line["status"], line["commit"]) == ("a", "completed", "c" * 40)
    assert (lost["experiment_id"], lost["status"], lost["task_gone"]) == ("c", "running", "deleted")
    assert line["metrics"] == {"mine": 1, "seg_total": 41.5, "pde_mean": 11.25, "train_time_min": 30.0}
    assert "0 brought up to date" in run("run", "sync", *HERE)[1]
    assert len(lines(work)) == 6


def test_sync_says_what_was_archived_on_the_server(server, run, registry):
    registry({"experiment_id": "a", "clearml_task_id": ID}, {"experiment_id": "b", "clearml_task_id": f"{2:032x}"})
    server.tasks = [task(1, system_tags=["archived"]), task(2)]
    code, _, err = run("run", "sync", *HERE)
    assert code == 0 and "1 experiment has a task that was archived on the server: a;" in err


@pytest.mark.parametrize("top", [(), ("--top", "5")])
def test_a_ranking_says_which_tasks_the_last_sync_found_archived_or_deleted(server, run, registry, work, top):
    registry(
        *({"experiment_id": f"e{n}", "clearml_task_id": f"{n:032x}", "metrics": {"seg_total": n}} for n in (1, 2, 3))
    )
    server.tasks = [task(1, system_tags=["archived"]), task(2)]
    run("run", "sync", *HERE)
    rows = {
        row["experiment_id"]: row
        for row in json.loads(run("compare-scores", *HERE, *top, "--format", "json")[1])["ranking"]
    }
    assert "its ClearML task was archived on the server, as the last sync saw" in rows["e1"]["notes"]
    assert "its ClearML task was deleted on the server, as the last sync saw" in rows["e3"]["notes"]
    assert not any("server" in note for note in rows["e2"]["notes"])
    server.tasks[0]["system_tags"] = []
    assert "1 brought up to date" in run("run", "sync", *HERE)[1]
    assert "task_gone" not in lines(work)[-1]


def test_sync_needs_no_server_where_nothing_is_linked(server, run, registry):
    registry({"experiment_id": "d"})
    assert run("run", "sync", *HERE)[0] == 0
    assert server.calls == []


def test_every_reading_command_takes_the_server(server, run, work):
    poor = metrics(Score__seg_total=9, PDE__pde_mean=99, Time__train_time_min=3)
    server.tasks = [task(1), task(2, last_metrics=poor)]
    (work / "expflow.yaml").write_text("version: 1\nleaderboard: {source: clearml, project: PDEBench}\n")
    code, out, _ = run("clearml", "compare-scores", "--format", "json", "--gate", "pde_mean:lt:18.09")
    assert (code, [row["rank"] for row in json.loads(out)["ranking"]]) == (0, [1, None])
    assert json.loads(out)["source"] == "clearml"
    listed = json.loads(run("run", "list", "--source", "clearml", "--format", "json")[1])
    assert [record["experiment_id"] for record in listed] == [ID, f"{2:032x}"]
    assert json.loads(run("run", "show", ID, "--format", "json")[1])[0]["clearml_task_id"] == ID
    assert run("audit", "validate", ID, "--competition-rules", "--source", "clearml")[0] == 0
    assert run("audit", "validate", "any", "-c", "--task-id", f"{2:032x}")[0] == 1
    assert run("audit", "validate", "any", "-c", "--task-id", "nope")[0] == 2
    assert run("compare-scores", "--project", "Other")[0] == 3
    assert run("run", "verify")[0] == 2


def test_the_board_is_put_into_a_report_and_updated_in_place(server, run):
    server.tasks = [task(1), task(2)]
    board = ("clearml", "publish-board", "--project", "PDEBench")
    assert "made in PDEBench: 2 ranked" in run(*board)[1]
    server.tasks.insert(0, task(3))
    assert "updated in PDEBench: 3 ranked" in run(*board)[1]
    (report,) = [one for one in server.tasks if one.get("type") == "report"]
    assert "run 3" in report["report"] and report["report"].startswith("| rank | name |")
    report["status"] = "published"
    assert run(*board)[0] == 4
    assert run("clearml", "publish-board")[0] == 2
