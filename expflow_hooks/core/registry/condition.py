"""Conditions such as `lr<0.01`, `tags~fno` or `commit=935007a`: one field, parameter or metric compared with a text."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.values import parse_decimal, value_status
from expflow_hooks.core.registry.experiment import Experiment, normal_parameter, parse_time

_FORM = re.compile(r"([^<>=!~]+)(<=|>=|!=|=|<|>|~)(.*)", re.DOTALL)
_RIGHT = "a condition is NAME, one of < <= > >= = != ~ and a value; such as lr<0.01, tags~fno or commit=935007a"
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
FIELDS: dict[str, Callable[[Experiment], Any]] = {
    "id": lambda run: run.experiment_id,
    "experiment_id": lambda run: run.experiment_id,
    "name": lambda run: run.name,
    "status": lambda run: run.state,
    "project": lambda run: run.project,
    "tags": lambda run: run.tags,
    "branch": lambda run: run.branch,
    "commit": lambda run: run.revision,
    "timestamp": lambda run: run.timestamp,
    "time": lambda run: run.timestamp,
    "dirty": lambda run: run.dirty,
}
_AGE = re.compile(r"([0-9]{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Condition(NamedTuple):
    """One comparison; what an experiment does not have, and a number that does not count, matches nothing."""

    name: str
    op: str
    value: str

    def holds(self, run: Experiment) -> bool:
        """Return whether one of the experiment's values of that name compares so."""
        return any(self._compares(value) for value in values_of(run, self.name))

    def _compares(self, value: Any) -> bool:
        if value is None:
            return False
        if isinstance(value, tuple):
            within = any(self.value in tag if self.op == "~" else tag == self.value for tag in value)
            return within if self.op in ("=", "~") else self.op == "!=" and not within
        if self.op == "~":
            return self.value.lower() in str(value).lower()
        numbers = _number(value), _number(self.value)
        if self.op in _ORDER:
            return None not in numbers and _ORDER[self.op](*numbers)
        if self.name == "commit":
            same = str(value).startswith(self.value)
        else:
            same = numbers[0] == numbers[1] if None not in numbers else str(value) == self.value
        return same is (self.op == "=")


class Since(NamedTuple):
    """Experiments from a moment on."""

    moment: datetime

    def holds(self, run: Experiment) -> bool:
        """Return whether the experiment's time is known and not before."""
        at = parse_time(run.timestamp)
        return at is not None and at >= self.moment


def parse_condition(text: str) -> Condition:
    """Return the condition that text spells; raise UsageError, showing a right one, for anything else."""
    found = _FORM.fullmatch(text.strip())
    if found is None or not found[1].strip() or not found[3].strip():
        raise UsageError(f"condition {text[:80]!r}: {_RIGHT}")
    condition = Condition(found[1].strip(), found[2], found[3].strip())
    if condition.op in _ORDER and _number(condition.value) is None:
        raise UsageError(f"condition {text[:80]!r}: {condition.op} compares numbers, such as lr<0.01")
    return condition


def parse_since(text: str, now: datetime | None = None) -> Since:
    """Return the moment that an age (`30m`, `12h`, `7d`, `2w`) or ISO 8601 text names; raise UsageError for another."""
    age = _AGE.fullmatch(text.strip())
    moment = parse_time(text.strip()) if age is None else _ago(age, now or datetime.now(timezone.utc))
    if moment is None:
        raise UsageError(f"{text[:80]!r} is no time; such as 7d, 12h or 2026-11-25")
    return Since(moment)


def _ago(age: re.Match[str], now: datetime) -> datetime | None:
    try:
        return now - timedelta(**{_UNITS[age[2]]: int(age[1])})
    except OverflowError:  # before the year 1
        return None


def values_of(run: Experiment, name: str) -> list[Any]:
    """Return an experiment's values of a name: a field, a metric, or the parameters whose path ends in it."""
    if name in FIELDS:
        return [FIELDS[name](run)]
    if run.metrics and name in run.metrics:
        return [run.metrics[name]]
    if run.params and name in run.params:
        return [run.params[name]]
    wanted = normal_parameter(name)
    return [value for path, value in (run.params or {}).items() if normal_parameter(path) == wanted]


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            return parse_decimal(value)
        except ValueError:
            return None
    return None if value_status(value) is not None else value
