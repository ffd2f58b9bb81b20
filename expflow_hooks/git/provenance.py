"""What git says of the code that runs here: commit, branch, and whether there are uncommitted changes."""

from __future__ import annotations

import os
from typing import Any

from expflow_hooks.git.repository import Git


def provenance(registry: str | None = None, folder: str = ".") -> dict[str, Any]:
    """Return `commit`, `branch` and `dirty` of the repository around `folder`; nothing outside one.

    The registry's own new lines are no change of the code, so they do not make it dirty; untracked files neither.
    """
    git = Git(folder)
    commit = _line(git.tells("rev-parse", "--verify", "--quiet", "HEAD"))
    if not commit:
        return {}
    branch = _line(git.tells("symbolic-ref", "--quiet", "--short", "HEAD"))
    top = _line(git.tells("rev-parse", "--show-toplevel")) or folder
    pathspec = ["--", "."]
    if registry and not os.path.relpath(os.path.realpath(registry), top).startswith(".."):
        pathspec.append(f":(top,exclude,literal){os.path.relpath(os.path.realpath(registry), top)}")
    changes = Git(top).tells("status", "--porcelain", "--untracked-files=no", *pathspec)
    found: dict[str, Any] = {"commit": commit, "dirty": changes != b""}
    return found | ({"branch": branch} if branch else {})


def _line(said: bytes | None) -> str:
    return os.fsdecode(said or b"").rstrip("\n")
