"""The SDK's offline sessions as a source: a session's zip or folder, or a folder of them. No server, no SDK needed."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from expflow_hooks.core.errors import ExpflowError, UnreadableError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.reader import Progress, Unreadable
from expflow_hooks.sources.base import LAST, Reading, Source
from expflow_hooks.sources.clearml.read import flattening
from expflow_hooks.sources.clearml.remarks import Remarks
from expflow_hooks.sources.clearml.task import to_experiment

TASK = "task.json"
METRICS = "metrics.jsonl"
_SCALAR = "training_stats_scalar"
_LARGEST = 1 << 30  # bytes of one member of a zip, unpacked


def open_offline(path: str, policy: Policy, query: Query, reading: Reading = LAST) -> Source:
    """Return the source that reads the sessions at `path`; one that cannot be read hides no other."""
    how = flattening(policy.metrics, query, reading)
    unreadable: list[Unreadable] = []
    source = Source(path, lambda progress: read(progress), unreadable=lambda: unreadable, unit="tasks")

    def read(progress: Progress | None) -> Iterator[Experiment]:
        unreadable.clear()
        remarks = Remarks(source.remarks)
        for number, session in enumerate(_sessions(path), start=1):
            try:
                yield to_experiment(_task(session), how, remarks)
            except ExpflowError:  # a question that cannot be answered, not a session that cannot be read
                raise
            except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
                unreadable.append(Unreadable(number, f"{os.path.basename(session)}: {type(error).__name__}"))
        source.warnings.extend(remarks.lines())

    return source


def _sessions(path: str) -> list[str]:
    """Return the sessions at a path: itself, or those in the folder, each by its zip if it has one."""
    if not os.path.isdir(path):
        return [path]
    try:
        names = set(os.listdir(path))
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror}") from None
    if TASK in names:
        return [path]
    zips = {name for name in names if name.endswith(".zip")}
    folders = {name for name in names if f"{name}.zip" not in zips and os.path.exists(os.path.join(path, name, TASK))}
    if not zips and not folders:
        raise UnreadableError(f"{path} holds no offline session of ClearML: no {TASK}, no .zip")
    return [os.path.join(path, name) for name in sorted(zips | folders)]


def _task(session: str) -> dict[str, Any]:
    """Return a session as the server's JSON of a task.

    A session has no status: the SDK packs the zip when the task is closed, so a folder without one is unfinished.
    """
    given = json.loads(_member(session, TASK))
    if not isinstance(given, dict) or not isinstance(given.get("id"), str):
        raise ValueError("no task")
    events = list(_events(_member(session, METRICS, b"")))
    finished = not os.path.isdir(session) or os.path.exists(f"{session.rstrip('/')}.zip")
    return {
        **given,
        "status": "completed" if finished else "in_progress",
        "project": {"name": given.get("project_name")},
        "completed": _moment(events) if finished else None,
        "last_metrics": _last_metrics(events),
    }


def _member(session: str, name: str, absent: bytes | None = None) -> bytes:
    try:
        if os.path.isdir(session):
            with open(os.path.join(session, name), "rb") as file:
                return file.read()
        with zipfile.ZipFile(session) as archive:
            if archive.getinfo(name).file_size > _LARGEST:
                raise ValueError("too large")
            return archive.read(name)
    except (KeyError, FileNotFoundError):
        if absent is None or not os.path.exists(session):
            raise
        return absent


def _events(data: bytes) -> Iterator[dict[str, Any]]:
    """Yield the scalars of a session; each line holds a list of events."""
    for line in data.splitlines():
        if line.strip():
            for event in json.loads(line):
                if event.get("type") == _SCALAR and isinstance(event.get("variant"), str):
                    yield event


def _last_metrics(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what the server would keep of the scalars: for each title and series the last, least and largest value.

    The last is that of the highest iteration.
    """
    found: dict[str, dict[str, Any]] = {}
    highest: dict[tuple[str, str], int] = {}
    for event in events:
        title, series, value = str(event.get("metric")), event["variant"], event.get("value")
        entry = found.setdefault(title, {}).setdefault(
            series, {"metric": title, "variant": series, "min_value": value, "max_value": value}
        )
        given = event.get("iter")
        iteration = given if isinstance(given, int) else 0
        if iteration >= highest.get((title, series), iteration):  # of equal iterations the later one
            entry["value"], highest[title, series] = value, iteration
        if isinstance(value, (int, float)):
            entry["min_value"], entry["max_value"] = min(entry["min_value"], value), max(entry["max_value"], value)
    return found


def _moment(events: list[dict[str, Any]]) -> str | None:
    stamps = [event["timestamp"] for event in events if isinstance(event.get("timestamp"), int)]
    return datetime.fromtimestamp(max(stamps) / 1000, timezone.utc).isoformat() if stamps else None
