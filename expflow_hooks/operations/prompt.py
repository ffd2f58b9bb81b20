"""Where a PIN comes from: the option, a descriptor, the environment, a prompt on the terminal, or standard input."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.pin import guard as pin
from expflow_hooks.operations.terminal import read_line, read_unseen

ENV_PIN = "EXPFLOW_PIN"
ENV_FILE = "EXPFLOW_PIN_FILE"
_QUIT = frozenset({"quit", "exit", "abort", "q"})


def asker(given: str | None, *, descriptor: int | None = None, use_environment: bool = True) -> pin.Ask:
    """Return how to ask for the PIN: one that was given answers once; else the user is asked.

    Given it is by option, on an open descriptor, by `EXPFLOW_PIN`, or in the file that `EXPFLOW_PIN_FILE` names.
    """
    deadline = time.monotonic() + pin.LONGEST
    value = next(_given(given, descriptor, use_environment, deadline), None)
    if value is None:
        return _user_asker()
    answers = iter([value])
    return lambda prompt: next(answers, None)


def given_by_environment() -> bool:
    """Return whether the environment gives a PIN."""
    return bool(os.environ.get(ENV_PIN) or os.environ.get(ENV_FILE))


def _given(given: str | None, descriptor: int | None, use_environment: bool, deadline: float) -> Iterator[str]:
    """Yield the PIN from each place that gives one, in the order of precedence."""
    if given is not None:
        yield given
    if descriptor is not None:
        yield _first_line(f"descriptor {descriptor}", lambda: os.dup(descriptor), deadline)
    if use_environment and (value := os.environ.get(ENV_PIN)):
        yield value
    if use_environment and (path := os.environ.get(ENV_FILE)):
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)  # a pipe that nobody writes to is not waited for at once
        yield _first_line(f"{path}, which {ENV_FILE} names", lambda: os.open(path, flags), deadline)


def _first_line(where: str, opened: Callable[[], int], deadline: float) -> str:
    try:
        fd = opened()
        try:
            return read_line(fd, deadline)
        finally:
            os.close(fd)
    except (OSError, OverflowError) as error:
        raise UnreadableError(f"cannot read the PIN from {where}: {getattr(error, 'strerror', error)}") from None


def _user_asker() -> pin.Ask:
    """Return a function that asks the user; all its questions together last 30 s at most."""
    deadline: list[float] = []

    def ask(prompt: str) -> str | None:
        if not deadline:
            deadline.append(time.monotonic() + pin.LONGEST)
        return ask_pin(prompt, deadline[0])

    return ask


def ask_pin(prompt: str, deadline: float) -> str | None:
    """Return what the user enters, unseen, on the terminal, or one line of standard input; None for no answer."""
    if sys.stdin is None or sys.stdin.closed:
        return None
    from expflow_hooks.render.escape import terminal

    try:
        if sys.stdin.isatty():
            entered = read_unseen(f"{terminal(prompt)} (4 digits, or quit): ", deadline)
        else:
            entered = read_line(sys.stdin.fileno(), deadline)
    except (EOFError, KeyboardInterrupt, OSError, ValueError):
        return None
    entered = entered.strip()
    return None if not entered or entered.lower() in _QUIT else entered


def guard(action: str, ask: pin.Ask | None = None, *, wait: Callable[[float], None] = time.sleep) -> bool:
    """Ask for the PIN before a destructive action; return whether it may proceed.

    Where no PIN is set it may. `ask` takes a prompt and returns what was entered, or None to give up; without it,
    `EXPFLOW_PIN`, `EXPFLOW_PIN_FILE`, the terminal or a line of standard input answers. Three tries, 30 s in all.
    """
    return pin.guard(action, ask or asker(None), wait=wait)


def answer(question: str, default: str) -> str:
    """Return what the user answers on one line, or the default for an empty line or none."""
    return _line(f"{question} [{default}] ") or default


def confirm(question: str) -> bool:
    """Return whether the user answers yes, on the terminal or in a line of standard input; no answer is no."""
    return _line(f"{question} [y/N] ").lower() in ("y", "yes")


def _line(prompt: str) -> str:
    if sys.stdin is None or sys.stdin.closed:
        return ""
    try:
        print(prompt, end="", file=sys.stderr, flush=True)
        said = read_line(sys.stdin.fileno()).strip()
        if not sys.stdin.isatty():
            print(file=sys.stderr)
        return said
    except (OSError, ValueError):
        return ""
