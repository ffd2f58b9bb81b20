"""SIGTERM as an exception, so that a run can record its end; schedulers send it before they kill."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType


class Terminated(SystemExit):
    """The process received SIGTERM; the exit code is that of a process ended by it."""

    def __init__(self) -> None:
        super().__init__(128 + signal.SIGTERM)


class TerminationHandler:
    """Raises Terminated in the main thread at the first SIGTERM, unless the program has a handler of its own."""

    def __init__(self) -> None:
        self._installed = False
        self._process = os.getpid()
        self.terminated = False

    def install(self) -> None:
        """Begin to listen, where SIGTERM would end the process and this is the main thread."""
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._raise)
            self._installed = True

    def remove(self) -> None:
        """Leave SIGTERM as it was, unless the program has changed it since."""
        if self._installed and signal.getsignal(signal.SIGTERM) == self._raise:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._installed = False

    def _raise(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a forked worker, which has no run to end
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        elif not self.terminated:  # a second one must not stop the first from being recorded
            self.terminated = True
            raise Terminated
