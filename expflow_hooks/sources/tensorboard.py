"""TensorBoard's event files as a source: a folder is a run; hyper-parameters in sub-folders belong to the one above."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, BinaryIO

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.sources.base import Reading, Source
from expflow_hooks.sources.trainings import Problem, Training, find_files, folder_name, open_trainings
from expflow_hooks.sources.wire import double, fields, integer, messages, single, text

_NAME = ".tfevents."
_LARGEST = 1 << 28  # bytes of one event; a scalar has some tens
_START, _END = "_hparams_/session_start_info", "_hparams_/session_end_info"
_STATES = {1: "completed", 2: "failed", 3: "running"}
ROUNDED = (
    "TensorBoard stores numbers in 32 bits: each is read as the shortest decimal that is stored so, which may not"
    " be the one that was reported"
)


def open_tensorboard(at: str, policy: Policy, query: Query, reading: Reading) -> Source:
    """Return the source of a folder of event files."""
    return open_trainings(f"tensorboard:{at}", lambda problem: _read(at, problem), query, reading, ROUNDED)


def _read(path: str, problem: Problem) -> Iterator[Training]:
    runs: dict[str, Training] = {}
    settings: set[str] = set()  # folders that hold hyper-parameters
    for below, file in find_files(path, lambda name: _NAME in name):
        run = runs.setdefault(below, Training(folder_name(path, below)))
        try:
            with open(file, "rb") as stream:
                for event in _records(stream):
                    if _add(run, event):
                        settings.add(below)
        except (OSError, ValueError) as error:
            problem(os.path.relpath(file, path), error)
    if not runs:
        raise UnreadableError(f"{path} holds no event files of TensorBoard (*{_NAME}*)")
    for below in sorted(settings, reverse=True):
        above = os.path.dirname(below) or "."
        if below != "." and above in runs and above not in settings:
            _merge(runs[above], runs.pop(below))
    yield from runs.values()


def _merge(run: Training, part: Training) -> None:
    run.params = {**part.params, **run.params}
    run.state = run.state or part.state
    for name, curve in part.curves.items():
        run.curves.setdefault(name, curve)


def _records(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the events of a file; a torn last one is one that is still written. The checksums are not looked at."""
    while len(head := stream.read(12)) == 12:
        (size,) = struct.unpack("<Q", head[:8])
        if size > _LARGEST:
            raise ValueError(f"an event of {size} bytes: the file is damaged, or no event file")
        data = stream.read(size + 4)
        if len(data) < size + 4:
            return
        yield data[:size]


def _add(run: Training, event: bytes) -> bool:
    """Add an event's scalars to a run; say whether it holds hyper-parameters."""
    wall, step, summaries, found = 0.0, 0, [], False
    for number, value in fields(event):
        if number == 1 and isinstance(value, int):
            wall = double(value)
        elif number == 2 and isinstance(value, int):
            step = value
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
    for summary in summaries:
        for entry in messages(summary, 1):
            tag = text(entry, 1)
            if tag in (_START, _END):
                found |= tag == _START
                _set_up(run, entry, tag)
                continue
            scalar = _scalar(entry)
            if scalar is not None:
                run.add(tag, step, scalar)
                run.timestamp = datetime.fromtimestamp(wall, timezone.utc).isoformat() if wall > 0 else run.timestamp
    return found


def _scalar(entry: bytes) -> float | None:
    """Return a summary's number: as itself, or as a tensor of one number in 32 or 64 bits."""
    for number, value in fields(entry):
        if number == 2 and isinstance(value, int):
            return single(value)
        if number == 8 and isinstance(value, bytes):
            return _tensor(value)
    return None


def _tensor(tensor: bytes) -> float | None:
    kind, sizes, found = integer(tensor, 1), [], []
    for number, value in fields(tensor):
        if number == 2 and isinstance(value, bytes):
            sizes = [integer(size, 1) or 0 for size in messages(value, 2)]
        elif number in (4, 5, 6):  # the content's bytes, or 32 bits, or 64 bits, packed or not
            found.append(value.to_bytes(8 if number == 6 else 4, "little") if isinstance(value, int) else value)
    data = b"".join(found)
    if any(size != 1 for size in sizes):
        return None
    if kind == 1 and len(data) == 4:
        return single(int.from_bytes(data, "little"))
    return double(int.from_bytes(data, "little")) if kind == 2 and len(data) == 8 else None


def _set_up(run: Training, entry: bytes, tag: str) -> None:
    """Take the hyper-parameters, or how the session ended, from the plugin's own message."""
    for metadata in messages(entry, 9):
        for plugin in messages(metadata, 1):
            for content in messages(plugin, 2):
                if tag == _START:
                    for start in messages(content, 3):
                        run.params.update(_parameter(pair) for pair in messages(start, 1))
                for end in messages(content, 4) if tag == _END else ():
                    run.state = _STATES.get(integer(end, 1) or 0, run.state)


def _parameter(pair: bytes) -> tuple[str, Any]:
    found: Any = None
    for value in messages(pair, 2):
        for number, given in fields(value):
            if number == 2 and isinstance(given, int):
                found = double(given)
            elif number == 3 and isinstance(given, bytes):
                found = given.decode("utf-8", "replace")
            elif number == 4:
                found = bool(given)
    return text(pair, 1), found
