"""`watch` in a real terminal: it draws again what jobs add, ends at Ctrl-C, and prints once where no terminal is."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

from terminal import take_terminal

RUN = {"experiment_id": "first", "metrics": {"pde_mean": 15.5}}


def until(master, word, seen):
    """Read a terminal until a word is on it."""
    end = time.monotonic() + 60
    while word not in seen and time.monotonic() < end:
        seen += os.read(master, 65536)
    assert word in seen
    return seen


def test_a_new_result_is_drawn_and_ctrl_c_ends_it(registry):
    path = registry(RUN)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "expflow_hooks", "watch", "--source", str(path), "--sort-by", "pde_mean"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "50", "LINES": "20"}
    child = subprocess.Popen(
        [*command, "--every", "0.2"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=take_terminal,
        env=environment,
    )
    os.close(slave)
    try:
        until(master, b"Ctrl-C ends", until(master, b"first", b""))
        with path.open("a") as file:
            file.write(json.dumps({"experiment_id": "second", "metrics": {"pde_mean": 14.25}}) + "\n")
        until(master, b"2 ranked", until(master, b"second", b""))
        path.write_text("")  # nothing in it for a moment is no end
        until(master, b"0 ranked", b"")
        os.write(master, b"\x03")
        assert child.wait(60) == 0
    finally:
        child.kill()
        os.close(master)


def test_it_prints_once_where_no_terminal_is(cli, registry):
    done = cli("watch", "--source", str(registry(RUN)), "--sort-by", "pde_mean")
    assert done.returncode == 0
    assert done.stdout.count("first") == 1 and "\x1b" not in done.stdout
    assert done.stderr == "expflow-hooks: standard output is no terminal, so the ranking is printed once\n"


def test_standard_input_cannot_be_watched(cli):
    done = cli("watch", "--source", "-", stdin="")
    assert done.returncode == 2 and "name a file" in done.stderr


def test_a_terminal_that_goes_away_ends_it(registry):
    path = registry(RUN)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "expflow_hooks", "watch", "--source", str(path), "--sort-by", "pde_mean"]
    child = subprocess.Popen(
        [*command, "--every", "0.2"],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(slave)
    try:
        until(master, b"Ctrl-C ends", b"")
        os.close(master)
        _, errors = child.communicate(timeout=60)
        assert child.returncode in (-signal.SIGHUP, 4)
        assert b"Traceback" not in errors
    finally:
        child.kill()
