"""The guard's prompt on a real terminal: what it shows, and that whatever ends it leaves the terminal echoing."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest
from terminal import take_terminal

SOURCE = ("--source", "experiments.jsonl")


class Terminal:
    """A pseudo-terminal with our command on it."""

    def __init__(self, *arguments: str, shell: str | None = None) -> None:
        self.main, self.terminal = pty.openpty()
        self.shown = b""
        self.process = subprocess.Popen(
            ["bash", "-c", shell] if shell else [sys.executable, "-m", "expflow_hooks", *arguments],
            stdin=self.terminal,
            stdout=self.terminal,
            stderr=self.terminal,
            start_new_session=True,
            preexec_fn=take_terminal,
        )

    def until(self, text: bytes) -> bytes:
        """Read what is shown until `text` is."""
        deadline = time.monotonic() + 30
        while text not in self.shown and time.monotonic() < deadline:
            self.shown += os.read(self.main, 1000)
        return self.shown

    def echoes(self) -> bool:
        """Say whether the terminal echoes what is typed."""
        return bool(termios.tcgetattr(self.terminal)[3] & termios.ECHO)

    def is_silent(self) -> bool:
        """Say whether it stops echoing within ten seconds."""
        deadline = time.monotonic() + 10
        while self.echoes() and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self.echoes()


@pytest.fixture
def start() -> Iterator[type[Terminal]]:
    """Give what starts a command on a terminal; end what is left of it."""
    started: list[Terminal] = []

    def begin(*arguments: str, shell: str | None = None) -> Terminal:
        started.append(Terminal(*arguments, shell=shell))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        os.close(one.main)
        os.close(one.terminal)


@pytest.mark.parametrize(
    ("sent", "ends_with"),
    [
        (signal.SIGINT, 5),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGQUIT, -signal.SIGQUIT),
        (b"\x03", 5),
        (b"\x04", 5),
        (b"quit\n", 5),
    ],
)
def test_whatever_ends_the_prompt_leaves_the_terminal_echoing(cli, registry, start, work, sent, ends_with):
    path = registry({"experiment_id": "a", "status": "running"})
    cli("pin", "init", "4711")
    before = path.read_bytes()
    terminal = start("run", "cancel", "a", *SOURCE)
    terminal.until(b"quit): ")
    assert terminal.is_silent()
    if isinstance(sent, bytes):
        os.write(terminal.main, sent)
    else:
        terminal.process.send_signal(sent)
    assert terminal.process.wait(20) == ends_with
    assert terminal.echoes()
    assert path.read_bytes() == before


def test_the_prompt_shows_what_would_be_lost(cli, registry, start, work):
    registry(
        {"experiment_id": "fno", "name": "fno\x1b[2J", "metrics": {"pde_mean": 2.0}},
        {"experiment_id": "best", "metrics": {"pde_mean": 1.0}},
        {"experiment_id": "fno-2", "metrics": {"pde_mean": 3.0}, "params": {"Args/teacher": "runs/fno/last.pt"}},
        {"experiment_id": "fno-3", "metrics": {"pde_mean": 4.0}, "parent": "fno-2"},
    )
    (work / "expflow.yaml").write_text("version: 1\nleaderboard: {sort_by: pde_mean}\n")
    cli("pin", "init", "4711")
    terminal = start("run", "delete", "fno", *SOURCE)
    shown = terminal.until(b"quit): ").decode()
    assert "completed, pde_mean 2); rank 2 of 4 by pde_mean; referred to by fno-2: PIN" in shown
    assert "\x1b[2J" not in shown, "what comes from data moves no cursor"
    os.write(terminal.main, b"4711\n")
    assert terminal.process.wait(20) == 0


def test_a_registry_that_cannot_be_ranked_does_not_keep_from_asking(cli, registry, work):
    registry({"experiment_id": "a", "status": "running"})
    (work / "expflow.yaml").write_text("version: 1\nleaderboard: {sort_by: seg_total}\n")
    cli("pin", "init", "4711")
    assert cli("run", "cancel", "a", *SOURCE, "--pin", "4711").returncode == 0


@pytest.mark.parametrize("terminal", [True, False])
def test_force_is_refused_where_the_policy_says_so_and_told_where_it_is_not(cli, registry, work, terminal):
    path = registry({"experiment_id": "a", "status": "running"})
    (work / "expflow.yaml").write_text(f"version: 1\nguard: {{allow_force: {str(terminal).lower()}}}\n")
    done = cli("run", "cancel", "a", *SOURCE, "--force", "--reason", "wrong mesh")
    assert done.returncode == (0 if terminal else 5)
    assert ('"authorised": "force"' in path.read_text()) is terminal


@pytest.mark.parametrize("name", ["SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGABRT", "SIGALRM", "SIGVTALRM", "SIGRTMIN"])
def test_every_signal_that_ends_the_prompt_leaves_the_terminal_echoing(cli, start, name):
    cli("pin", "init", "4711")
    terminal = start("pin", "check")
    terminal.until(b"quit): ")
    assert terminal.is_silent()
    number = getattr(signal, name)
    terminal.process.send_signal(number)
    assert terminal.process.wait(20) == -number
    assert terminal.echoes()


def test_a_prompt_that_is_stopped_and_goes_on_echoes_in_between_only(cli, start):
    """As Ctrl-Z and `fg` do it: a shell of job control, which owns the terminal while its job is stopped."""
    cli("pin", "init", "4711")
    shell = start(shell=f"set -m; {sys.executable} -m expflow_hooks pin check; echo stopped; read x; fg; echo told $?")
    shell.until(b"quit): ")
    assert shell.is_silent()
    os.write(shell.main, b"\x1a")
    shell.until(b"stopped")
    assert shell.echoes()
    shell.shown = b""
    os.write(shell.main, b"\n")
    shell.until(b"quit): ")
    assert shell.is_silent()
    os.write(shell.main, b"4711\n")
    shown = shell.until(b"told 0")
    assert b"4711" not in shown
    assert b"The PIN is right" in shown


def test_a_prompt_that_was_stopped_without_asking_is_silent_again_when_it_goes_on(cli, start):
    cli("pin", "init", "4711")
    terminal = start("pin", "check")
    terminal.until(b"quit): ")
    assert terminal.is_silent()
    terminal.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED)
    before = termios.tcgetattr(terminal.terminal)
    before[3] |= termios.ECHO  # as a shell does that takes its terminal back
    termios.tcsetattr(terminal.terminal, termios.TCSANOW, before)
    terminal.process.send_signal(signal.SIGCONT)
    assert terminal.is_silent()
    os.write(terminal.main, b"4711\n")
    assert terminal.process.wait(20) == 0


@pytest.mark.parametrize("given", [b"", b"47"])
def test_a_pipe_that_stays_silent_is_given_up_after_the_time_of_a_prompt(given):
    from expflow_hooks.operations.terminal import read_line

    reader, writer = os.pipe()
    os.write(writer, given)
    try:
        with pytest.raises(TimeoutError):
            read_line(reader, time.monotonic() + 0.2)
    finally:
        os.close(reader)
        os.close(writer)


def test_all_questions_of_a_prompt_share_its_time(monkeypatch):
    from expflow_hooks.operations import prompt

    asked = []
    monkeypatch.setattr(prompt, "ask_pin", lambda text, deadline: asked.append(deadline) or "0000")
    ask = prompt.asker(None)
    ask("one")
    ask("two")
    assert len(asked) == 2
    assert asked[0] == asked[1]
