"""Where configuration is sought: from a folder up to the repository's root, no further."""

from __future__ import annotations

import os
from collections.abc import Iterator


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
