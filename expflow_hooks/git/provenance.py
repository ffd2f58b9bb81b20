"""Git's facts on the running code: commit, branch, and whether there are uncommitted changes."""

from __future__ import annotations

import os
from typing import Any

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.location import LINES, is_folder
from expflow_hooks.git.repository import Git


def provenance(registry: str | None = None, folder: str = ".") -> dict[str, Any]:
    """Return `commit`, `branch` and `dirty` of the repository around `folder`; nothing outside one.

    The registry's own new lines are no change of the code, so they do not make it dirty; untracked files neither.
    """
    git = Git(folder)
    try:
        top = git.try_top()
        commit = git.head() if top else ""
        if not commit:
            return {}
        branch = git.branch()
    except UnreadableError:  # training goes on where git cannot say what runs
        return {}
    pathspec = ["."]
    if inside := path_inside(top, registry):
        is_one_file = not is_folder(inside)
        pathspec.append(f":(top,exclude,literal){inside}" if is_one_file else f":(top,exclude,glob){inside}*{LINES}")
    found: dict[str, Any] = {"commit": commit, "dirty": _differs(Git(top), pathspec)}
    return found | ({"branch": branch} if branch else {})


def path_inside(top: str, path: str | None) -> str:
    """Return a path from a folder on, links followed, spelled with `/`; nothing for one that is not in it."""
    if not path or path == "-":
        return ""
    try:
        found = os.path.relpath(os.path.realpath(path), os.path.realpath(top))
    except ValueError:  # another drive
        return ""
    if found == os.pardir or found.startswith(os.pardir + os.sep):
        return ""
    return found.replace(os.sep, "/") + ("/" if is_folder(path) else "")


def _differs(git: Git, pathspec: list[str]) -> bool:
    try:
        return git.changed_files(pathspec)
    except UnreadableError:
        return True  # what cannot be told to be clean is not
