"""What appends to a registry: to its file, or in a folder to the file of the branch that is checked out."""

from __future__ import annotations

import os

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.location import is_folder
from expflow_hooks.core.registry.writer import Writer


def open_writer(path: str) -> Writer:
    """Return the writer of a registry, whose path is as `sources.open.registry_path` gives it."""
    if not is_folder(path):
        return Writer(path)
    from expflow_hooks.core.registry.folder_writer import FolderWriter

    return FolderWriter(path, lambda: _own_file(path))


def _own_file(folder: str) -> str:
    """Return the file of the branch checked out around a folder; training goes on where git cannot tell it."""
    from expflow_hooks.core.registry.branch_file import DETACHED, NO_REPOSITORY, branch_file
    from expflow_hooks.git.repository import Git

    git = Git(os.path.dirname(os.path.abspath(folder)))
    try:
        return branch_file(git.branch()) if git.try_top() else NO_REPOSITORY
    except UnreadableError:
        return DETACHED
