"""Bring a registry's index up to date in a process of its own, silent and not waited for."""

from __future__ import annotations

import os
import sys
from typing import IO, TYPE_CHECKING

from expflow_hooks.core.registry.index import cache

if TYPE_CHECKING:
    from expflow_hooks.core.ranking.query import Query

_PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# -I: a module of the current folder is never imported; the folder of this package comes after everything else.
_RUN = "import sys; sys.path.append(sys.argv[1]); from expflow_hooks.operations import indexing; indexing.main()"


def refresh(path: str) -> None:
    """Let the index of a registry's file be brought up to date, where so much is new that it is worth it."""
    if _is_due(path):
        _start(path)


def refresh_ranking(path: str, query: Query) -> None:
    """Let the index keep the columns of a ranking too, so that the next one reads only the lines that came since."""
    from expflow_hooks.core.ranking.rank import saved_key

    key = saved_key(query)
    if key is None:
        refresh(path)
    elif _is_due(path, key):
        import pickle

        _start(path, pickle.dumps(query._replace(remarks={})))


def _is_due(path: str, key: str | None = None) -> bool:
    try:
        size = os.path.getsize(path)
    except OSError:
        return False
    if not (cache.is_worth_it(size) and os.path.isfile(path) and sys.executable):
        return False
    from expflow_hooks.core.registry.index.build import is_due, is_made_now
    from expflow_hooks.core.registry.index.index import indexed_bytes

    return is_due(size, indexed_bytes(path, key), columns=key is not None) and not is_made_now(path)


def _start(path: str, job: bytes = b"") -> None:
    """Start the process; what it is to do besides comes on its standard input."""
    import subprocess
    import threading

    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _RUN, _PACKAGES, os.path.abspath(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(job)
        process.stdin.close()
    except OSError:
        return
    threading.Thread(target=process.wait, daemon=True).start()


def main() -> None:
    """Do the work of the process: the file is the last argument, a query may come on standard input."""
    import gc
    import pickle

    job = sys.stdin.buffer.read()
    gc.disable()
    if hasattr(os, "nice"):
        os.nice(10)
    update(sys.argv[-1], pickle.loads(job) if job else None)  # of the process that started this one


def update(path: str, query: Query | None = None) -> bool:
    """Bring the index of a registry's file up to date, with the columns of a query; say whether they are there now."""
    from expflow_hooks.core.registry.index import build

    if not build.update(path):
        return False
    if query is None:
        return True
    from expflow_hooks.core.ranking.rank import columns_to_save, saved_key
    from expflow_hooks.core.registry.experiment import Placed
    from expflow_hooks.core.registry.random_access import LineReader
    from expflow_hooks.core.registry.reader import Registry

    key = saved_key(query)
    if key is None:
        return False
    registry = Registry(path)

    def make(file: IO[bytes], end: int) -> build.Made | None:
        again = LineReader()
        again.take(file)
        made = columns_to_save(Placed(lambda _: registry.read_between(file, 0, 0, end), again), query)
        unreadable = {"unreadable": registry.unreadable, "unreadable_count": registry.unreadable_count}
        return made and ({**made[0], **unreadable}, made[1])

    return build.add_columns(path, key, make)
