"""`~/.expflow` and the files in it: private, made safely, replaced atomically.

On POSIX the folder is opened first and checked, and its files are opened through it: whoever puts a link in its place
between the check and the use gains nothing.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from expflow_hooks.core import platform
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.platform import BINARY, NO_LINK, read_at, sync, sync_folder


def home() -> str:
    """Return the path of `~/.expflow`; raise UnreadableError if the home folder is not known."""
    folder = os.path.expanduser("~")
    if not os.path.isabs(folder) or os.environ.get("HOME") == "":  # an empty one would be the root folder
        raise UnreadableError("the home folder is not known: set HOME to its whole path")
    return os.path.join(folder, ".expflow")


def make_home() -> str:
    """Make `~/.expflow` with mode 0700 if it is not there, and return it; raise UnreadableError if it is not ours."""
    path = home()
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
            os.chmod(path, 0o700)  # whatever the umask: a folder without its owner's bits could not be opened
    except OSError as error:
        raise UnreadableError(f"cannot make {path}: {error.strerror}") from None
    with _folder(path, mend=True):
        return path


def is_private(path: str) -> bool:
    """Return whether a path is one of a file in `~/.expflow`."""
    try:
        return os.path.dirname(os.path.abspath(path)) == home()
    except UnreadableError:
        return False


def open_private(path: str, flags: int) -> int:
    """Open a file in `~/.expflow` and return its descriptor; one that is opened to write gets mode 0600.

    Raises UnreadableError for a symlink, another owner's file or folder, and for what is no plain file; OSError if it
    cannot be opened.
    """
    mend = flags & (os.O_WRONLY | os.O_RDWR) != 0
    with _folder(os.path.dirname(path), mend=mend) as folder:
        name = path if folder is None else os.path.basename(path)
        if not platform.NO_FOLLOW:
            _refuse_link(path)
        try:
            fd = os.open(name, flags | NO_LINK, 0o600, dir_fd=folder)
        except OSError as error:
            _refuse_link(path)
            raise error
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise UnreadableError(f"{path} is not a plain file: move it away")
        _refuse_other_owner(path, found)
        if mend:
            platform.set_mode(fd, found, 0o600)
    except BaseException:
        os.close(fd)
        raise
    return fd


def read_private(path: str, limit: int = 4096) -> bytes | None:
    """Return the first bytes of a private file, or None if there is none.

    Raises UnreadableError for a symlink, another owner's file, or one that cannot be read.
    """
    try:
        fd = open_private(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror}") from None
    try:
        return os.read(fd, limit)
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror}") from None
    finally:
        os.close(fd)


def replace_private(path: str, data: bytes) -> None:
    """Replace a file atomically with mode 0600, whatever the umask; raise UnreadableError and leave the old one."""
    new = f"{path}.{os.urandom(8).hex()}"
    try:
        fd = open_private(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            if os.write(fd, data) != len(data):
                raise OSError(28, "No space left on device")
            sync(fd)
        finally:
            os.close(fd)
        os.replace(new, path)
        sync_folder(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise UnreadableError(f"cannot write {path}: {error.strerror}") from None


def append_private(path: str, line: str) -> None:
    """Append a line to a file of mode 0600; raise UnreadableError if it cannot be written."""
    try:
        fd = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(fd, f"{line}\n".encode("utf-8", "backslashreplace"))
            sync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise UnreadableError(f"cannot write {path}: {error.strerror}") from None


def read_all_at(fd: int, start: int, end: int) -> bytes:
    """Return the bytes of a file from `start` to `end`, fewer where it ends before."""
    pieces = []
    while start < end and (piece := read_at(fd, end - start, start)):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)


@contextmanager
def _folder(path: str, *, mend: bool) -> Iterator[int | None]:
    """Open the folder, check it, and make it private if `mend` is set.

    Yields its descriptor, or None where files cannot be opened through one.

    Raises UnreadableError for what is no folder of ours, FileNotFoundError where there is none.
    """
    if not platform.THROUGH_FOLDER:
        _check_folder(path)
        yield None
        return
    try:
        fd = os.open(path, os.O_RDONLY | platform.FOLDER | NO_LINK)
    except FileNotFoundError:
        raise
    except OSError as error:
        _refuse_link(path)
        if isinstance(error, NotADirectoryError):
            if not os.path.lexists(path):
                raise FileNotFoundError(error.errno, error.strerror, path) from None
            raise UnreadableError(f"{path} is not a folder: move it away") from None
        raise UnreadableError(f"cannot open {path}: {error.strerror}") from None
    try:
        found = os.fstat(fd)
        _refuse_other_owner(path, found)
        if mend:
            platform.set_mode(fd, found, stat.S_IMODE(found.st_mode) & 0o700)
        yield fd
    finally:
        os.close(fd)


def _check_folder(path: str) -> None:
    """Check a folder that cannot be opened: between this look and the use of it, a link can still take its place."""
    _refuse_link(path)
    if not stat.S_ISDIR(os.stat(path).st_mode):
        raise UnreadableError(f"{path} is not a folder: move it away")


def _refuse_link(path: str) -> None:
    if platform.is_link(path):
        raise UnreadableError(f"{path} is a symbolic link, which is not followed: move it away") from None


def _refuse_other_owner(path: str, found: os.stat_result) -> None:
    if platform.is_anothers(found):
        raise UnreadableError(f"{path} belongs to another user: it is not trusted")


def replace_file(path: str, data: bytes, mode: int | None = None, *, follow: bool = True) -> None:
    """Replace a file at once, or make it; the file that is there, where a link leads to it, keeps its mode.

    With `mode`, the new file gets that one; without `follow`, a link is replaced, not what it leads to. Raises
    OSError and leaves the old file as it was.
    """
    real = os.path.realpath(path) if follow else path
    if mode is None:
        try:
            mode = stat.S_IMODE(os.stat(real).st_mode)
        except FileNotFoundError:
            mode = None
    new = f"{real}.{os.urandom(8).hex()}"
    try:
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o666 if mode is None else 0o600)
        with open(fd, "wb") as file:
            file.write(data)
            file.flush()
            sync(fd)
        if mode is not None:
            os.chmod(new, mode)
        os.replace(new, real)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise


def folders_up(start: str = ".") -> Iterator[str]:
    """Yield `start` and the folders above it up to the repository's root; only `start` outside a repository."""
    folders = []
    folder = os.path.abspath(start)
    while True:
        folders.append(folder)
        if os.path.exists(os.path.join(folder, ".git")):
            yield from folders
            return
        parent = os.path.dirname(folder)
        if parent == folder:
            yield folders[0]
            return
        folder = parent
