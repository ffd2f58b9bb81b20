"""JSON files as a source: DVC's and DVCLive's metrics, the Trainer's state, Ray's results, or a list of records."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.registry.experiment import from_mapping
from expflow_hooks.sources.base import Reading, Source
from expflow_hooks.sources.trainings import (
    Problem,
    Training,
    find_files,
    flat,
    folder_name,
    is_number,
    number,
    open_trainings,
    read_settings,
)

_NAMES = ("metrics.json", "trainer_state.json", "result.json")
_CHECKPOINT = "checkpoint-"


def open_json(at: str, policy: Policy, query: Query, reading: Reading) -> Source:
    """Return the source of a file, or of a folder in which each file of a known name is a run."""
    return open_trainings(f"json:{at}", lambda problem: _read(at, problem), query, reading)


def _read(path: str, problem: Problem) -> Iterator[Training]:
    if os.path.isfile(path):
        yield from _file(path, os.path.basename(path).rpartition(".")[0])
        return
    found: dict[str, str] = {}
    for below, file in find_files(path, lambda name: name in _NAMES):
        run = os.path.dirname(below) if os.path.basename(below).startswith(_CHECKPOINT) else below
        if run not in found or _newer(file, found[run]):
            found[run] = file
    if not found:
        raise UnreadableError(f"{path} holds none of {', '.join(_NAMES)}")
    for below, file in found.items():
        try:
            yield from _file(file, folder_name(path, below))
        except UnreadableError as error:
            problem(os.path.relpath(file, path), error)


def _newer(file: str, other: str) -> bool:
    """Return whether a file is of a later checkpoint than another one of its run; the run's own is the latest."""
    return _checkpoint(file) > _checkpoint(other)


def _checkpoint(file: str) -> float:
    folder = os.path.basename(os.path.dirname(file))
    step = folder.removeprefix(_CHECKPOINT)
    return float(step) if folder.startswith(_CHECKPOINT) and step.isdecimal() else float("inf")


def _file(path: str, name: str) -> Iterator[Training]:
    try:
        with open(path, encoding="utf-8-sig") as file:
            content = file.read()
    except (OSError, ValueError) as error:
        raise UnreadableError(f"cannot read {path}: {error}") from None
    try:
        found = json.loads(content)
    except ValueError:
        rows = _lines(content)
        if not rows:
            raise UnreadableError(f"{path} is not JSON") from None
        yield _results(name, rows)
        return
    except RecursionError:
        raise UnreadableError(f"{path} is nested too deeply") from None
    if isinstance(found, list):
        for place, record in enumerate(found, start=1):
            yield _record(path, place, record)
    elif isinstance(found, dict):
        yield _state(name, found) if isinstance(found.get("log_history"), list) else _one(name, path, found)
    else:
        raise UnreadableError(f"{path} holds neither an object nor a list of them")


def _record(path: str, place: int, record: Any) -> Training:
    """Return a record of a list, in the form of the registry's lines."""
    try:
        one = from_mapping(record)
    except (ValueError, AttributeError):
        raise UnreadableError(f"{path}: entry {place} has no experiment_id") from None
    run = Training(one.experiment_id, one.name, one.status, one.project, one.timestamp, one.tags or ())
    run.commit, run.branch, run.params = one.revision, one.branch, one.params or {}
    for name, value in (one.metrics or {}).items():
        run.add(name, 0, value)
    return run


def _one(name: str, path: str, found: Mapping[str, Any]) -> Training:
    """Return the run whose metrics a file holds, nested ones by path with dots; the parameters stand beside it."""
    run = Training(name)
    if "training_iteration" in found:
        return _results(name, [found])
    for metric, value in flat(found, ".").items():
        if metric != "step":
            run.add(metric, 0, number(value))
    run.params = read_settings(os.path.join(os.path.dirname(path), "params.yaml"))
    return run


def _state(name: str, found: Mapping[str, Any]) -> Training:
    """Return the run of a Trainer's state: what was logged at each step."""
    run = Training(name)
    for entry in found["log_history"]:
        if isinstance(entry, dict):
            step = entry.get("step")
            for metric, value in flat(entry).items():
                if metric != "step" and is_number(value := number(value)):
                    run.add(metric, float(step) if is_number(step) else 0.0, value)
    return run


def _results(name: str, rows: list[Any]) -> Training:
    """Return the run of Ray's results, one line an iteration; the last one says whether it is done."""
    run, done = Training(name), True
    for row in rows:
        step = row.get("training_iteration", 0)
        run.run_id = str(row.get("trial_id") or name)
        config = row.get("config")
        run.params.update(flat(config) if isinstance(config, dict) else {})
        done = bool(row.get("done", True))
        for metric, value in flat({key: one for key, one in row.items() if key != "config"}).items():
            if is_number(value := number(value)):
                run.add(metric, float(step) if is_number(step) else 0.0, value)
    run.name, run.state = name, "completed" if done else "running"
    return run


def _lines(content: str) -> list[Any]:
    """Return the objects of JSON lines; nothing where a whole line is none. A torn last line is still written."""
    found = []
    for line in content.splitlines(keepends=True):
        if not line.endswith("\n"):
            break
        try:
            one = json.loads(line) if line.strip() else None
        except ValueError:
            return []
        if isinstance(one, dict):
            found.append(one)
    return found
