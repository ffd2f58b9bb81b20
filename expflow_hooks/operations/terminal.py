"""Reading one line within a time limit: of a pipe, or of a terminal without echo, whatever signal comes meanwhile.

The echo is off only while this process waits in the foreground: when it ends, by whichever signal, the terminal echoes
again; when it is stopped (Ctrl-Z) the shell gets an echoing terminal, and after `fg` the echo is off again.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_LONGEST_LINE = 4096
_STEP = 0.2  # seconds
# What these do by default is not to end the process (or nobody can catch it, or the code itself is at fault).
_LEFT_ALONE = (
    *("SIGKILL", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT", "SIGCHLD", "SIGURG", "SIGWINCH", "SIGINFO"),
    *("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS", "SIGEMT", "SIGINT", "SIGPIPE"),
)


def read_line(fd: int, deadline: float | None = None, look: Callable[[], None] = lambda: None) -> str:
    """Return the next line of a descriptor, and take nothing beyond it; raise TimeoutError at the deadline.

    `look` is called now and then while nothing comes.
    """
    if os.name == "nt":  # no select on a pipe
        return _in_a_thread(lambda: _next_line(fd, lambda: None), deadline)
    return _next_line(fd, lambda: _wait_for(fd, deadline, look))


def _next_line(fd: int, wait: Callable[[], None]) -> str:
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
        wait()
        piece = os.read(fd, 1)
        if not piece:
            break
        line += piece
    return line.decode("utf-8", "replace")


def _wait_for(fd: int, deadline: float | None, look: Callable[[], None]) -> None:
    import select

    # In short steps: a signal that comes just before a wait does not end it, and its handler has to run soon.
    while not select.select([fd], [], [], _STEP)[0]:
        look()
        if deadline is not None and time.monotonic() > deadline:
            raise TimeoutError


def _in_a_thread(read: Callable[[], str], deadline: float | None) -> str:
    """Return what `read` returns; one that does not is left behind at the deadline."""
    import threading

    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(read()), daemon=True)
    thread.start()
    thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
    if not said:
        raise TimeoutError
    return said[0]


def read_unseen(prompt: str, deadline: float) -> str:
    """Return the line that is typed on the terminal, without echo; raise TimeoutError at the deadline, EOFError at ^D.

    Raises OSError if the terminal cannot be asked without echo.
    """
    try:
        import termios
    except ImportError:
        return _read_console(prompt, deadline)
    try:
        fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        fd = os.dup(sys.stdin.fileno())
    try:
        with _Silence(fd, prompt) as silence, _signals_obeyed(silence) as look:
            silence.begin()
            line = read_line(fd, deadline, look)
    except termios.error as error:  # the terminal went away
        raise OSError(f"the terminal cannot be asked: {error}") from None
    finally:
        os.close(fd)
    if not line:
        raise EOFError
    return line


class _Silence:
    """A terminal that does not echo from `begin` until this is left."""

    def __init__(self, fd: int, prompt: str) -> None:
        import termios

        self._termios, self._fd, self._prompt = termios, fd, prompt
        self._before = termios.tcgetattr(fd)

    def __enter__(self) -> _Silence:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin(self) -> None:
        """Switch the echo off and show the prompt."""
        silent = list(self._before)
        silent[3] = int(silent[3]) & ~self._termios.ECHO
        while True:
            try:
                # Not TCSAFLUSH, which waits until what was written is read, and a terminal may have gone away.
                self._termios.tcsetattr(self._fd, self._termios.TCSANOW, silent)
                self._termios.tcflush(self._fd, self._termios.TCIFLUSH)
                break
            except self._termios.error as error:
                if error.args[0] != errno.EINTR:  # it was stopped in the background, and goes on in the foreground
                    raise
        self._show(self._prompt)

    def end(self) -> None:
        """Put the terminal back as it was; one that another process has in the foreground now is that one's to set."""
        with suppress(OSError, self._termios.error):
            if os.tcgetpgrp(self._fd) != os.getpgrp():
                return
        with suppress(OSError, self._termios.error):
            self._termios.tcsetattr(self._fd, self._termios.TCSANOW, self._before)
            self._show("\n")

    def _show(self, text: str) -> None:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        with suppress(OSError):
            os.write(self._fd, text.encode(encoding, "backslashreplace"))


class _Ended(BaseException):
    """A signal that ends the process came during the prompt."""


@contextmanager
def _signals_obeyed(silence: _Silence) -> Iterator[Callable[[], None]]:
    """Let a signal that ends or stops the process do so with an echoing terminal; yield what looks for the former.

    A handler of somebody else's, or a signal that is ignored (`nohup`), stays as it is.
    """
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return

    def end(number: int, frame: Any) -> None:
        came.append(number)  # not raised here: Python swallows what is raised in the middle of some of its own work

    def look() -> None:
        if came:
            raise _Ended

    def stop(number: int, frame: Any) -> None:
        silence.end()
        signal.signal(number, signal.SIG_DFL)
        continued.clear()
        os.kill(os.getpid(), number)  # here it stops, and goes on
        signal.signal(number, stop)
        if not continued:  # an orphaned process cannot be stopped
            silence.begin()

    def go_on(number: int, frame: Any) -> None:
        continued.append(number)
        silence.begin()

    came: list[int] = []
    continued: list[int] = []
    handlers: dict[int, Callable[[int, Any], None]] = dict.fromkeys(signal.valid_signals() - _numbers(_LEFT_ALONE), end)
    handlers |= dict.fromkeys(_numbers(("SIGTSTP",)), stop) | dict.fromkeys(_numbers(("SIGCONT",)), go_on)
    ours = {number: handler for number, handler in handlers.items() if signal.getsignal(number) == signal.SIG_DFL}
    try:
        for number, handler in ours.items():
            signal.signal(number, handler)
        yield look
    except _Ended:
        raise KeyboardInterrupt from None  # where the signal does not end it at once
    finally:
        if came:
            silence.end()
        _restore_default(ours)
        if came:
            os.kill(os.getpid(), came[0])


def _numbers(names: tuple[str, ...]) -> set[int]:
    import signal

    return {getattr(signal, name) for name in names if hasattr(signal, name)}


def _restore_default(numbers: Any) -> None:
    import signal

    for number in numbers:
        signal.signal(number, signal.SIG_DFL)


def _read_console(prompt: str, deadline: float) -> str:
    """Return what is typed on the console of Windows, without echo."""
    import msvcrt

    console: Any = msvcrt
    for character in prompt:
        console.putwch(character)
    line = ""
    try:
        while True:
            while not console.kbhit():
                if time.monotonic() > deadline:
                    raise TimeoutError
                time.sleep(0.05)
            character = console.getwch()
            if character in "\r\n":
                return line + "\n"
            if character == "\x03":
                raise KeyboardInterrupt
            if character in "\x1a\x04" and not line:
                raise EOFError
            line = line[:-1] if character == "\b" else line + character
    finally:
        console.putwch("\r")
        console.putwch("\n")
