"""The tags by which `report_standard` vouches for a task. Each names its task: a clone inherits them."""

from __future__ import annotations

REPORTED = "expflow-reported"
"""The tag of a task that was reported through `report_standard`; nothing is believed for it alone."""

_ZERO, _CLEAN = "expflow-zero", "expflow-clean"


def zero_mark(name: str, task_id: str) -> str:
    """Return the tag for: `report_standard` reported an exact 0.0 of this metric for this task, no NaN.

    One a metric: a marked task's other zeros may still come from raw calls of the SDK, which uploads NaN as 0.0.
    """
    return f"{_ZERO}:{name}:{_short(task_id)}"


def clean_mark(commit: str, task_id: str) -> str:
    """Return the tag for: `report_standard` saw no uncommitted changes to this commit when it reported."""
    return f"{_CLEAN}:{commit[:12]}:{_short(task_id)}"


def is_zero_mark(tag: str, name: str) -> bool:
    """Return whether a tag is a zero mark of a metric, whichever task it names."""
    return tag == f"{_ZERO}:{name}" or tag.startswith(f"{_ZERO}:{name}:")


def _short(task_id: str) -> str:
    """Return the end of an id, which differs between offline sessions too."""
    return task_id[-12:]
