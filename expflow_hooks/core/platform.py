"""What operating systems do differently, each with its fall-back: the one place that asks which system this is.

Linux and macOS share POSIX; Windows has no positional read, no folder descriptor, no mode bits and no `fcntl`.
"""

from __future__ import annotations

import os
import stat

BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""Flags of every file that is opened by descriptor: without them Windows writes `\\r\\n` for each `\\n`."""
FOLDER = getattr(os, "O_DIRECTORY", 0)
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
"""Refuse a symbolic link while opening; 0 where only a look beforehand can (`is_link`)."""
NO_LINK = NO_FOLLOW | BINARY | getattr(os, "O_NONBLOCK", 0)
THROUGH_FOLDER = os.open in os.supports_dir_fd
"""Whether a file can be opened through the descriptor of its folder."""
HAS_MODES = os.name == "posix"
"""Whether files have mode bits that keep other users out."""

_INVALID = 22  # EINVAL: a file system whose folders cannot be synced


def read_at(fd: int, size: int, place: int) -> bytes:
    """Return up to `size` bytes of a file at a place, and leave the descriptor's own place as it is.

    Without `pread` it is moved and put back: two threads must not share a descriptor there.
    """
    if hasattr(os, "pread"):
        return os.pread(fd, size, place)
    before = os.lseek(fd, 0, os.SEEK_CUR)
    try:
        os.lseek(fd, place, os.SEEK_SET)
        return os.read(fd, size)
    finally:
        os.lseek(fd, before, os.SEEK_SET)


def read_into(fd: int, buffer: memoryview, place: int) -> int:
    """Fill a buffer from a file at a place, as far as the file goes, and return how many bytes that were."""
    if hasattr(os, "preadv"):
        return os.preadv(fd, [buffer], place)
    data = read_at(fd, len(buffer), place)
    buffer[: len(data)] = data
    return len(data)


def sync(fd: int) -> None:
    """Bring what was written to a file onto the disk itself: on macOS, fsync only hands it to the drive."""
    try:
        import fcntl
    except ImportError:  # Windows, where fsync is a flush to the disk
        os.fsync(fd)
        return
    try:
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)  # type: ignore[attr-defined,unused-ignore]
    except (AttributeError, OSError):  # another system, or a file system that has no such call
        os.fsync(fd)


def sync_folder(path: str) -> None:
    """Bring the name of a new file onto the disk, where a folder can be opened for it."""
    if os.name != "posix":
        return
    fd = os.open(os.path.dirname(path) or ".", os.O_RDONLY | BINARY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno != _INVALID:
            raise
    finally:
        os.close(fd)


def set_mode(fd: int, found: os.stat_result, mode: int) -> None:
    """Give an opened file or folder its mode, where there are modes and it has another."""
    if HAS_MODES and stat.S_IMODE(found.st_mode) != mode:
        os.fchmod(fd, mode)


def is_anothers(found: os.stat_result) -> bool:
    """Return whether a file belongs to another user, where files have a number of their owner."""
    return hasattr(os, "geteuid") and found.st_uid != os.geteuid()


def is_link(path: str) -> bool:
    """Return whether a path is a symbolic link or Windows' other kind of link, a junction."""
    return os.path.islink(path) or bool(getattr(os.path, "isjunction", lambda _: False)(path))


def relative(path: str, start: str | None = None) -> str:
    """Return a path as seen from a folder, the current one by default; the absolute one where a drive is between."""
    try:
        return os.path.relpath(path, start or os.curdir)
    except ValueError:
        return os.path.abspath(path)
