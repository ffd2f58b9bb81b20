"""`run`: add, list, show, and the guarded operations with their history."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time

import pytest
from terminal import take_terminal

SOURCE = ("--source", "experiments.jsonl")


def records(work):
    return [json.loads(line) for line in (work / "experiments.jsonl").read_text().splitlines()]


def test_add_takes_an_object_a_list_or_lines(cli, work):
    for text in (
        '{"experiment_id": "a"}',
        '[{"experiment_id": "b"}, {"experiment_id": "c"}]',
        '{"experiment_id": "d"}\n{"experiment_id": "e"}\n',
    ):
        assert cli("run", "add", "-", *SOURCE, stdin=text).returncode == 0
    assert [record["experiment_id"] for record in records(work)] == ["a", "b", "c", "d", "e"]


def test_add_appends_to_no_conflict(cli, work):
    for name, source in (("experiments.jsonl", "experiments.jsonl"), ("e/main.jsonl", "e/")):
        (work / "e").mkdir(exist_ok=True)
        (work / name).write_text('{"experiment_id": "a"}\n<<<<<<< HEAD\n{"experiment_id": "b"}\n=======\n>>>>>>> x\n')
        before = (work / name).read_bytes()
        done = cli("run", "add", "-", "--source", source, stdin='{"experiment_id": "c"}')
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{name} has conflict markers" in done.stderr
        assert (work / name).read_bytes() == before
        assert "a conflict marker" in cli("run", "list", "--source", source).stderr


def test_add_adds_all_or_nothing(cli, work):
    done = cli("run", "add", "-", *SOURCE, stdin='{"experiment_id": "a"}\n{"experiment_id": \n')
    assert (done.returncode, done.stdout) == (2, "")
    assert "-:2: not JSON; nothing was added" in done.stderr
    assert not (work / "experiments.jsonl").exists()
    done = cli("run", "add", "-", *SOURCE, stdin='[{"experiment_id": "a"}, {"experiment_id": "b", "status": "done"}]')
    assert done.returncode == 2
    assert "'done' is not a state" in done.stderr
    assert not (work / "experiments.jsonl").exists()


def test_add_fills_what_git_knows(cli, work, repo):
    (work / "f").write_text("1")
    repo("add", "f")
    repo("commit", "-qm", "one")
    cli("run", "add", "-", *SOURCE, stdin='{"experiment_id": "a"}')
    (record,) = records(work)
    assert (record["commit"], record["branch"], record["dirty"]) == (repo("rev-parse", "HEAD"), "main", False)


def test_list_and_show(cli, registry):
    registry(
        {"experiment_id": "a", "status": "running", "project": "P", "tags": ["t"], "mine": 1},
        {
            "experiment_id": "a",
            "status": "completed",
            "project": "P",
            "tags": ["t"],
            "metrics": {"pde_mean": 3},
            "mine": 2,
        },
        b'{"experiment_id": "b", "status": "completed", "metrics": {"pde_mean": NaN}}',
    )
    assert "2 experiments" in cli("run", "list", *SOURCE).stdout
    listed = json.loads(cli("run", "list", *SOURCE, "--format", "json", "-p", "P").stdout)
    assert [(record["experiment_id"], record["mine"]) for record in listed] == [("a", 2)]
    assert json.loads(cli("run", "list", *SOURCE, "--format", "json", "--status", "running").stdout) == []
    assert json.loads(cli("run", "show", "b", *SOURCE, "--format", "json").stdout)[0]["metrics"] == {"pde_mean": None}
    history = json.loads(cli("run", "show", "a", *SOURCE, "--history", "--format", "json").stdout)
    assert [record["status"] for record in history] == ["running", "completed"]
    assert cli("run", "status", "a", *SOURCE).stdout == cli("run", "show", "a", *SOURCE).stdout


@pytest.mark.parametrize(
    ("operation", "state", "code"),
    [
        *(("cancel", s, 0) for s in ("created", "dispatched", "queued", "running")),
        *(("cancel", s, 1) for s in ("completed", "failed", "stopped", "cancelled", "deleted")),
        ("stop", "running", 0),
        *(("stop", s, 1) for s in ("created", "queued", "completed", "stopped", "deleted")),
        *(("delete", s, 0) for s in ("created", "running", "completed", "failed", "cancelled")),
        ("delete", "deleted", 1),
    ],
)
def test_each_operation_is_for_its_states(cli, registry, work, operation, state, code):
    registry({"experiment_id": "a", "status": state, "metrics": {"pde_mean": 1.0}, "mine": [1]})
    done = cli("run", operation, "a", *SOURCE)
    assert done.returncode == code
    if code:
        assert f"cannot go from {state} to" in done.stderr
        assert len(records(work)) == 1
    else:
        last = records(work)[-1]
        assert last["status"] == {"cancel": "cancelled", "stop": "stopped", "delete": "deleted"}[operation]
        assert (last["mine"], last["metrics"]) == ([1], {"pde_mean": 1.0})
        assert (last["event"]["action"], last["event"]["authorised"]) == (operation, "unguarded")
        assert "Recorded; no process was stopped." in done.stdout


def guarded(cli, registry):
    registry({"experiment_id": "a", "status": "running"})
    assert cli("pin", "init", "4711").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "env", "stdin", "code", "authorised"),
    [
        (["--pin", "4711"], {}, None, 0, "pin"),
        (["--pin", "0000"], {}, None, 5, None),
        ([], {"EXPFLOW_PIN": "4711"}, None, 0, "pin"),  # expflow: allow-pin-hash
        ([], {"EXPFLOW_PIN": "0000"}, "4711\n", 5, None),  # expflow: allow-pin-hash
        (["--pin", "4711"], {"EXPFLOW_PIN": "0000"}, None, 0, "pin"),  # expflow: allow-pin-hash
        ([], {}, "4711\n", 0, "pin"),
        ([], {}, "0000\n4711\n", 0, "pin"),
        ([], {}, "0000\n", 5, None),
        ([], {}, "quit\n", 5, None),
        ([], {}, "", 5, None),
        (["--force"], {}, None, 0, "force"),
        (["-f"], {}, None, 0, "force"),
    ],
)
def test_the_guard_stands_before_an_operation(cli, registry, work, arguments, env, stdin, code, authorised):
    guarded(cli, registry)
    done = cli("run", "cancel", "a", *SOURCE, "--reason", "wrong mesh", *arguments, env=env, stdin=stdin)
    assert done.returncode == code
    if authorised is None:
        assert len(records(work)) == 1
    else:
        event = records(work)[-1]["event"]
        assert (event["authorised"], event["reason"]) == (authorised, "wrong mesh")
        assert event["by"]
        assert event["at"]
        assert ("forced" in done.stderr) is (authorised == "force")
    assert "4711" not in done.stdout + done.stderr


def test_the_policy_may_refuse_force(cli, registry, work):
    guarded(cli, registry)
    (work / "expflow.yaml").write_text("version: 1\nguard: {allow_force: false}\n")
    done = cli("run", "cancel", "a", *SOURCE, "--force")
    assert done.returncode == 5
    assert "allow_force" in done.stderr
    assert len(records(work)) == 1


def test_a_prompt_on_a_terminal_does_not_echo_and_is_restored_by_ctrl_c(cli, registry, work):
    guarded(cli, registry)
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "expflow_hooks", "run", "cancel", "a", *SOURCE],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    shown = b""
    deadline = time.monotonic() + 20
    while b"quit): " not in shown and time.monotonic() < deadline:
        shown += os.read(main, 1000)
    assert b"cancel a (a, running)" in shown
    os.write(main, b"0000\n")
    while b"try 2 of 3" not in shown and time.monotonic() < deadline:
        shown += os.read(main, 1000)
    os.write(main, b"\x03")
    assert process.wait(20) == 5
    assert b"0000" not in shown
    import termios

    assert termios.tcgetattr(terminal)[3] & termios.ECHO
    os.close(terminal)
    os.close(main)
    assert len(records(work)) == 1


def test_verify_exits_by_what_it_finds(cli, work):
    assert cli("run", "verify").returncode == 3
    for name in "abc":
        cli("run", "add", "-", *SOURCE, stdin=json.dumps({"experiment_id": name}))
    done = cli("run", "verify", *SOURCE)
    assert (done.returncode, "the history holds" in done.stdout) == (0, True)
    head = json.loads(cli("run", "verify", *SOURCE, "--format", "json").stdout)["heads"][0]["hash"]
    path = work / "experiments.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    assert cli("run", "verify", *SOURCE).returncode == 0
    done = cli("run", "verify", *SOURCE, "--expect-head", head)
    assert (done.returncode, "cut" in done.stdout) == (1, True)
    path.write_bytes(b'{"experiment_id": "theirs"}\n')
    assert cli("run", "verify", *SOURCE).returncode == 3
    path.write_bytes(b'{"experiment_id": "the')
    assert cli("run", "verify", *SOURCE).returncode == 4


def test_a_list_shows_the_last_ones_and_says_so(cli, registry):
    registry(*({"experiment_id": f"e{n}"} for n in range(60)))
    text = cli("run", "list", *SOURCE).stdout
    assert "e59" in text
    assert "e9 " not in text
    assert "the last 50 that changed in experiments.jsonl" in text
    assert "e9 " in cli("run", "list", *SOURCE, "--top", "60").stdout
    assert len(json.loads(cli("run", "list", *SOURCE, "--format", "json").stdout)) == 60
    assert [
        one["experiment_id"] for one in json.loads(cli("run", "list", *SOURCE, "--format", "json", "--top", "2").stdout)
    ] == ["e58", "e59"]


def test_top_is_how_many_rows_a_program_gets(cli, registry):
    registry(*({"experiment_id": f"e{n}", "metrics": {"pde_mean": n}} for n in range(40)))
    options = (*SOURCE, "--sort-by", "pde_mean", "--gate", "pde_mean:lt:3", "--format", "json")
    found = json.loads(cli("compare-scores", *options, "--top", "5").stdout)
    assert [row["rank"] for row in found["ranking"]] == [1, 2, 3, None, None]
    assert (found["counts"]["ranked"], found["counts"]["below_the_line"]) == (3, 37)
    assert len(json.loads(cli("compare-scores", *options, "--top", "2").stdout)["ranking"]) == 2
