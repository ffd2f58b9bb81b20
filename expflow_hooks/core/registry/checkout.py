"""A checkout of git's under way around a file: it may put another file in its place."""

from __future__ import annotations

import os
import time

from expflow_hooks.core.files import folders_up

PATIENCE = 5.0
"""Seconds that a checkout is waited for; one that lasts longer holds its lock for something else, or it crashed."""

_STEP = 0.002


class Checkouts:
    """Tells when a checkout that may replace a file is over: while it lasts, git keeps `index.lock`."""

    def __init__(self, path: str) -> None:
        self._lock = _index_lock(os.path.dirname(os.path.realpath(path)))
        self._given_up: tuple[int, int] | None = None

    def wait(self) -> None:
        """Return when no checkout is under way. A lock that outlasted our patience once is not waited for again."""
        deadline = time.monotonic() + PATIENCE
        while (found := self._found()) is not None and found != self._given_up:
            if time.monotonic() > deadline:
                self._given_up = found
                return
            time.sleep(_STEP)

    def _found(self) -> tuple[int, int] | None:
        if self._lock is None:
            return None
        try:
            found = os.stat(self._lock)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns


def _index_lock(folder: str) -> str | None:
    """Return the path of the lock of the index around a folder, or None outside a repository."""
    git = os.path.join(list(folders_up(folder))[-1], ".git")
    try:
        with open(git, encoding="utf-8", errors="surrogateescape") as file:  # a linked work tree, a submodule
            pointed = file.read(4096).partition("gitdir:")[2].strip()
        git = os.path.join(os.path.dirname(git), pointed)
    except IsADirectoryError:
        pass
    except OSError:
        return None if not os.path.isdir(git) else os.path.join(git, "index.lock")  # Windows refuses to open a folder
    return os.path.join(git, "index.lock")
