"""Cancel, stop and delete in every state of a task: the table of docs/clearml.md, and what may happen meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.clearml_faults import cut, refuse
from fakes.clearml_tasks import task

from expflow_hooks import init_pin
from expflow_hooks.cli import main
from expflow_hooks.core.registry.permit import Permit
from expflow_hooks.sources.clearml.task import STATES

ID, OTHER = f"{1:032x}", f"{2:032x}"
HERE = ("--source", "experiments.jsonl")
DOCUMENT = Path(__file__).parents[2] / "docs" / "clearml.md"
STATUSES = (*STATES, "unknown")
COMMANDS = ("cancel", "stop", "delete", "delete --stop", "delete --permanently")
VERBS = {"tasks.stop": "stopped", "tasks.archive_many": "archived", "tasks.delete": "deleted for good"}


@pytest.fixture
def run(server, work, capsys):
    """Return a function that runs `run OPERATION --task-id ID` here and gives exit code, output and errors."""

    def call(operation, *more):
        words = operation.split()
        code = main(["run", *words, "--task-id", ID, "--wait", "0", *HERE, *more])
        told = capsys.readouterr()
        assert "Traceback" not in told.err and told.err.count("\n") <= 2
        return code, told.out, told.err

    return call


def lines(work):
    path = work / "experiments.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def changes(server):
    return [VERBS[call] for call, _ in server.calls if call in VERBS]


def documented():
    """Return the cells of the document's table, by status and command."""
    rows = [line.strip().strip("|").split("|") for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    rows = [[cell.strip().replace("`", "") for cell in row] for row in rows]
    return {(row[0], command): cell for row in rows for command, cell in zip(COMMANDS, row[1:], strict=True)}


def test_the_document_has_every_state_and_every_command():
    assert documented().keys() == {(status, command) for status in STATUSES for command in COMMANDS}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_state_and_command_is_as_documented(server, run, work, status, command):
    server.tasks = [task(1, status=status)]
    code, _, err = run(command)
    if documented()[status, command] == "refused":
        assert (code, changes(server), lines(work)) == (1, [], []), err
        return
    done, recorded = documented()[status, command].split(": ")
    assert code == 0, err
    assert (changes(server) or ["nothing"]) == done.split(", ")
    (line,) = lines(work)
    assert (line["status"], line["event"]["before"]) == (recorded, STATES.get(status, status))
    gone = "deleted for good" in done
    assert [one["id"] for one in server.tasks] == ([] if gone else [ID])
    assert "tasks.dequeue" not in [call for call, _ in server.calls]


@pytest.mark.parametrize("operation", COMMANDS)
@pytest.mark.parametrize("found", STATUSES)
@pytest.mark.parametrize("before", ["queued", "in_progress", "completed"])
def test_a_task_that_moves_on_just_before_the_call_is_recorded_as_it_is_seen(
    server, run, work, operation, before, found
):
    server.tasks = [task(1, status=before)]
    first = next((call for call in VERBS if VERBS[call] in documented()[before, operation]), None)
    if first is None:
        return
    server.before[first] = lambda: server.get(ID).update(status=found)
    code, _, err = run(operation)
    recorded = [line["status"] for line in lines(work)]
    left = [(one["status"], "archived" in one["system_tags"]) for one in server.tasks]
    if not recorded:
        assert code in (1, 4), err
        assert left == [(found, False)]
    elif recorded == ["deleted"]:
        assert (code, left) == (0, []) or left[0][1]
    else:
        assert recorded == (["cancelled"] if operation == "cancel" else ["stopped"])
        assert left[0][0] == "stopped"


@pytest.mark.parametrize("operation", ["cancel", "stop"])
@pytest.mark.parametrize("fault", [cut(), refuse(502), refuse(500)])
def test_a_lost_answer_is_looked_up_and_what_was_done_is_recorded(server, run, work, operation, fault):
    server.tasks = [task(1, status="in_progress")]

    def done_and_lost(handler):
        server.get(ID)["status"] = "stopped"
        fault(handler)

    server.faults = [None, None, done_and_lost]
    assert run(operation)[0] == 0
    assert [line["status"] for line in lines(work)] == ["cancelled" if operation == "cancel" else "stopped"]


def test_a_lost_answer_to_a_change_that_was_not_made_is_an_error_and_no_line(server, run, work):
    server.tasks, server.faults = [task(1, status="in_progress")], [None, None, refuse(502)]
    code, _, err = run("stop")
    assert (code, lines(work)) == (4, [])
    assert "tasks.stop: the server answered 502; looked at again, the server has it as in_progress" in err


@pytest.mark.parametrize("operation", ["stop", "cancel", "delete --stop"])
def test_a_server_that_dies_after_the_call_leaves_a_line_that_says_so(server, run, work, operation, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    server.tasks, server.faults = [task(1, status="in_progress")], [None, None, None, *[refuse(500)] * 9]
    code, _, err = run(operation)
    (line,) = lines(work)
    assert (code, line["status"]) == (4, "running")
    assert "what became of it could not be seen" in line["event"]["server"] and line["event"]["by"]
    assert "recorded as running" in err


def test_a_permanent_deletion_whose_answer_is_lost_is_recorded_with_who_did_it(server, run, work):
    server.tasks = [task(1, system_tags=["archived"])]

    def done_and_lost(handler):
        server.tasks.clear()
        cut()(handler)

    server.faults = [None, None, None, None, done_and_lost]  # two looks, each at the task and at its children
    code, _, err = run("delete --permanently")
    assert code == 0, err
    (line,) = lines(work)
    assert line["status"] == "deleted" and line["event"]["by"] and "for good" in line["event"]["server"]


def test_a_deletion_for_good_that_fails_after_the_archiving_says_both(server, run, work):
    server.tasks = [task(1)]
    server.before["tasks.delete"] = lambda: server.tasks.append(task(2, parent=ID))
    code, _, err = run("delete --permanently")
    (line,) = lines(work)
    assert (code, line["status"], len(server.tasks)) == (4, "deleted", 2)
    assert "archived" in line["event"]["server"] and "has children" in line["event"]["server"]
    assert "has children" in err


@pytest.mark.parametrize(
    ("fields", "option", "says"),
    [({"status": "published"}, "--published", "it is published"), ({}, "--parent", f"were made from it ({OTHER})")],
)
def test_what_is_published_or_a_parent_is_deleted_for_good_only_by_name(server, run, work, fields, option, says):
    server.tasks = [task(1, **fields)]
    server.tasks += [task(2, parent=ID, system_tags=["hidden"])] if option == "--parent" else []
    code, _, err = run("delete --permanently")
    assert (code, changes(server), lines(work)) == (1, [], []) and says in err
    assert run("delete --permanently", option)[0] == 0
    assert ID not in [one["id"] for one in server.tasks]
    assert run("delete", option)[0] == 2


@pytest.mark.parametrize("operation", ["delete", "delete --permanently", "stop", "cancel"])
def test_the_pin_is_not_asked_for_what_is_refused_anyway(server, run, work, registry, operation, monkeypatch):
    init_pin("".join("4711"))
    asked = []
    monkeypatch.setattr("expflow_hooks.core.pin.guard.require", lambda *_: asked.append(1))
    refused = "in_progress" if operation.startswith("delete") else "published"
    server.tasks = [task(1, status=refused)]
    assert run(operation)[0] == 1
    server.tasks = [task(1)]
    registry({"experiment_id": "a", "status": "deleted", "clearml_task_id": ID})
    code, _, err = run(operation)
    assert (code, asked, changes(server)) == (1, [], [])
    assert "it is deleted here already" in err


def test_three_deletes_at_once_write_one_line(server, work):
    server.tasks = [task(1)]
    command = [sys.executable, "-m", "expflow_hooks", "run", "delete", "--task-id", ID, *HERE]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    told = [one.communicate(timeout=60) for one in started]
    codes = sorted(one.returncode for one in started)
    assert set(codes) <= {0, 1} and 0 in codes, told
    assert [line["status"] for line in lines(work)] == ["deleted"]


def test_twelve_writers_at_once_leave_one_line_and_eleven_answers(server, run, work, capsys):
    from threading import Barrier, Thread

    from expflow_hooks.core.metrics.standard import Metrics
    from expflow_hooks.core.registry.writer import Writer
    from expflow_hooks.operations.operate import Request
    from expflow_hooks.operations.remote import perform, prepare
    from expflow_hooks.sources.clearml.control import RemoteTask
    from expflow_hooks.sources.clearml.read import open_client

    server.tasks, barrier, done = [task(1)], Barrier(12), []

    def one():
        writer = Writer("experiments.jsonl")
        prepared = prepare(writer, Request("delete", "exp-1"), RemoteTask(open_client(), ID, Metrics()))
        barrier.wait(30)
        done.append(perform(writer, prepared, Permit("unguarded")))

    threads = [Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [line["status"] for line in lines(work)] == ["deleted"]
    assert sorted(one.recorded for one in done) == [False] * 11 + [True]
    assert all("recorded already, by " in (one.told or "") for one in done if not one.recorded)


class TestPairs:
    """An ID and a --task-id belong together, or nothing is done."""

    @pytest.fixture
    def known(self, server, registry):
        server.tasks = [task(1), task(2)]
        registry(
            {"experiment_id": "a", "clearml_task_id": ID, "metrics": {"seg_total": 1}},
            {"experiment_id": "b", "clearml_task_id": OTHER},
            {"experiment_id": "c", "metrics": {"seg_total": 1}},
        )

    @pytest.mark.parametrize(
        ("name", "task_id", "code", "says"),
        [
            ("a", OTHER, 2, f"its ClearML task is {ID}"),
            ("d", OTHER, 2, "that task is b"),
            ("c", f"{3:032x}", 2, "it has no ClearML task in the registry"),
            ("a", ID, 0, ""),
        ],
    )
    def test_of_an_operation(self, known, server, work, capsys, name, task_id, code, says):
        assert main(["run", "delete", name, "--task-id", task_id, *HERE]) == code
        assert says in capsys.readouterr().err
        assert len(changes(server)) == (code == 0)

    @pytest.mark.parametrize(
        ("name", "task_id", "code"), [("a", OTHER, 2), ("d", OTHER, 2), ("a", ID, 0), ("c", ID, 2)]
    )
    def test_of_an_audit(self, known, server, capsys, name, task_id, code):
        assert main(["audit", "validate", name, "-c", "--task-id", task_id, *HERE]) == code
        told = capsys.readouterr()
        assert ("do not belong together" in told.err) == (code == 2)
        assert ("hold" in told.out) == (code == 0)


class TestWhere:
    """Many at once, under one PIN."""

    @pytest.fixture
    def many(self, server, registry):
        server.tasks = [task(1, status="queued"), task(2, status="completed"), task(3, status="in_progress")]
        registry(
            *({"experiment_id": f"fno-{n}", "status": "running", "tags": ["fno"], "clearml_task_id": f"{n:032x}"}
              for n in (1, 2, 3)),
            {"experiment_id": "local", "status": "running", "tags": ["fno"]},
            {"experiment_id": "other", "status": "running", "tags": ["mlp"]},
        )  # fmt: skip

    def test_what_matches_is_listed_and_cancelled_and_what_is_refused_is_said(self, many, server, work, capsys):
        init_pin("".join("4711"))
        code = main(["run", "cancel", "--where", "tags~fno", "--wait", "0", "--pin", "".join("4711"), *HERE])
        told = capsys.readouterr()
        last = {line["experiment_id"]: line for line in lines(work)}
        states = {name: line["status"] for name, line in last.items()}
        assert states == {
            "fno-1": "cancelled", "fno-2": "running", "fno-3": "cancelled", "local": "cancelled", "other": "running",
        }  # fmt: skip
        assert code == 1 and "cannot go from completed to cancelled" in told.err
        assert "cancel fno-1: fno-1, running" in told.err and "cancel other" not in told.err
        assert {last[name]["event"]["authorised"] for name in ("fno-1", "fno-3", "local")} == {"pin"}

    def test_a_wrong_pin_cancels_none(self, many, server, work, monkeypatch):
        init_pin("".join("4711"))
        monkeypatch.setattr("expflow_hooks.core.pin.guard.time.sleep", lambda seconds: None)
        assert main(["run", "cancel", "--where", "tags~fno", "--pin", "0000", *HERE]) == 5
        assert changes(server) == [] and len(lines(work)) == 5

    def test_where_nothing_matches_it_is_undecided(self, many, server):
        assert main(["run", "cancel", "--where", "tags~none", *HERE]) == 3
        assert main(["run", "cancel", "fno-1", "--where", "tags~fno", *HERE]) == 2
        assert server.calls == []
