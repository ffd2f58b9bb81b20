"""An `mlruns` folder, read where it is: a folder an experiment, in it a folder a run, in it a file a metric."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from expflow_hooks.core.errors import UndecidedError, UnreadableError
from expflow_hooks.core.registry.reader import Unreadable
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.sources.base import Choice
from expflow_hooks.sources.curves import Curve, pick_all
from expflow_hooks.sources.mlflow.run import Run

_META = "meta.yaml"
_STATUSES = ("", "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")  # by the number that the file has


def read_folder(path: str, project: str | None, choice: Choice, unreadable: list[Unreadable]) -> Iterator[Run]:
    """Yield the runs of an experiment, or of all; one that cannot be read hides no other.

    Raises UndecidedError, with the nearest name, for an experiment that is not there, UnreadableError for no folder of
    MLflow.
    """
    experiments = dict(_experiments(path))
    if project is not None and project not in experiments:
        raise UndecidedError(f"no experiment {project[:120]!r} in {path}{did_you_mean(project, experiments)}")
    number = 0
    for name, folder in experiments.items():
        for run in sorted(_folders(folder)) if project in (None, name) else ():
            number += 1
            try:
                meta = _meta(run)
                if meta is not None and meta.get("lifecycle_stage", "active") == "active":
                    yield _read(run, meta, name, choice)
            except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
                unreadable.append(Unreadable(number, f"{os.path.basename(run)}: {type(error).__name__}"))


def _experiments(path: str) -> Iterator[tuple[str, str]]:
    try:
        folders = sorted(_folders(path))
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror}") from None
    found = False
    for folder in folders:
        try:
            meta = _meta(folder)
        except (OSError, ValueError) as error:
            raise UnreadableError(f"cannot read {os.path.join(folder, _META)}: {type(error).__name__}") from None
        if meta is not None and "experiment_id" in meta and "name" in meta:
            found = True
            if meta.get("lifecycle_stage", "active") == "active":
                yield str(meta["name"]), folder
    if not found:
        raise UnreadableError(f"{path} is no folder of MLflow: no experiment with a {_META} in it")


def _folders(path: str) -> list[str]:
    with os.scandir(path) as entries:
        return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name != ".trash"]


def _meta(folder: str) -> dict[str, Any] | None:
    """Return the content of a folder's meta.yaml; None without one. Raises ValueError if it is no mapping."""
    import yaml

    try:
        with open(os.path.join(folder, _META), encoding="utf-8") as file:
            found = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except FileNotFoundError:
        return None
    except yaml.YAMLError:
        raise ValueError("not YAML") from None
    if not isinstance(found, dict):
        raise ValueError("no mapping")
    return found


def _read(folder: str, meta: dict[str, Any], project: str, choice: Choice) -> Run:
    status = meta.get("status")
    curves = {}
    for name, path in _files(os.path.join(folder, "metrics")):
        curve = curves[name] = Curve()
        with open(path, encoding="utf-8") as file:
            for line in file:
                parts = line.split()
                if len(parts) >= 2 and line.endswith("\n"):  # a torn last line is one that is still written
                    curve.add(int(parts[2]) if len(parts) > 2 else 0, float(parts[1]))
    return Run(
        str(meta.get("run_id") or meta["run_uuid"]),
        meta.get("run_name") or None,
        _STATUSES[status] if isinstance(status, int) else str(status),
        project,
        meta.get("start_time"),
        meta.get("end_time"),
        pick_all(curves, choice)[0],
        {name: _text(path) for name, path in _files(os.path.join(folder, "params"))},
        {name: _text(path) for name, path in _files(os.path.join(folder, "tags"))},
    )


def _files(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the path of each file; a name with slashes is a path below. Links are not followed."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = os.path.join(place, file)
            if not os.path.islink(path):
                yield os.path.relpath(path, folder).replace(os.sep, "/"), path


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
