"""The lock of an append: one writer at a time on one file, which is opened, made if need be, and closed here."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager

from expflow_hooks.core.files import is_private, open_private
from expflow_hooks.core.platform import BINARY

WAIT = 60.0
"""Seconds that an append waits: nothing long is done under the lock, so whoever keeps it longer was stopped."""

_SHORTEST, _LONGEST = 0.0005, 0.05  # seconds between two tries


@contextmanager
def opened(path: str) -> Iterator[int]:
    """Open a registry for appending, made if it is not there, and yield its descriptor; one at home is private.

    Raises OSError if it cannot be opened or is no plain file.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | BINARY
    fd = open_private(path, flags) if is_private(path) else os.open(path, flags, 0o666)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):  # a device has no end, and a pipe no beginning
            raise OSError(22, "it is not a plain file")
        yield fd
    finally:
        os.close(fd)  # this gives a lock back, too


@contextmanager
def locked(fd: int, wait: float = WAIT) -> Iterator[None]:
    """Lock an opened file; raise TimeoutError if another process keeps its lock so many seconds."""
    begin = time.monotonic()
    while not _taken(fd):
        waited = time.monotonic() - begin
        if waited > wait:
            raise TimeoutError(16, "another process keeps the lock")
        # Short at first, since an append takes a fraction of a millisecond: sixteen processes take turns at that rate.
        time.sleep(min(_LONGEST, max(_SHORTEST, waited / 20)))
    try:
        yield
    finally:
        _unlock(fd)


def is_named(fd: int, path: str) -> bool:
    """Return whether the path names the opened file, not another that was put in its place."""
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


def _taken(fd: int) -> bool:
    try:
        _try(fd)
    except BlockingIOError:
        return False
    return True


try:
    import fcntl

    def _try(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)

    def is_locked(fd: int) -> bool:
        """Return whether somebody is appending just now; False where locks do not work."""
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(fd, fcntl.LOCK_UN)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

except ImportError:  # Windows
    from expflow_hooks.core.registry.windows_lock import try_lock as _try
    from expflow_hooks.core.registry.windows_lock import unlock as _unlock

    def is_locked(fd: int) -> bool:
        """Return whether somebody is appending just now; False where locks do not work."""
        try:
            _try(fd)
            _unlock(fd)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False
