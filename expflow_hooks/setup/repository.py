"""The repository that is set up: its root, its hook folder, and whether others may share that folder."""

from __future__ import annotations

import os
from typing import NamedTuple

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git.repository import Git


class WorkTree(NamedTuple):
    """A work tree: its root, the folder that git takes its hooks from, and core.hooksPath if that is set."""

    git: Git
    root: str
    hooks: str
    hooks_path: str | None
    common: str

    @property
    def shares_hooks(self) -> bool:
        """Return whether the hook folder lies outside of this repository's git directory."""
        inside = os.path.join(os.path.realpath(self.common), "")
        return not os.path.join(os.path.realpath(self.hooks), "").startswith(inside)

    def tracked(self, path: str) -> bool:
        """Return whether the index has the file."""
        return self.git.tracked(path)


def find(folder: str = ".") -> WorkTree:
    """Return the repository around a folder; raise UnreadableError if there is none, or none with a work tree."""
    root = Git(folder).try_top()
    if not root:
        raise UnreadableError(f"{os.path.abspath(folder)} is not in a git work tree; `git init` makes one")
    git = Git(root)  # at the root: git prints a relative core.hooksPath as it is, and hooks run there
    hooks, common = (_path(git, root, *ask) for ask in (("--git-path", "hooks"), ("--git-common-dir",)))
    return WorkTree(git, root, hooks, git.setting("core.hooksPath") or None, common)


def _path(git: Git, root: str, *ask: str) -> str:
    return os.path.normpath(os.path.join(root, git.folder(*ask)))
