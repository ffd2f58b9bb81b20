"""The metrics of one ClearML task by name: which of its values counts, under which title, and whether a zero is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.standard import STANDARD_METRICS, Metrics
from expflow_hooks.core.metrics.values import ABSENT, SUSPECT, value_status
from expflow_hooks.sources.base import Choice
from expflow_hooks.sources.clearml.marks import zero_mark
from expflow_hooks.sources.clearml.remarks import Remarks

AGGREGATES = {"last": "value", "min": "min_value", "max": "max_value"}
"""Which of a metric's values over the training is meant -> its key in `last_metrics`."""

_MONITOR = ":monitor:"  # titles of the SDK's own readings of the machine

Pair = tuple[str, str]  # title, series
Entry = Mapping[str, Any]
Marked = Callable[[str], bool]
"""Whether the task vouches for an exact zero of a series."""


class Flattening(NamedTuple):
    """How tasks become experiments: the metrics that are judged, and which value over the training counts."""

    metrics: Metrics
    needed: tuple[str, ...] = ()  # as experiments report them, that is after the policy's `from`
    aggregate: str | None = None  # of every metric; None: each by the policy, else its last

    def aggregate_of(self, name: str) -> str:
        """Return last, min or max for a metric, by the name under which experiments report it."""
        return Choice(self.metrics, self.aggregate).of(name)


def flat_metrics(
    task: Mapping[str, Any], tags: tuple[str, ...], how: Flattening, remarks: Remarks, *, judged: bool
) -> dict[str, Any]:
    """Return the metrics by name: by series where that is unique, else by `Title/series`; and every needed one.

    Raises UsageError where a needed one stands under two titles, and the task is one that is judged.
    """
    entries = read_entries(task)
    marked: Marked = lambda series: zero_mark(series, str(task.get("id"))) in tags  # noqa: E731
    titles = Counter(series for _, series in entries)
    found: dict[str, Any] = {}
    for pair, entry in entries.items():
        name = pair[1] if titles[pair[1]] == 1 else "/".join(pair)
        found[name] = ABSENT if name in found else _value(pair[1], pair, entry, marked, how)
    iterations = {}
    for name in how.needed:
        choice = choose(name, entries, str(task.get("id")), judged=judged)
        if choice is None:
            continue
        found[name] = _value(name, choice, entries[choice], marked, how)
        remarks.titles.setdefault(name, Counter())[choice[0]] += 1
        iterations[name] = _iteration(entries[choice], how.aggregate_of(name))
    if len(set(iterations.values())) > 1:
        remarks.values_of_iterations(str(task.get("id")), iterations)
    return found


def choose(name: str, entries: Mapping[Pair, Entry], task_id: str, *, judged: bool = True) -> Pair | None:
    """Return title and series of a metric; of a standard metric's titles its own; None where it has none, or two.

    Raises UsageError for two where the task is judged.
    """
    pairs = [pair for pair in entries if name in (pair[1], "/".join(pair))]
    own = (STANDARD_METRICS[name]["group"], name) if name in STANDARD_METRICS else None
    if own in pairs:  # a single value of the same name, or another title, stands beside it
        return own
    if len(pairs) > 1 and judged:
        raise _two_titles(name, sorted(pairs), task_id)
    return pairs[0] if len(pairs) == 1 else None


def read_entries(task: Mapping[str, Any]) -> dict[Pair, Entry]:
    """Return what the server keeps of each metric, without the SDK's own readings of the machine."""
    return {
        (str(entry.get("metric")), entry["variant"]): entry
        for entry in _last_metrics(task)
        if isinstance(entry.get("variant"), str) and not str(entry.get("metric")).startswith(_MONITOR)
    }


def _last_metrics(task: Mapping[str, Any]) -> Iterator[Entry]:
    titles = task.get("last_metrics")
    for series in titles.values() if isinstance(titles, dict) else ():
        for entry in series.values() if isinstance(series, dict) else ():
            if isinstance(entry, dict):
                yield entry


def _iteration(entry: Entry, aggregate: str) -> str:
    """Say of which iteration a metric's least or largest value is; the last is of no certain one."""
    return "last" if aggregate == "last" else f"at {entry.get(f'{AGGREGATES[aggregate]}_iteration')}"


def _two_titles(name: str, pairs: list[Pair], task_id: str) -> UsageError:
    first, second = ("/".join(pair) for pair in pairs[:2])
    if first == second:  # title `a` with series `b/c`, and title `a/b` with series `c`
        told = " and ".join(f"title {title!r} with series {series!r}" for title, series in pairs[:2])
        return UsageError(f"{name} is two metrics in task {task_id}: {told}; name one of them by its series alone")
    return UsageError(
        f"{name} has two titles in task {task_id}: {first} and {second}; name one of them, or let the"
        f" policy's metrics say which (from: {first!r})"
    )


def _value(name: str, pair: Pair, entry: Entry, marked: Marked, how: Flattening) -> Any:
    """Return the value, or SUSPECT for an exact zero that may be a NaN: the SDK uploads NaN and infinity as 0.0."""
    value = entry.get(AGGREGATES[how.aggregate_of(name)])
    if value_status(value) is not None or value != 0:
        return value
    trusted = any(m.name in how.metrics.trust_zero for m in how.metrics if name in (m.name, m.source))
    title, series = pair
    reported = series in STANDARD_METRICS and STANDARD_METRICS[series]["group"] == title and marked(series)
    return value if trusted or reported else SUSPECT
