"""The lock of an append: one writer at a time on one file, which is opened, made if need be, and closed here."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager

from expflow_hooks.core.files import is_private, open_private

WAIT = 30.0  # seconds: an append takes milliseconds, so a longer wait means that somebody holds the lock for good


@contextmanager
def locked(path: str, mode: int = 0o666) -> Iterator[int]:
    """Open `path` for appending, lock it, and yield its descriptor; a file in `~/.expflow` is opened as private.

    Raises OSError if it cannot be opened or locked, or TimeoutError if another process keeps the lock for 30 s.
    """
    deadline = time.monotonic() + WAIT
    while True:
        fd = _open(path, mode)
        try:
            _lock(fd, deadline)
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


def _open(path: str, mode: int) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    if is_private(path):
        return open_private(path, flags)
    fd = os.open(path, flags, mode)
    if not stat.S_ISREG(os.fstat(fd).st_mode):  # a device has no end, and a pipe no beginning
        os.close(fd)
        raise OSError(22, "it is not a plain file")
    return fd


def _still_there(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


try:
    import fcntl

    _HELD: tuple[type[OSError], ...] = (BlockingIOError,)

    def _try(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def is_locked(fd: int) -> bool:
        """Say whether somebody is appending just now; False where locks do not work."""
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(fd, fcntl.LOCK_UN)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

except ImportError:  # Windows
    import msvcrt

    _HELD = (BlockingIOError, PermissionError)
    _BEYOND = 0x7FFF_FFFE  # where no line is: a locked byte cannot be read, and readers are not to wait

    def _try(fd: int) -> None:
        os.lseek(fd, _BEYOND, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]

    def is_locked(fd: int) -> bool:
        """Say whether somebody is appending just now: not known here."""
        return False


def _lock(fd: int, deadline: float) -> None:
    wait = 0.001
    while True:
        try:
            _try(fd)
            return
        except _HELD:
            if time.monotonic() > deadline:
                raise TimeoutError(16, "another process keeps the lock") from None
        time.sleep(wait)
        wait = min(wait * 1.5, 0.05)
