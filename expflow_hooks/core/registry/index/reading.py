"""Reading a registry's file with what its index knows: the lines that are asked for, and those that came since."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterator
from typing import IO, Any, NamedTuple

from expflow_hooks.core.registry.index.cache import Unusable
from expflow_hooks.core.registry.index.index import Index, blobs_of, open_index
from expflow_hooks.core.registry.live_file import open_settled
from expflow_hooks.core.registry.tail import line_at


def lines_about(path: str, file: IO[bytes], ids: Collection[str]) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of the lines that may be about experiments; of those that no index has, all."""
    index = open_index(path, file.fileno()) if file.seekable() and hasattr(file, "raw") else None
    known = _known(index, file.fileno(), ids) if index else None
    if index is None or known is None:
        yield from enumerate(file, start=1)
        return
    yield from known
    file.seek(index.end)
    yield from enumerate(file, start=index.lines + 1)


class OpenedColumns(NamedTuple):
    """The columns of a ranking in an index, and the registry's file that the index fits."""

    file: IO[bytes]
    meta: dict[str, Any]
    blob: Callable[[int], bytes]


def open_saved(path: str, key: str) -> OpenedColumns | None:
    """Return the columns that an index has under a key, or None."""
    try:
        file = open_settled(path)
    except OSError:
        return None
    index = open_index(path, file.fileno())
    found = index.container.meta.get("columns", {}).get(key) if index else None
    if index is not None and found is not None:
        first, blob = blobs_of(found["slot"]).start, index.container.blob
        with contextlib.suppress(Unusable):
            return OpenedColumns(file, json.loads(blob(first)), lambda number: blob(first + 1 + number))
    if index is not None:
        index.close()
    file.close()
    return None


def _known(index: Index, fd: int, ids: Collection[str]) -> list[tuple[int, bytes]] | None:
    """Return the lines in an index that may be about experiments, or that nobody can read; None: ask no index."""
    try:
        if index.unreadable is None:
            return None
        places = {found.place: found.number for name in ids for found in index.find(name)}
        places.update(zip(index.unreadable[::2], index.unreadable[1::2], strict=True))
        return [(places[place], line_at(fd, place)) for place in sorted(places)]
    except Unusable:
        return None
    finally:
        index.close()
