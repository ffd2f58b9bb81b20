"""Each place that turns an error into an exit code: what could not look is never 0 (`make mutants` tries them)."""

import errno
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from expflow_hooks import cli
from expflow_hooks.core import errors
from expflow_hooks.core.errors import UNREADABLE, USAGE, UnreadableError, UsageError
from expflow_hooks.hooks import plain, util
from expflow_hooks.scan import command

ERRORS = [
    (UsageError("x"), USAGE),
    (UnreadableError("x"), UNREADABLE),
    (KeyboardInterrupt(), UNREADABLE),
    (RuntimeError("x"), UNREADABLE),
    (OSError(errno.EIO, "x"), UNREADABLE),
]
CLICKS = [(click.UsageError("x"), USAGE), (click.ClickException("x"), USAGE)]


@pytest.mark.parametrize(
    ("error", "code"),
    [("Usage", 2), ("Policy", 2), ("Transition", 1), ("Undecided", 3), ("Unreadable", 4), ("PinRefused", 5)],
)
def test_each_error_has_its_exit_code(error, code):
    assert getattr(errors, f"{error}Error").exit_code == code


def raising(error: BaseException) -> Callable[..., int]:
    def work(*_: object, **__: object) -> int:
        raise error

    return work


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda value: type(value).__name__)
def test_a_hook_that_breaks_off_says_so_and_passes_nothing(error, code, work, capfd):
    assert util.run(raising(error), [], "expflow-audit", "") == code
    assert capfd.readouterr().out.splitlines()[-1].endswith(f"(exit {code})")


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda value: type(value).__name__)
def test_a_scan_that_breaks_off_passes_nothing(error, code, work, monkeypatch, capfd):
    monkeypatch.setattr(command, "scan", raising(error))
    assert command.main(["--staged"]) == code
    assert capfd.readouterr().err.splitlines()[-1].endswith(f"(exit {code})")


@pytest.mark.parametrize("code", range(6))
def test_a_hook_exits_with_what_it_found(code, work):
    assert util.run(lambda *_: code, [], "expflow-audit", "") == code


def test_a_hook_of_ours_that_cannot_be_loaded_fails(monkeypatch, capfd):
    monkeypatch.setattr("expflow_hooks.hooks.expflow.main", raising(ImportError("x")))
    assert plain._run_ours("pre-commit", [], None) == UNREADABLE
    said = "".join(capfd.readouterr())
    assert said.splitlines()[-1].endswith(f"error (exit {UNREADABLE})")


def test_an_earlier_hook_that_cannot_be_run_fails_and_its_own_code_is_passed_on(tmp_path: Path, monkeypatch):
    hook = tmp_path / "hook"
    hook.write_text("#!/bin/sh\nexit 7\n")
    hook.chmod(0o755)
    assert plain._run_earlier(str(hook), [], None) == 7
    hook.write_text("exit 6\n")
    assert plain._run_earlier(str(hook), [], None) == 6
    monkeypatch.setattr(subprocess, "run", raising(OSError(errno.EACCES, os.strerror(errno.EACCES))))
    assert plain._run_earlier(str(hook), [], None) == UNREADABLE


@pytest.mark.parametrize(
    ("error", "code"), [*ERRORS[:2], (KeyboardInterrupt(), 130), *ERRORS[3:], (BrokenPipeError(), 4), *CLICKS]
)
def test_a_command_that_breaks_off_is_no_success(error, code, monkeypatch):
    monkeypatch.setattr(cli, "root", type("Root", (), {"main": staticmethod(raising(error))}))
    monkeypatch.setattr(cli, "quiet", lambda stream: None)
    assert cli.main([]) == code
