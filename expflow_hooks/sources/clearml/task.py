"""One ClearML task as an experiment: its metrics by name, its parameters by path, its code; and what is doubtful.

Takes the server's own JSON, which the SDK's offline sessions are brought into as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.standard import STANDARD_METRICS, Metrics, zero_mark
from expflow_hooks.core.metrics.values import SUSPECT, value_status
from expflow_hooks.core.registry.experiment import Experiment

STATES = {
    "created": "created",
    "queued": "queued",
    "in_progress": "running",
    "stopped": "stopped",
    "failed": "failed",
    "completed": "completed",
    "published": "completed",
    "publishing": "completed",
    "closed": "completed",
}
"""ClearML's status -> ours; `unknown` and what newer servers may add stay as they are, and never count."""

AGGREGATES = {"last": "value", "min": "min_value", "max": "max_value"}
"""Which of a metric's values over the training is meant -> its key in `last_metrics`."""

TRAIN_TIME = "train_time_min"
_DIFFER = 0.05  # of the server's own duration, beyond which a reported training time is doubted
_MONITOR = ":monitor:"  # titles of the SDK's own readings of the machine
_PROPERTIES = "properties"  # a user's remarks on a task, changed at will after the run; no parameters

Pair = tuple[str, str]  # title, series


class Flattening(NamedTuple):
    """How tasks become experiments: the metrics that are judged, and which value over the training counts."""

    metrics: Metrics
    needed: tuple[str, ...] = ()  # as experiments report them, that is after the policy's `from`
    aggregate: str = "last"


class Remarks:
    """What came up over all tasks that were read, to be told once each."""

    def __init__(self) -> None:
        self.timed: list[str] = []
        self.disputed: list[str] = []
        self.titles: dict[str, Counter[str]] = {}

    def lines(self) -> list[str]:
        """Return the warnings, one line each."""
        lines = []
        if self.timed:
            lines.append(
                f"{TRAIN_TIME} was not reported by {_some(self.timed)}: the server's own active duration stands"
            )
        lines += [f"{TRAIN_TIME} {told}" for told in self.disputed[:5]]
        if len(self.disputed) > 5:
            lines.append(f"{TRAIN_TIME}: {len(self.disputed) - 5} more differ from the server's own active duration")
        for name, titles in self.titles.items():
            if len(titles) > 1:
                told = ", ".join(f"{title}/{name} in {n}" for title, n in sorted(titles.items()))
                lines.append(f"{name} comes from different titles ({told}); the policy's `from` picks one")
        return lines


def to_experiment(task: Mapping[str, Any], how: Flattening, remarks: Remarks) -> Experiment:
    """Return the experiment that a task is; raise UsageError where a needed metric stands under two titles."""
    task_id = str(task.get("id") or "")
    status, tags = task.get("status"), task.get("tags")
    state = None if status is None else STATES.get(str(status), str(status))
    kept_tags = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    metrics = _metrics(task, kept_tags, how, remarks, judged=state in ("completed", None))
    script = _mapping(task.get("script"))
    _add_train_time(metrics, task, how, remarks)
    return Experiment(
        task_id,
        name=_text(task.get("name")),
        status=state,
        project=_text(_mapping(task.get("project")).get("name")),
        tags=kept_tags,
        timestamp=_text(task.get("completed")),
        metrics=metrics,
        params=_params(task.get("hyperparams")),
        commit=_text(script.get("version_num")),
        branch=_text(script.get("branch")),
        dirty=bool(script["diff"]) if "diff" in script else None,
        clearml_task_id=task_id,
    )


def _metrics(
    task: Mapping[str, Any], tags: tuple[str, ...], how: Flattening, remarks: Remarks, *, judged: bool
) -> dict[str, Any]:
    """Return the metrics by name: by series where that is unique, else by `Title/series`; and every needed one."""
    values = _values(task, AGGREGATES[how.aggregate])
    titles = Counter(series for _, series in values)
    found = {}
    for pair in values:
        name = pair[1] if titles[pair[1]] == 1 else "/".join(pair)
        found[name] = _believed(pair[1], pair, values, tags, how)
    for name in how.needed:
        pairs = [pair for pair in values if name in (pair[1], "/".join(pair))]
        if len(pairs) > 1 and judged:
            raise _two_titles(name, sorted(pairs), task)
        if len(pairs) == 1:
            found[name] = _believed(name, pairs[0], values, tags, how)
            remarks.titles.setdefault(name, Counter())[pairs[0][0]] += 1
    return found


def _values(task: Mapping[str, Any], key: str) -> dict[Pair, Any]:
    """Return the values of a task's metrics, without the SDK's own readings of the machine."""
    return {
        (str(entry.get("metric")), entry["variant"]): entry.get(key)
        for series in _mapping(task.get("last_metrics")).values()
        for entry in _mapping(series).values()
        if isinstance(entry, dict)
        and isinstance(entry.get("variant"), str)
        and not str(entry.get("metric")).startswith(_MONITOR)
    }


def _two_titles(name: str, pairs: list[Pair], task: Mapping[str, Any]) -> UsageError:
    first, second = ("/".join(pair) for pair in pairs[:2])
    return UsageError(
        f"{name} stands under two titles in task {task.get('id')}: {first} and {second}; name one of them, or let the"
        f" policy's metrics say which (from: {first!r})"
    )


def _believed(name: str, pair: Pair, values: Mapping[Pair, Any], tags: tuple[str, ...], how: Flattening) -> Any:
    """Return the value, or SUSPECT for an exact zero that may be a NaN: the SDK uploads NaN and infinity as 0.0."""
    value = values[pair]
    if value_status(value) is not None or value != 0:
        return value
    trusted = any(
        metric.name in how.metrics.trust_zero for metric in how.metrics if name in (metric.name, metric.source)
    )
    title, series = pair
    reported = series in STANDARD_METRICS and STANDARD_METRICS[series]["group"] == title and zero_mark(series) in tags
    return value if trusted or reported else SUSPECT


def _add_train_time(metrics: dict[str, Any], task: Mapping[str, Any], how: Flattening, remarks: Remarks) -> None:
    """Fill in the training time from the server's own active duration where it was not reported; doubt it if it was."""
    seconds, name = task.get("active_duration"), how.metrics.source(TRAIN_TIME)
    if value_status(seconds) is not None or not isinstance(seconds, (int, float)) or seconds <= 0:
        return
    minutes, task_id = seconds / 60, str(task.get("id"))
    if name not in metrics:
        metrics[name] = minutes
        remarks.timed.append(task_id)
        return
    reported = metrics[name]
    if value_status(reported) is None and abs(reported - minutes) > _DIFFER * minutes:
        remarks.disputed.append(f"{reported:.4g} was reported by {task_id}; the server counted {minutes:.4g} active")


def _params(hyperparams: Any) -> dict[str, Any]:
    return {
        f"{section}/{name}": entry.get("value")
        for section, entries in _mapping(hyperparams).items()
        if section != _PROPERTIES
        for name, entry in _mapping(entries).items()
        if isinstance(entry, dict)
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _some(ids: list[str], most: int = 3) -> str:
    shown = ", ".join(ids[:most])
    return f"{len(ids)} tasks ({shown}{', …' if len(ids) > most else ''})" if len(ids) > 1 else f"task {shown}"
