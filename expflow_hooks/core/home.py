"""`~/.expflow` and the files in it: private, made safely, replaced atomically."""

from __future__ import annotations

import contextlib
import os
import stat

from expflow_hooks.core.errors import UnreadableError


def home() -> str:
    """Return the path of `~/.expflow`; raise UnreadableError if the home folder is not known."""
    path = os.path.expanduser("~/.expflow")
    if path.startswith("~"):
        raise UnreadableError("the home folder is not known: set HOME")
    return path


def make_home() -> str:
    """Make `~/.expflow` with mode 0700 if it is not there, and return it; raise UnreadableError if it is not ours."""
    path = home()
    try:
        with contextlib.suppress(FileExistsError):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.mkdir(path, 0o700)
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode):
            raise UnreadableError(f"{path} is not a folder: move it away")
        _refuse_other_owner(path, found)
        if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o077:
            os.chmod(path, 0o700)
    except OSError as error:
        raise UnreadableError(f"cannot make {path}: {error.strerror}") from None
    return path


def read_private(path: str, limit: int = 4096) -> bytes | None:
    """Return the first bytes of a private file, or None if there is none.

    Raises UnreadableError for a symlink, another owner's file, or one that cannot be read.
    """
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        if isinstance(error, NotADirectoryError) and not os.path.lexists(os.path.dirname(path)):
            return None
        raise UnreadableError(f"cannot read {path}: {error.strerror}") from None
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise UnreadableError(f"{path} is not a plain file: move it away")
        _refuse_other_owner(path, found)
        return os.read(fd, limit)
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror}") from None
    finally:
        os.close(fd)


def replace_private(path: str, data: bytes) -> None:
    """Replace a file atomically with mode 0600, whatever the umask; raise UnreadableError and leave the old one."""
    new = f"{path}.{os.urandom(8).hex()}"
    try:
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            if os.name == "posix":
                os.fchmod(fd, 0o600)
            if os.write(fd, data) != len(data):
                raise OSError(28, "No space left on device")
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(new, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise UnreadableError(f"cannot write {path}: {error.strerror}") from None


def append_private(path: str, line: str) -> None:
    """Append a line to a private file, made with mode 0600; raise UnreadableError if it cannot be."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        fd = os.open(path, flags, 0o600)
        try:
            os.write(fd, f"{line}\n".encode())
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise UnreadableError(f"cannot write {path}: {error.strerror}") from None


def _refuse_other_owner(path: str, found: os.stat_result) -> None:
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise UnreadableError(f"{path} belongs to another user: it is not trusted")
