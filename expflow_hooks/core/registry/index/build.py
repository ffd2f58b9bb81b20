"""Making an index, or bringing it up to date: one process at a time, in no hurry, and nothing is left half done."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.files import read_all_at
from expflow_hooks.core.registry import lock
from expflow_hooks.core.registry.index import cache, container
from expflow_hooks.core.registry.index.heads import HEADS, heads_up_to
from expflow_hooks.core.registry.index.index import MOST_UNREADABLE, SLOTS, Index, blobs_of, open_index
from expflow_hooks.core.registry.index.lines import Segment, SegmentMaker, kept_segments
from expflow_hooks.core.registry.index.prefix import BLOCKS, CHUNK, Prefix, digest, digests
from expflow_hooks.core.registry.live_file import open_settled

_TICK = 50_000_000  # ns: file systems tell times no finer than the kernel's clock ticks
_GROWTH = 512  # an index is brought up to date when that part of its bytes is new
_GROWTH_OF_COLUMNS = 128  # and columns, of which all lines are read for it


def is_due(size: int, indexed: int, *, columns: bool = False) -> bool:
    """Return whether so many bytes are new that an index (of columns) is worth its making."""
    new = size - indexed
    return cache.is_worth_it(new) and new > indexed // (_GROWTH_OF_COLUMNS if columns else _GROWTH)


def is_made_now(path: str) -> bool:
    """Return whether some process is making the index of a registry."""
    where = cache.index_of(path)
    try:
        fd = os.open(f"{where}{cache.LOCK}", os.O_RDWR)
    except OSError:
        return False
    try:
        with lock.locked(fd, 0):
            return False
    except OSError:
        return True
    finally:
        os.close(fd)


def update(path: str) -> bool:
    """Bring a registry's index up to its last whole line; return whether there is one now. Never an error.

    Another process that makes it, a full or read-only disk, a registry that is gone: then there is none, or the old.
    """
    try:
        with _alone(path) as where, open_settled(path) as file:
            fd = file.fileno()
            if where is None or not stat.S_ISREG(os.fstat(fd).st_mode):
                return False
            return _update(path, where, fd)
    except (OSError, cache.Unusable, container.CannotWrite):
        return False


Made = tuple[dict[str, Any], Sequence[bytes]]


def add_columns(path: str, key: str, make: Callable[[IO[bytes], int], Made | None]) -> bool:
    """Save the columns that `make` returns of a registry's file up to a place, and say whether they are there now."""
    try:
        with _alone(path) as where, open_settled(path) as file:
            index = open_index(path, file.fileno()) if where else None
            made = make(file, index.end) if index else None
            if where is None or index is None or made is None:
                return False
            columns = index.container.meta.get("columns", {})
            slot = _free_slot(columns, key)
            columns = {other: one for other, one in columns.items() if one["slot"] != slot}
            saved = {"slot": slot, "end": index.end, "lines": index.lines}
            meta = {**index.container.meta, "columns": {**columns, key: saved}}
            numbers = blobs_of(slot)
            blobs = (json.dumps({**made[0], **saved}).encode(), *made[1])
            container.write(where, meta, zip(numbers, blobs, strict=False), where, [numbers])
            index.close()
            return True
    except (OSError, cache.Unusable, container.CannotWrite, ExpflowError):
        return False


def _free_slot(columns: dict[str, dict[str, int]], key: str) -> int:
    """Return the slot of a key, else one that is free, else that of the columns that were made of the fewest bytes."""
    if key in columns:
        return columns[key]["slot"]
    taken = {one["slot"] for one in columns.values()}
    free = [slot for slot in range(SLOTS) if slot not in taken]
    return free[0] if free else min(columns.values(), key=lambda one: one["end"])["slot"]


@contextlib.contextmanager
def _alone(path: str) -> Iterator[str | None]:
    """Yield the index's file, locked against other makers; None where it cannot be made or somebody is making it."""
    where = cache.index_of(path) if cache.is_on() and cache.make_folder() else None
    if where is None:
        yield None
        return
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    fd = os.open(where + cache.LOCK, flags, 0o600)
    try:
        with lock.locked(fd, 0):
            _clean(where)
            yield where
    finally:
        os.close(fd)


