"""Nothing goes round the guard: not a record, not another folder, not another name; and no error shows the PIN."""

from __future__ import annotations

import json
import os
import re
import socket

import pytest

SOURCE = ("--source", "experiments.jsonl")


@pytest.mark.parametrize(
    "record",
    [
        {"experiment_id": "a", "status": "deleted"},
        {"experiment_id": "a", "status": "stopped"},
        {"experiment_id": "a", "status": "completed", "event": {"action": "stop", "authorised": "pin"}},
    ],
)
def test_run_add_ends_no_experiment_and_adds_none_of_what_came_with_it(cli, registry, record):
    path = registry({"experiment_id": "a", "status": "running"})
    before = path.read_bytes()
    lines = json.dumps({"experiment_id": "new"}) + "\n" + json.dumps(record) + "\n"
    done = cli("run", "add", "-", *SOURCE, stdin=lines)
    assert (done.returncode, path.read_bytes()) == (5, before)
    assert len(done.stderr.splitlines()) == 1


def test_run_add_ends_no_experiment_that_came_with_it(cli, work):
    lines = "".join(
        json.dumps({"experiment_id": "a", "status": status}) + "\n" for status in ("running", "completed", "deleted")
    )
    done = cli("run", "add", "-", *SOURCE, stdin=lines)
    assert (done.returncode, (work / "experiments.jsonl").read_bytes()) == (5, b"")


def test_training_code_ends_no_experiment(registry):
    from expflow_hooks import record
    from expflow_hooks.core.errors import PinRefusedError

    path = registry({"experiment_id": "a", "status": "running"})
    before = path.read_bytes()
    with pytest.raises(PinRefusedError, match="run delete a"):
        record("a", status="deleted", registry=str(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("way", ["from here", "from elsewhere", "by a link", "with a policy elsewhere"])
def test_the_registrys_own_folder_says_whether_force_is_allowed(cli, registry, work, tmp_path_factory, way):
    path = registry({"experiment_id": "a", "status": "running"})
    (work / "expflow.yaml").write_text("version: 1\nguard: {allow_force: false}\n")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    source = path
    if way == "by a link":
        source = elsewhere / "experiments.jsonl"
        source.symlink_to(path)
    if way == "with a policy elsewhere":
        (elsewhere / "expflow.yaml").write_text("version: 1\nguard: {allow_force: true}\n")
    folder = work if way == "from here" else elsewhere
    done = cli("run", "cancel", "a", "--force", "--source", str(source), cwd=folder)
    assert done.returncode == (2 if way == "by a link" else 5), done.stderr  # a link is no registry's name
    assert "cancelled" not in path.read_text()


def test_the_history_says_who_by_system_git_and_host(cli, registry, monkeypatch):
    path = registry({"experiment_id": "a", "status": "running"})
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("USER", "somebody-else")
    assert cli("run", "cancel", "a", *SOURCE).returncode == 0
    event = json.loads(path.read_text().splitlines()[-1])["event"]
    import pwd

    assert event["by"] == pwd.getpwuid(os.geteuid()).pw_name
    assert event["git"] == "Test <test@example.invalid>"
    assert event["host"] == socket.gethostname()


@pytest.mark.parametrize(
    "arguments",
    [
        ["pin", "PIN"],
        ["pin", "clear", "PIN"],
        ["pin", "status", "PIN"],
        ["pin", "migrate", "PIN"],
        ["pin", "check", "PIN", "PIN"],
        ["pin", "check", "--pim", "PIN"],
        ["pin", "check", "--pim=PIN"],
        ["pin", "check", "-PIN"],
        ["pin", "check", "--pin-fd", "xPIN"],
        ["pin", "init", "PIN0"],
        ["run", "cancel", "a", "PIN"],
        ["run", "cancel", "PIN"],
        ["run", "stop", "a", "--wait", "PINs"],
        ["run", "delete", "a", "--pin", "PIN", "PIN"],
        ["run", "PIN"],
        ["PIN"],
        ["compare-scores", "PIN"],
    ],
)
def test_no_error_shows_the_pin(cli, registry, arguments):
    registry({"experiment_id": "a", "status": "running"})
    cli("pin", "init", "4711")
    done = cli(*(word.replace("PIN", "4711") for word in arguments))
    assert done.returncode != 0
    assert not re.search(r"(?<!\d)4711(?!\d)", done.stdout + done.stderr)


def test_check_takes_the_pin_as_it_is_naturally_typed(cli):
    cli("pin", "init", "4711")
    assert cli("pin", "check", "4711").returncode == 0
    assert cli("pin", "check", "4712").returncode == 5


@pytest.mark.parametrize("content", ["4711\n", "4711", "  4711  \nmore\n"])
def test_a_file_gives_the_pin(cli, registry, work, content):
    registry({"experiment_id": "a", "status": "running"})
    cli("pin", "init", "4711")
    file = work / "pin.txt"
    file.write_text(content)
    assert cli("pin", "check", env={"EXPFLOW_PIN_FILE": str(file)}).returncode == 0
    assert cli("run", "cancel", "a", *SOURCE, env={"EXPFLOW_PIN_FILE": str(file)}).returncode == 0


@pytest.mark.parametrize(("content", "code"), [("4712\n", 5), ("", 5), (None, 4)])
def test_a_file_that_gives_no_pin_opens_nothing(cli, work, content, code):
    cli("pin", "init", "4711")
    if content is not None:
        (work / "pin.txt").write_text(content)
    assert cli("pin", "check", env={"EXPFLOW_PIN_FILE": "pin.txt"}, stdin="4711\n").returncode == code


def test_a_descriptor_gives_the_pin(cli):
    cli("pin", "init", "4711")
    for entered, code in (("4711\n", 0), ("4712\n", 5), ("", 5)):
        reader, writer = os.pipe()
        os.write(writer, entered.encode())
        os.close(writer)
        done = cli("pin", "check", "--pin-fd", str(reader), pass_fds=[reader])
        os.close(reader)
        assert done.returncode == code
    assert cli("pin", "check", "--pin-fd", "99").returncode == 4
    assert cli("pin", "check", "--pin-fd", "-1").returncode == 4
