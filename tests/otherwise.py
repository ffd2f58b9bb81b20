"""A Python that lacks what Windows lacks: it takes that away when it is imported.

`os.name` stays as it is, or Python's own modules break.

The stand-in for `LockFileEx` keeps a real lock of this system, so that several processes can be tried.
"""

from __future__ import annotations

import ctypes
import os
import shutil  # noqa: F401  Python's own modules look at what there is when they are imported
import subprocess  # noqa: F401
import sys
import tempfile  # noqa: F401
import types

if os.name == "posix":  # elsewhere nothing is taken away
    import fcntl

_GONE = (
    *("pread", "pwrite", "readv", "fchmod", "geteuid", "getuid", "killpg", "posix_spawnp", "memfd_create", "getpgrp"),
    *("O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"),
)
_FAR = 0x7FFF_FFFF
_VIOLATION = 33


class _Kernel:
    last_error = 0

    def LockFileEx(self, handle, flags, reserved, low, high, overlapped):
        place = overlapped._obj
        assert (flags, reserved, low, high, place.offset, place.offset_high) == (3, 0, 1, 0, 0, _FAR)
        try:
            fcntl.flock(handle.value, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _Kernel.last_error = _VIOLATION
            return 0
        return 1

    def UnlockFileEx(self, handle, reserved, low, high, overlapped):
        assert (reserved, low, high, overlapped._obj.offset_high) == (0, 1, 0, _FAR)
        fcntl.flock(handle.value, fcntl.LOCK_UN)
        return 1


def become() -> None:
    """Take it away."""
    for name in _GONE:
        if hasattr(os, name):
            delattr(os, name)
    os.supports_dir_fd = set()
    for name in ("fcntl", "termios", "pwd", "tty", "resource"):
        sys.modules[name] = None  # type: ignore[assignment]
    console = types.ModuleType("msvcrt")
    console.get_osfhandle = lambda fd: fd or ctypes.c_void_p(0)  # type: ignore[attr-defined]
    sys.modules["msvcrt"] = console
    ctypes.WinDLL = lambda name, use_last_error: _Kernel()  # type: ignore[attr-defined]
    ctypes.get_last_error = lambda: _Kernel.last_error  # type: ignore[attr-defined]


if os.name == "posix":
    become()
