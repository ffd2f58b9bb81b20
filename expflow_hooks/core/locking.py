"""The lock of an append: one writer at a time on one file, which is opened, made if need be, and closed here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

WAIT = 30.0  # seconds: an append takes milliseconds, so a longer wait means that somebody holds the lock for good


@contextmanager
def locked(path: str, mode: int = 0o666) -> Iterator[int]:
    """Open `path` for appending, lock it, and yield its descriptor.

    Raises OSError if it cannot be opened, or TimeoutError if another process keeps the lock for 30 s.
    """
    deadline = time.monotonic() + WAIT
    while True:
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), mode)
        try:
            _lock(fd, deadline, path)
            if _still_there(fd, path):
                break
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)  # replaced while we waited (a checkout, an editor): lock the file that is there now
    try:
        yield fd
    finally:
        os.close(fd)  # this gives the lock back too


def _still_there(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


try:
    import fcntl

    def _try(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

except ImportError:  # Windows
    import msvcrt

    def _try(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]


def _lock(fd: int, deadline: float, path: str) -> None:
    wait = 0.001
    while True:
        try:
            _try(fd)
            return
        except (BlockingIOError, PermissionError):
            if time.monotonic() > deadline:
                raise TimeoutError(16, "another process keeps the lock") from None
        time.sleep(wait)
        wait = min(wait * 1.5, 0.05)