def _clean(where: str) -> None:
    """Remove what makers left that were ended."""
    folder, name = os.path.split(where)
    for other in os.listdir(folder):
        if other.startswith(name) and other.endswith(cache.UNFINISHED):
            os.unlink(os.path.join(folder, other))


def _update(path: str, where: str, fd: int) -> bool:
    old = open_index(path, fd)
    changed = _changed(fd)  # before anything is read: what is written meanwhile is later
    end = _end(fd)
    if old is not None and end == old.end:
        return True
    if not cache.is_worth_it(end):
        return False
    segments = old.segments if old else []
    kept = kept_segments(segments, end)
    start, lines = (kept[-1].end, _lines_before(old, kept)) if old and kept else (0, 0)
    maker = SegmentMaker(max((one.number for one in segments), default=-1) + 1, start, end, lines)
    blocks = dict(_read(fd, start, end, maker))
    known = (old.unreadable if old else []) or []
    unreadable = [number for at in range(0, len(known), 2) if known[at] < start for number in known[at : at + 2]]
    unreadable += maker.unreadable
    many = len(unreadable) > 2 * MOST_UNREADABLE or (old is not None and old.unreadable is None and bool(kept))
    found = os.fstat(fd)
    last = digest(read_all_at(fd, maker.last, end)).hex()
    meta = {
        **(old.container.meta if old else {}),
        "path": os.path.realpath(path),
        "prefix": Prefix(found.st_dev, found.st_ino, end, maker.lines, maker.last, last, changed),
        "segments": [*kept, maker.segment],
        "lines": {**_counts(old, kept), str(maker.segment.number): maker.lines},
        "unreadable": None if many else unreadable,
    }
    gone = [one.blobs for one in segments if one not in kept]
    unnamed = heads_up_to(fd, old, end)
    meta["heads"] = unnamed is not None
    blocks |= {HEADS: unnamed} if unnamed is not None else {}
    container.write(where, meta, _blobs(maker, blocks), where if old else None, gone)
    if old:
        old.close()
    return True


def _changed(fd: int) -> int:
    """Return when a file was last changed; 0 if that is so recent that another change may have the same time."""
    changed = os.fstat(fd).st_ctime_ns
    return changed if time.time_ns() - changed > _TICK else 0


def _counts(old: Index | None, kept: list[Segment]) -> dict[str, int]:
    """Return how many lines there are up to the end of each segment that stays."""
    counts = old.container.meta["lines"] if old else {}
    return {str(one.number): counts[str(one.number)] for one in kept}


def _lines_before(old: Index, kept: list[Segment]) -> int:
    return _counts(old, kept)[str(kept[-1].number)]


def _blobs(maker: SegmentMaker, blocks: dict[int, bytes]) -> Iterator[tuple[int, bytes]]:
    yield from maker.blobs()
    yield from blocks.items()


def _read(fd: int, start: int, end: int, maker: SegmentMaker) -> Iterator[tuple[int, bytes]]:
    """Read what is new once, for the segment and for the digests of the blocks; yield the blobs of these."""
    for number in range(start // CHUNK, -(-end // CHUNK)):
        begin = number * CHUNK
        chunk = read_all_at(fd, begin, min(begin + CHUNK, end))
        if begin + len(chunk) < min(begin + CHUNK, end):
            raise OSError(5, "the registry was cut while it was read")
        maker.feed(chunk[max(0, start - begin) :])
        yield BLOCKS + number, digests(chunk)


def _end(fd: int) -> int:
    """Return the place after the last whole line."""
    end = os.fstat(fd).st_size
    while end:
        begin = max(0, end - CHUNK)
        place = read_all_at(fd, begin, end).rfind(b"\n")
        if place >= 0:
            return begin + place + 1
        end = begin
    return 0
