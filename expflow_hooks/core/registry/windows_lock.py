"""The lock of an append on Windows: one byte far beyond every line, since a locked byte cannot be read by others."""

from __future__ import annotations

import ctypes
from typing import Any

_AT_ONCE, _ALONE = 1, 2  # LOCKFILE_FAIL_IMMEDIATELY, LOCKFILE_EXCLUSIVE_LOCK
_HELD = 33  # ERROR_LOCK_VIOLATION
_BEYOND = 0x7FFF_FFFF  # the upper half of the byte's place: 8 EiB into the file


class _Overlapped(ctypes.Structure):
    _fields_ = (
        ("internal", ctypes.c_void_p),
        ("internal_high", ctypes.c_void_p),
        ("offset", ctypes.c_uint32),
        ("offset_high", ctypes.c_uint32),
        ("event", ctypes.c_void_p),
    )


def try_lock(fd: int) -> None:
    """Lock the file; raise BlockingIOError while another process has it locked, OSError where it cannot be."""
    _call("LockFileEx", fd, _AT_ONCE | _ALONE, 0)


def unlock(fd: int) -> None:
    """Give the lock back."""
    _call("UnlockFileEx", fd, 0)


def _call(name: str, fd: int, *flags: int) -> None:
    import msvcrt

    system: Any = getattr(ctypes, "WinDLL")("kernel32", use_last_error=True)  # noqa: B009  only Windows has it
    handle = ctypes.c_void_p(getattr(msvcrt, "get_osfhandle")(fd))  # noqa: B009
    place = _Overlapped(offset_high=_BEYOND)
    if getattr(system, name)(handle, *flags, 1, 0, ctypes.byref(place)):
        return
    error = getattr(ctypes, "get_last_error")()  # noqa: B009
    if error == _HELD:
        raise BlockingIOError(error, "another process has it locked")
    raise OSError(error, f"{name} failed with {error}")
