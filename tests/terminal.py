"""What a child does before it runs on a pseudo-terminal of its own, as a login shell's child would."""

from __future__ import annotations

import fcntl
import signal
import termios


def take_terminal() -> None:
    """Make standard input the controlling terminal, and let its signals through: for `preexec_fn`.

    Tests that run in the background inherit SIGINT and SIGQUIT ignored, and the child would keep them so.
    """
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
