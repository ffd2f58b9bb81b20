"""Where a PIN comes from: the option, the environment, a prompt on the terminal, or a line of standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from expflow_hooks.core.pin import store as pin

ENV_PIN = "EXPFLOW_PIN"
_QUIT = frozenset({"quit", "exit", "abort", "q"})


def ask_pin(prompt: str) -> str | None:
    """Return what the user enters, unseen, on the terminal, or one line of standard input; None for no answer."""
    if sys.stdin is None or sys.stdin.closed:
        return None
    try:
        entered = _ask_terminal(prompt) if sys.stdin.isatty() else sys.stdin.readline()
    except (EOFError, KeyboardInterrupt, TimeoutError, OSError, ValueError):
        return None
    entered = entered.strip()
    return None if not entered or entered.lower() in _QUIT else entered


def _ask_terminal(prompt: str) -> str:
    """Ask without echo; whatever ends the asking, the terminal echoes again afterwards."""
    import getpass

    from expflow_hooks.render.escape import terminal

    try:
        with _signals_unwind(), _time_limit(pin.LONGEST):
            return getpass.getpass(f"{terminal(prompt)} (4 digits, or quit): ")
    except (EOFError, TimeoutError):
        raise
    except Exception as error:  # termios.error, which Windows does not have: the terminal went away
        raise OSError(f"the terminal cannot be asked: {error}") from None


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


class _Ended(BaseException):
    """A signal that ends the process came during the prompt."""


@contextmanager
def _signals_unwind() -> Iterator[None]:
    """Let a signal that ends the process end the prompt first, which restores the terminal; then it ends the process.

    A handler of somebody else's, or a signal that is ignored (`nohup`), stays as it is.
    """
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: Any) -> None:
        raise _Ended(number)

    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
    ours = [number for number in wanted if signal.getsignal(number) == signal.SIG_DFL]
    try:
        for number in ours:
            signal.signal(number, end)
        yield
    except _Ended as came:
        _restore_default(ours)
        os.kill(os.getpid(), came.args[0])
        raise KeyboardInterrupt from None  # where the signal did not end it at once
    finally:
        _restore_default(ours)


def _restore_default(numbers: list[int]) -> None:
    import signal

    for number in numbers:
        signal.signal(number, signal.SIG_DFL)
