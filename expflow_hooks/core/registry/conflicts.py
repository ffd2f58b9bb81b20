"""Conflicts that a merge left in a registry's files."""

from __future__ import annotations

import os

from expflow_hooks.core.registry.codec import is_conflict_marker
from expflow_hooks.core.registry.location import is_folder
from expflow_hooks.core.registry.parts import parts_on_disk

_END = 1 << 20
"""Bytes at the end of a file that are examined: what two branches appended is there."""


def conflicted_file(path: str) -> str:
    """Return the first of a registry's files whose end has conflict markers; nothing where none has."""
    names = [path + name for name in parts_on_disk(path)] if is_folder(path) else [path]
    return next((name for name in names if _has_markers(name)), "")


def _has_markers(name: str) -> bool:
    if not os.path.isfile(name):  # a pipe would wait for who writes into it, a device never ends
        return False
    try:
        with open(name, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _END))
            return any(map(is_conflict_marker, file))
    except OSError:  # not there yet, or for who reads it to say
        return False
