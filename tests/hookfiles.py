"""Hook files for the tests of `install`: one of somebody's own, and what stands in a hook folder."""

from __future__ import annotations

import stat
from pathlib import Path

OWN = '#!/bin/sh\nread line\necho "own $1 $line" >> "$(git rev-parse --git-dir)/own.log"\nexit ${OWN_EXIT:-0}\n'


def write_own(folder: Path, name: str, text: str = OWN, mode: int = 0o754) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def state(folder: Path) -> dict[str, tuple[bytes, int, bool]]:
    """Return contents and mode of every hook file that git or somebody else put there."""
    return {
        path.name: (path.read_bytes(), stat.S_IMODE(path.lstat().st_mode), path.is_symlink())
        for path in folder.iterdir()
        if not path.name.endswith(".sample")
    }
