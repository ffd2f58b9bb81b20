"""Where a PIN comes from: the option, the environment, a prompt on the terminal, or a line of standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from expflow_hooks.core import pin

ENV_PIN = "EXPFLOW_PIN"
_QUIT = frozenset({"quit", "exit", "abort", "q"})


def ask_pin(prompt: str) -> str | None:
    """Return what the user enters, unseen, on the terminal, or one line of standard input; None for no answer."""
    if sys.stdin is None or sys.stdin.closed:
        return None
    try:
        if sys.stdin.isatty():
            import getpass

            with _time_limit(pin.LONGEST):
                entered = getpass.getpass(f"{prompt} (4 digits, or quit): ")
        else:
            entered = sys.stdin.readline()
    except (EOFError, KeyboardInterrupt, TimeoutError, OSError, ValueError):
        return None
    entered = entered.strip()
    return None if not entered or entered.lower() in _QUIT else entered


def asker(given: str | None, *, use_environment: bool = True) -> pin.Ask:
    """Return how to ask: a PIN that was given, by option or `EXPFLOW_PIN`, answers once; else the user is asked."""
    value = given if given is not None else (os.environ.get(ENV_PIN) or None) if use_environment else None
    if value is None:
        return ask_pin
    answers = iter([value])
    return lambda prompt: next(answers, None)


def guard(action: str, ask: pin.Ask | None = None, *, wait: Callable[[float], None] | None = None) -> bool:
    """Ask for the PIN before a destructive action; say whether it may go on.

    Where no PIN is set it may. `ask` takes a prompt and returns what was entered, or None to give up; without it,
    `EXPFLOW_PIN`, the terminal or a line of standard input answers. Three tries, 30 s in all.
    """
    extra = {} if wait is None else {"wait": wait}
    return pin.guard(action, ask or asker(None), **extra)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after `seconds`, where signals allow it; the terminal's echo is restored on the way out."""
    import signal
    import threading

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def answer(question: str, default: str) -> str:
    """Return what the user answers on one line, or the default for an empty line or none."""
    return _line(f"{question} [{default}] ") or default


def confirm(question: str) -> bool:
    """Return whether the user says yes, on the terminal or in a line of standard input; nothing said is no."""
    return _line(f"{question} [y/N] ").lower() in ("y", "yes")


def _line(prompt: str) -> str:
    if sys.stdin is None or sys.stdin.closed:
        return ""
    try:
        print(prompt, end="", file=sys.stderr, flush=True)
        said = sys.stdin.readline().strip()
        if not sys.stdin.isatty():
            print(file=sys.stderr)
        return said
    except (OSError, ValueError):
        return ""
