"""The experiments that changed last, read from the end of a registry's file: what is shown is all that is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from expflow_hooks.core.files import read_all_at
from expflow_hooks.core.registry.codec import decode_experiment
from expflow_hooks.core.registry.experiment import Experiment, Selection
from expflow_hooks.core.registry.location import STDIN
from expflow_hooks.core.registry.reader import Registry

_BLOCK = 1 << 16  # bytes


class Newest(NamedTuple):
    """Some experiments and the present line of each; `more` says that there are others, `unreadable` counts lines."""

    experiments: list[Experiment]
    lines: list[bytes]
    more: bool
    unreadable: int


def newest(registry: Registry, selection: Selection, count: int) -> Newest:
    """Return the selected experiments that changed last, those that changed first among them first.

    Where there are no more than `count`, all are returned, in the order of their first lines.
    """
    selects = selection.matcher()
    seen: set[str] = set()
    meant: dict[str, tuple[Experiment, bytes]] = {}
    first: dict[str, None] = {}  # ids by their first lines so far, the earliest last
    unreadable = 0
    for line in _backwards(registry):
        try:
            experiment = decode_experiment(line)
        except ValueError:
            unreadable += bool(line.strip())
            continue
        name = experiment.experiment_id
        if name in meant:
            first.pop(name)
            first[name] = None
        if name in seen:
            continue
        seen.add(name)
        if selects is None or selects(experiment):
            if len(meant) == count:
                found = list(meant.values())[::-1]
                return Newest([one for one, _ in found], [kept for _, kept in found], True, unreadable)
            meant[name] = experiment, line
            first[name] = None
    found = [meant[name] for name in reversed(first)]
    return Newest([one for one, _ in found], [kept for _, kept in found], False, unreadable)


def _backwards(registry: Registry) -> Iterator[bytes]:
    """Yield the lines of a registry, the last one first; those of a file as they stood when it was opened."""
    if registry.is_folder or registry.path == STDIN:
        yield from reversed(list(registry.lines()))
        return
    with registry.opened() as file:
        size = file.seek(0, os.SEEK_END)
        yield from backwards(file.fileno(), size) if size else ()


def backwards(fd: int, end: int) -> Iterator[bytes]:
    """Yield the lines of a file up to a place, the last one first."""
    rest = b""
    while end:
        begin = max(0, end - _BLOCK)
        data = read_all_at(fd, begin, end) + rest
        lines = _split(data)
        rest = lines.pop(0) if begin else b""
        yield from reversed(lines)
        end = begin


def _split(data: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
