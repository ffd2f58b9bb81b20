"""How a record changes when fields are added: nothing is erased, and a missing state is implied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from expflow_hooks.core.metrics.values import unwrapped, value_status
from expflow_hooks.core.registry.experiment import UNFINISHED
from expflow_hooks.core.suggest import nearly

FIELDS = (
    "experiment_id",
    "name",
    "status",
    "project",
    "tags",
    "timestamp",
    "metrics",
    "params",
    "commit",
    "commit_hash",
    "branch",
    "dirty",
    "code",
    "definition",
    "clearml_task_id",
    "origin",
    "error",
    "event",
    "prev",
)
"""The fields that mean something here; others are kept as they are."""

IMPLIED = "implied"
"""The field of a run that runs because nobody said otherwise: the first metrics complete it."""

_ADDED_TO = ("metrics", "params")
_OF_A_LINE = ("prev", "event")
_OF_A_START = ("timestamp", "commit", "commit_hash", "branch", "dirty", "code", "error")
_FIELD_LIKENESS = 0.83  # `metric` and `stauts`, not `author`
_METRIC_LIKENESS = 0.87  # `pde_meen` is nearly `pde_mean`; `val_mae` is another metric than `val_mse`


def starts(before: Mapping[str, Any] | None, given: Mapping[str, Any]) -> bool:
    """Return whether a record starts a run: it is running now, and was not before."""
    return given.get("status") == "running" and (before is None or before.get("status") != "running")


def add_to(before: Mapping[str, Any] | None, given: Mapping[str, Any], start: bool = False) -> dict[str, Any]:
    """Return the record that results when `given` is added to the previous one.

    A run that starts names its code and its time anew; `start` says that it does, whatever it was before. Without a
    state, an experiment is completed when it has metrics, else running; what runs by this implication is completed by
    the first record that brings metrics.
    """
    left_out = (*_OF_A_LINE, *(_OF_A_START if start or starts(before, given) else ()))
    carried = {key: value for key, value in (before or {}).items() if key not in left_out}
    implied = carried.pop(IMPLIED, False) is True
    record = {**carried, **given}
    for field in _ADDED_TO:
        old, new = carried.get(field), given.get(field)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            record[field] = {**old, **new}
    if given.get("status") is None and (before is None or implied):
        record["status"] = "completed" if record.get("metrics") else "running"
        if record["status"] in UNFINISHED:
            record[IMPLIED] = True
    if record.get("status") != "failed" and "error" not in given:
        record.pop("error", None)
    return record


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given as a record holds it: None is left out, a text is a list of one, numbers are plain."""
    record = {key: value for key, value in given.items() if value is not None}
    if isinstance(record.get("metrics"), Mapping):
        record["metrics"] = {str(name): unwrapped(value) for name, value in record["metrics"].items()}
    if isinstance(record.get("params"), Mapping):
        record["params"] = dict(_flat(record["params"]))
    if "tags" in record:
        tags = record["tags"]
        record["tags"] = [tags] if isinstance(tags, str) else [str(tag) for tag in tags]
    return record


def _flat(params: Mapping[Any, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and value of every parameter: a nested one's path has `/`, what is no scalar of JSON becomes text."""
    for name, value in params.items():
        path, value = f"{above}{name}", unwrapped(value)
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}/")
        elif value is None or isinstance(value, (str, int)) or value_status(value) is None:
            yield path, value
        elif isinstance(value, (list, tuple)):
            yield path, json.dumps(value, ensure_ascii=False, default=str)
        else:
            yield path, str(value)


@lru_cache(maxsize=256)
def _nearly(name: str, known: tuple[str, ...], likeness: float) -> str | None:
    """Return the nearest known name; cached, since a run repeats the same names."""
    return nearly(name, known, likeness)


def doubts(given: Mapping[str, Any], metrics: Iterable[str]) -> Iterator[str]:
    """Yield what a record probably does not mean: names that are nearly known ones, numbers that are none."""
    for field in given:
        if near := _nearly(field, FIELDS, _FIELD_LIKENESS):
            yield f"{field!r} is no field of a record and is stored unchanged; did you mean {near!r}?"
    known = tuple(metrics)
    reported = given.get("metrics")
    for name, value in reported.items() if isinstance(reported, Mapping) else ():
        if near := _nearly(name, known, _METRIC_LIKENESS):
            yield f"metric {name!r} is not known; did you mean {near!r}?"
        if (status := value_status(value)) is not None:
            yield f"{name} is {status}: it is stored, passes no gate and has no rank"
