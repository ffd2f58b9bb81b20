"""Finding the last line of an experiment by its bytes, without decoding the others: 1 GB takes a part of a second."""

from __future__ import annotations

import json

from expflow_hooks.core.files import read_all_at
from expflow_hooks.core.registry.chain import read_link

_BLOCK = 1 << 22


def last_line_of(fd: int, experiment_id: str, end: int, start: int = 0) -> int | None:
    """Return where the last line of an experiment begins, of the lines from `start` to `end`; None if it has none."""
    needles = _spellings(experiment_id)
    rest = b""  # the beginning of it stands in the block before
    # Not by mmap: a file that another process cuts meanwhile would end this one.
    while end > start:
        begin = max(start, end - _BLOCK)
        block = read_all_at(fd, begin, end) + rest
        first = block.find(b"\n") + 1 if begin > start else 0
        if begin > start and not first:  # one line, longer than a block
            rest, end = block, begin
            continue
        found = [place for needle in needles if (place := _last_with(block, needle, experiment_id, first)) is not None]
        if found:
            return begin + max(found)
        rest, end = block[:first], begin
    return None


def _spellings(experiment_id: str) -> set[bytes]:
    """Return bytes of which every line of the experiment holds one: its id as JSON writes it, or an escape."""
    return {
        f'"{experiment_id}"'.encode("utf-8", "surrogatepass"),
        json.dumps(experiment_id).encode("ascii"),
        b"\\u",  # JSON may spell any character so; mostly what is not ASCII, with digits in lower or upper case
        *([b"\\/"] if "/" in experiment_id else []),
    }


def _last_with(block: bytes, needle: bytes, experiment_id: str, first: int) -> int | None:
    end = len(block)
    while (place := block.rfind(needle, first, end)) >= 0:
        start = block.rfind(b"\n", first, place) + 1 or first
        stop = block.find(b"\n", place) + 1 or len(block)
        if read_link(block[start:stop]).experiment_id == experiment_id:
            return start
        end = start
    return None
