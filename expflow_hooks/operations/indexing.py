"""Bringing a registry's index up to date in a process of its own, which nobody waits for and which says nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from expflow_hooks.core.registry.index import cache

_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# -I: a module of the current folder is never imported; the folder of this package comes after everything else.
_RUN = "import sys; sys.path.append(sys.argv[1]); from expflow_hooks.operations import indexing; indexing.main()"


def refresh(path: str, job: bytes = b"") -> None:
    """Let the index of a registry's file be brought up to date, where so much is new that it is worth it.

    `job` is what `main` is to do besides, for the reader that has just done it itself.
    """
    if not (job or is_due(path)):
        return
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _RUN, _PACKAGES, os.path.abspath(path)],
            stdin=subprocess.PIPE,
            stdout=quiet,
            stderr=quiet,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(job)
        process.stdin.close()
    except OSError:
        return
    threading.Thread(target=process.wait, daemon=True).start()


def is_due(path: str) -> bool:
    """Say whether a registry is a file with so many new bytes that an index of them is worth its making."""
    try:
        size = os.path.getsize(path)
    except OSError:
        return False
    if not (cache.is_worth_it(size) and os.path.isfile(path) and sys.executable):
        return False
    from expflow_hooks.core.registry.index.build import is_due as due
    from expflow_hooks.core.registry.index.build import is_made_now
    from expflow_hooks.core.registry.index.index import indexed_bytes

    return due(size, indexed_bytes(path)) and not is_made_now(path)


def main() -> None:
    """Do the work of the process: the file is the last argument."""
    import gc

    from expflow_hooks.core.registry.index.build import update

    gc.disable()
    if hasattr(os, "nice"):
        os.nice(10)
    update(sys.argv[-1])
