"""CSV files as a source: a table of runs, or the curves of one run as Lightning's CSVLogger writes them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.sources.base import Reading, Source
from expflow_hooks.sources.curves import judged_names
from expflow_hooks.sources.trainings import (
    Problem,
    Training,
    find_files,
    folder_name,
    is_number,
    number,
    open_trainings,
    read_settings,
)

_IDS = ("experiment_id", "run_id", "id", "run", "name")
_STEPS = ("step", "global_step", "iteration", "epoch")
_TEXTS = {"status": "state", "state": "state", "project": "project", "timestamp": "timestamp", "commit": "commit"}
_PARAMS = ("params.", "params/", "param.", "config.", "config/", "hparams/")
_CURVES = "metrics.csv"  # what Lightning calls the file in a run's folder
_SETTINGS = "hparams.yaml"


def open_csv(at: str, policy: Policy, query: Query, reading: Reading) -> Source:
    """Return the source of a file, or of a folder in which each `metrics.csv` is a run.

    A table with a column of ids (`experiment_id`, `run_id`, `id`, `run`, `name`) has a run a row; otherwise one with a
    column of steps is one run. Which columns are metrics: those that are judged, and those of numbers that no group
    ignores; `params.` before a name makes it a parameter, as text is.
    """
    names = {*judged_names(query, reading), *(metric.source or metric.name for metric in query.metrics)}
    ignored = query.group_by.ignore if query.group_by else ("seed",)
    return open_trainings(f"csv:{at}", lambda problem: _read(at, names, ignored, problem), query, reading)


def _read(path: str, names: set[str], ignored: Sequence[str], problem: Problem) -> Iterator[Training]:
    if os.path.isfile(path):
        yield from _table(path, os.path.basename(path).rpartition(".")[0], names, ignored)
        return
    found = False
    for below, file in find_files(path, lambda name: name == _CURVES):
        found = True
        try:
            for run in _table(file, folder_name(path, below), names, ignored):
                run.params = {**read_settings(os.path.join(os.path.dirname(file), _SETTINGS)), **run.params}
                yield run
        except UnreadableError as error:
            problem(os.path.relpath(file, path), error)
    if not found:
        raise UnreadableError(f"{path} holds no {_CURVES}")


def _table(path: str, name: str, names: set[str], ignored: Sequence[str]) -> Iterator[Training]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise UnreadableError(f"cannot read {path}: {error}") from None
    header = list(rows[0]) if rows else []
    if any(None in row or None in row.values() for row in rows):
        raise UnreadableError(f"{path}: a row has another number of cells than the header")
    key = next((column for column in _IDS if column in header), None)
    if key is None and any(column in header for column in _STEPS):
        yield _curves(name, rows, next(column for column in _STEPS if column in header))
        return
    metrics = {column for column in header if column in names or _all_numbers(rows, column)} - set(ignored)
    for place, row in enumerate(rows, start=1):
        yield _run(row, row[key] if key and row[key] else f"row {place}", key, metrics)


def _run(row: Mapping[str, str], run_id: str, key: str | None, metrics: set[str]) -> Training:
    run = Training(run_id, name=row.get("name") or None)
    for column, cell in row.items():
        prefix = next((prefix for prefix in _PARAMS if column.startswith(prefix)), "")
        if column == key or column == "name" or not cell:
            continue
        if column in _TEXTS:
            setattr(run, _TEXTS[column], cell)
        elif column == "tags":
            run.tags = tuple(tag.strip() for tag in cell.replace(";", ",").split(",") if tag.strip())
        elif prefix or column not in metrics:
            run.params[column.removeprefix(prefix)] = cell
        else:
            run.add(column, 0, number(cell))
    return run


def _curves(name: str, rows: Sequence[Mapping[str, str]], steps: str) -> Training:
    """Return the one run whose curves the rows are; a row has what was logged at a step, and empty cells."""
    run = Training(name)
    for place, row in enumerate(rows):
        step = number(row[steps])
        at = float(step) if is_number(step) and step == step else float(place)
        for column, cell in row.items():
            if column != steps and cell:
                run.add(column, at, number(cell))
    return run


def _all_numbers(rows: Sequence[Mapping[str, str]], column: str) -> bool:
    cells = [row[column] for row in rows if row[column]]
    return bool(cells) and all(is_number(number(cell)) for cell in cells)
