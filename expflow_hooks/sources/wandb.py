"""Weights & Biases' offline runs as a source: `run-*.wandb` files, framed as LevelDB's log and filled with protobuf."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, BinaryIO

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.sources.base import Reading, Source
from expflow_hooks.sources.trainings import Problem, Training, find_files, flat, is_number, number, open_trainings
from expflow_hooks.sources.wire import integer, messages, text

_HEADER = b":W&B"
_BLOCK = 1 << 15
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_HISTORY, _SUMMARY, _CONFIG, _RUN, _EXIT = 2, 3, 5, 17, 18  # fields of a record


def open_wandb(at: str, policy: Policy, query: Query, reading: Reading) -> Source:
    """Return the source of a folder of offline runs; all projects in it, or the one of `--project`."""
    return open_trainings(f"wandb:{at}", lambda problem: _read(at, problem), query, reading)


def _read(path: str, problem: Problem) -> Iterator[Training]:
    found = False
    for _, file in find_files(path, lambda name: name.endswith(".wandb")):
        found = True
        try:
            with open(file, "rb") as stream:
                yield _training(stream, os.path.basename(file))
        except (OSError, ValueError) as error:
            problem(os.path.relpath(file, path), error)
    if not found:
        raise UnreadableError(f"{path} holds no offline runs of W&B (run-*.wandb)")


def _training(stream: BinaryIO, name: str) -> Training:
    if stream.read(7)[:4] != _HEADER:
        raise ValueError("not a file of W&B")
    run = Training(name.removeprefix("run-").removesuffix(".wandb"), state="running")
    step = -1
    for record in _records(stream):
        for history in messages(record, _HISTORY):
            values = _items(history, 1)
            stepped = next((integer(one, 1) or 0 for one in messages(history, 2)), None)
            step = int(values.get("_step", step + 1 if stepped is None else stepped))
            _note(run, step, values)
        for summary in messages(record, _SUMMARY):
            _note(run, step, _items(summary, 1))
        for config in messages(record, _CONFIG):
            run.params.update(_config(config))
        for start in messages(record, _RUN):
            _begin(run, start)
        for end in messages(record, _EXIT):
            run.state = "failed" if integer(end, 1) else "completed"
    return run


def _note(run: Training, step: int, values: dict[str, Any]) -> None:
    stamp = values.get("_timestamp")
    if is_number(stamp):
        run.timestamp = datetime.fromtimestamp(stamp, timezone.utc).isoformat()
    for name, value in flat(values).items():
        if not name.startswith("_") and is_number(value := number(value)):
            run.add(name, step, value)


def _begin(run: Training, start: bytes) -> None:
    run.run_id = text(start, 1) or run.run_id
    run.project, run.name = text(start, 3) or None, text(start, 8) or None
    run.tags = tuple(tag.decode("utf-8", "replace") for tag in messages(start, 10))
    for config in messages(start, 4):
        run.params.update(_config(config))
    for git in messages(start, 19):
        run.commit = text(git, 2) or None


def _config(config: bytes) -> dict[str, Any]:
    return {name: value for name, value in flat(_items(config, 1)).items() if not name.startswith(("_", "wandb_"))}


def _items(message: bytes, field: int) -> dict[str, Any]:
    """Return the keys and the values of a message's items; a nested key is a path."""
    found = {}
    for item in messages(message, field):
        nested = [part.decode("utf-8", "replace") for part in messages(item, 2)]
        try:
            found["/".join(nested) or text(item, 1)] = json.loads(text(item, 16) or "null")
        except ValueError:  # a word of its own, such as a bare infinity, or a value that is cut
            found["/".join(nested) or text(item, 1)] = text(item, 16)
    return found


def _records(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the whole records; a torn last one is one that is still written."""
    parts: list[bytes] = []
    at = 7
    while True:
        left = _BLOCK - at % _BLOCK
        if left < 7:  # a block ends in zeros that hold no header
            stream.read(left)
            at += left
            continue
        head = stream.read(7)
        if len(head) < 7:
            return
        _, size, kind = struct.unpack("<IHB", head)
        data = stream.read(size)
        at += 7 + size
        if len(data) < size or kind not in (_FULL, _FIRST, _MIDDLE, _LAST):
            if len(data) < size or (kind == 0 and size == 0):
                return
            raise ValueError(f"a record of type {kind}: the file is damaged")
        parts = [data] if kind in (_FULL, _FIRST) else [*parts, data]
        if kind in (_FULL, _LAST):
            yield b"".join(parts)
            parts = []
