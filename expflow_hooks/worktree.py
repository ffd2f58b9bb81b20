"""What git says of the code that runs here: commit, branch, and whether there are uncommitted changes."""

from __future__ import annotations

import os
import subprocess
from typing import Any


def provenance(registry: str | None = None, folder: str = ".") -> dict[str, Any]:
    """Return `commit`, `branch` and `dirty` of the repository around `folder`; nothing outside one.

    The registry's own new lines are no change of the code, so they do not make it dirty; untracked files neither.
    """
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return {}
    branch = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    top = _git(folder, "rev-parse", "--show-toplevel") or folder
    pathspec = ["--", "."]
    if registry and not os.path.relpath(os.path.realpath(registry), top).startswith(".."):
        pathspec.append(f":(top,exclude,literal){os.path.relpath(os.path.realpath(registry), top)}")
    changes = _git(top, "status", "--porcelain", "--untracked-files=no", *pathspec)
    found: dict[str, Any] = {"commit": commit, "dirty": changes != ""}
    return found | ({"branch": branch} if branch else {})


def _git(folder: str, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
