"""The records that `run add` is given, one JSON object, a list of them, or one a line: read, checked, appended."""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

from expflow_hooks.cli.options import policy
from expflow_hooks.core.errors import ExpflowWarning, UnreadableError, UsageError
from expflow_hooks.core.registry.codec import decode_record
from expflow_hooks.core.registry.conflicts import conflicted_file
from expflow_hooks.render.output import warn

_RIGHT = 'such as {"experiment_id": "exp-001", "metrics": {"pde_mean": 12.5}}'


def read_records(file: str) -> list[dict[str, Any]]:
    """Return the records of a file or of standard input; raise UsageError, naming the line, before any is used."""
    data = _read(file)
    whole = _whole(data)
    if whole is None:
        lines = [(number, line) for number, line in enumerate(data.split(b"\n"), start=1) if line.strip()]
        return _checked(file, lines)
    return _checked(file, [(number, json.dumps(item).encode()) for number, item in enumerate(whole, start=1)])


def append_records(path: str, records: list[dict[str, Any]], *, replace: bool = False) -> None:
    """Add records to a registry, all or none of them. Raises UsageError."""
    from expflow_hooks.operations import recording
    from expflow_hooks.sources.writing import open_writer

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ExpflowWarning)
        manner = recording.Manner(replace=replace)
        recording.append_records(open_writer(path), records, recording.Surroundings(path, policy()), manner)
    for message in dict.fromkeys(str(one.message) for one in told):
        warn(message)


def _read(file: str) -> bytes:
    try:
        if file == "-":
            if sys.stdin is None:
                raise OSError(9, "it is closed")
            return sys.stdin.buffer.read()
        with open(file, "rb") as opened:
            return opened.read()
    except OSError as error:
        where = "standard input" if file == "-" else file
        raise UnreadableError(f"cannot read {where}: {error.strerror or error}") from None


def _whole(data: bytes) -> list[Any] | None:
    """Return the records of data that is one JSON document, or None if it is lines."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, list) else [document]


def _checked(file: str, lines: list[tuple[int, bytes]]) -> list[dict[str, Any]]:
    if not lines:
        raise UsageError(f"{file}: no record in it; a record is JSON {_RIGHT}")
    records = []
    for number, line in lines:
        try:
            records.append(decode_record(line))
        except ValueError as error:
            raise UsageError(f"{file}:{number}: {error}; nothing was added. A record is JSON {_RIGHT}") from None
    return records


def refuse_conflicts(path: str) -> None:
    """Raise UsageError where the end of a registry, or of a file of its folder, has conflict markers."""
    name = conflicted_file(path)
    if name:
        raise UsageError(
            f"{name} has conflict markers: keep the lines of both sides, remove the markers, then add again"
        )
