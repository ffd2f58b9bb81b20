"""The folder of the indexes: private like the home folder, and safe to remove at any time."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from typing import NamedTuple

ENV_NO_INDEX = "EXPFLOW_NO_INDEX"
ENDING = ".sqlite"
LOCK, UNFINISHED = ".lock", ".new"

LEAST = 1 << 20
"""Bytes that are read as quickly as an index: fewer new ones are not worth one."""

_switched_off = [False]


class Unusable(Exception):
    """The index is not there, damaged, or of another version, user or kind."""


class Kept(NamedTuple):
    """What the folder holds: the indexes, their bytes, and when one was written last (seconds since 1970)."""

    indexes: int
    size: int
    newest: float


def switch(on: bool) -> None:
    """Use an index in this process or, as `--no-index` asks, none."""
    _switched_off[0] = not on


def is_on() -> bool:
    """Return whether an index may be used: neither `--no-index` nor the environment switches it off."""
    return not (_switched_off[0] or os.environ.get(ENV_NO_INDEX))


def is_worth_it(size: int) -> bool:
    """Return whether so many bytes are read more quickly with an index, and one may be used."""
    return size > LEAST and is_on()


def folder() -> str | None:
    """Return the folder of the indexes, or None where the user has no cache folder."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or ""
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    if not os.path.isabs(home) or home == os.sep:  # as an empty HOME makes it
        return None
    return os.path.join(base, "expflow", "index") if os.path.isabs(base) else None


def index_of(path: str) -> str | None:
    """Return the file of a registry's index, whether it is there or not; None where there can be none."""
    where = folder()
    if where is None:
        return None
    from hashlib import blake2b  # what asks whether an index may be used needs no hash

    name = blake2b(os.fsencode(os.path.realpath(path)), digest_size=16).hexdigest()
    return os.path.join(where, name + ENDING)


def make_folder() -> str | None:
    """Make the folder if need be and return it; None where that cannot be done, or where it is not private."""
    where = folder()
    if where is None:
        return None
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(where), exist_ok=True)
        os.mkdir(where, 0o700)
    return where if is_ours(where, stat.S_ISDIR) else None


def is_ours(path: str, kind: object = stat.S_ISREG) -> bool:
    """Return whether a path is a plain file (a folder) of this user's that nobody else may write, and no link."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    if not kind(found.st_mode):  # type: ignore[operator]
        return False
    if os.name != "posix":
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def kept() -> Kept:
    """Return what the folder holds; a folder that is not there or cannot be read holds nothing."""
    found = [os.stat(path) for path in _files((ENDING,))]
    return Kept(len(found), sum(one.st_size for one in found), max((one.st_mtime for one in found), default=0.0))


def clear() -> int:
    """Remove every index and return how many there were; raises OSError where one cannot be removed."""
    indexes = 0
    for path in _files((ENDING, LOCK, UNFINISHED)):
        indexes += path.endswith(ENDING)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    return indexes


def discard(path: str) -> None:
    """Remove the index of a registry, if there is one."""
    index = index_of(path)
    if index is not None:
        with contextlib.suppress(OSError):
            os.unlink(index)


def _files(endings: tuple[str, ...]) -> list[str]:
    where = folder()
    try:
        names = os.listdir(where) if where and is_ours(where, stat.S_ISDIR) else []
    except OSError:
        return []
    return [path for name in names if name.endswith(endings) and is_ours(path := os.path.join(str(where), name))]
