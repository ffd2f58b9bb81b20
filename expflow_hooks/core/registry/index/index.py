"""A registry's index, opened for a file that still begins with what was read then."""

from __future__ import annotations

import contextlib
import os

from expflow_hooks.core.registry.chain import read_link
from expflow_hooks.core.registry.index.cache import Unusable, index_of, is_worth_it
from expflow_hooks.core.registry.index.container import Container
from expflow_hooks.core.registry.index.lines import Found, Segment, find
from expflow_hooks.core.registry.index.prefix import Prefix, of_meta, still_begins
from expflow_hooks.core.registry.tail import line_at

SAMPLES = 64
"""Blocks that a reader compares."""
SAMPLES_OF_WRITER = 8
"""Blocks that an append compares: what it asks is which lines an experiment has, and those are looked at as well."""

MOST_UNREADABLE = 1000


COLUMNS = 1 << 42
"""The number of the first blob of the columns in slot 0."""
SLOTS = 4
"""How many queries' columns an index keeps."""


def blobs_of(slot: int) -> range:
    """Return the numbers that the blobs of a slot may have."""
    return range(COLUMNS + (slot << 32), COLUMNS + ((slot + 1) << 32))


class Index:
    """The content of an index: the first `end` bytes of a registry's file, `lines` lines."""

    def __init__(self, container: Container, prefix: Prefix) -> None:
        self.container = container
        self.prefix = prefix
        self.end, self.lines = prefix.end, prefix.lines
        self.segments = [Segment(*one) for one in container.meta["segments"]]
        self.unreadable: list[int] | None = container.meta["unreadable"]

    def find(self, experiment_id: str) -> list[Found]:
        """Return the lines that may be an experiment's, in order; raise Unusable where the index is damaged."""
        return find(self.container, self.segments, experiment_id)

    def last_place(self, fd: int, experiment_id: str, end: int) -> tuple[int | None, bool]:
        """Return where an experiment's last line before `end` begins, of those in the index; and if that is sound."""
        try:
            for place, _, _ in reversed(self.find(experiment_id)):
                if place < end and read_link(line_at(fd, place)).experiment_id == experiment_id:
                    return place, True
        except Unusable:
            return None, False
        return None, True

    def close(self) -> None:
        """Close the index."""
        self.container.close()


def open_index(path: str, fd: int, samples: int = SAMPLES) -> Index | None:
    """Return the index of an opened registry file, or None where there is none that fits."""
    if not is_worth_it(os.fstat(fd).st_size):
        return None
    where = index_of(path)
    if where is None:
        return None
    container = None
    with contextlib.suppress(Unusable, OSError):
        container = Container(where)
        prefix = of_meta(container.meta)
        if still_begins(container, prefix, fd, samples):
            return Index(container, prefix)
    if container is not None:
        container.close()
    return None


def indexed_bytes(path: str, key: str | None = None) -> int:
    """Return of how many bytes of a registry's file an index was made, whether it still fits or not; 0 without one.

    With a key, of how many bytes the columns were made that are saved under it.
    """
    where = index_of(path)
    with contextlib.suppress(Unusable, OSError):
        if where is not None:
            container = Container(where)
            container.close()
            prefix, found = of_meta(container.meta), os.stat(path)
            if (found.st_dev, found.st_ino) == (prefix.device, prefix.inode):
                return prefix.end if key is None else int(container.meta.get("columns", {}).get(key, {}).get("end", 0))
    return 0
