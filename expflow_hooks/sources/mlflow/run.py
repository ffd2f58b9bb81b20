"""One MLflow run as an experiment, however it was read: its state, metrics, parameters, tags and code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from expflow_hooks.core.registry.experiment import Experiment

STATES = {
    "RUNNING": "running",
    "SCHEDULED": "queued",
    "FINISHED": "completed",
    "FAILED": "failed",
    "KILLED": "stopped",
}
"""MLflow's statuses in our words; another one is below the line as it is."""

_LARGEST = 1.7976931348623157e308  # what MLflow stores for infinity
COMMITS = ("mlflow.source.git.commit", "mlflow.databricks.gitRepoCommit", "git_commit", "git.commit", "commit")
"""Tags that name the commit, the first that is there counts."""
BRANCHES = ("mlflow.source.git.branch", "mlflow.databricks.gitRepoReference")
_DIRTY = "mlflow.source.git.dirty"
_OWN = "mlflow."  # how the tags begin that MLflow itself sets


class Run(NamedTuple):
    """A run as MLflow keeps it; times are milliseconds since 1970, parameters and tags are text."""

    run_id: str
    name: str | None
    status: str
    project: str | None
    started: Any
    ended: Any
    metrics: dict[str, Any]
    params: dict[str, Any]
    tags: Mapping[str, Any]


def to_experiment(run: Run) -> Experiment:
    """Return the experiment that a run is; a nested run is one of its own."""
    dirty = str(run.tags.get(_DIRTY, "")).lower()
    return Experiment(
        run.run_id,
        name=run.name or _text(run.tags.get("mlflow.runName")),
        status=STATES.get(run.status, run.status.lower() or "unknown"),
        project=run.project,
        tags=tuple(sorted(_tag(key, value) for key, value in run.tags.items() if not key.startswith(_OWN))),
        timestamp=_moment(run.ended) or _moment(run.started),
        metrics=run.metrics,
        params=run.params,
        commit=_first(run.tags, COMMITS),
        branch=_first(run.tags, BRANCHES),
        dirty={"true": True, "false": False}.get(dirty),
    )


def number(value: Any) -> Any:
    """Return a metric's value as it was reported: NaN and infinities are stored as words, or as the largest number."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return value
    if isinstance(value, (int, float)) and abs(value) >= _LARGEST:
        return float("inf") if value > 0 else float("-inf")
    return value


def _tag(key: str, value: Any) -> str:
    """Return a tag as text: MLflow's have a value, `team=x`; without a value, or with true, the name alone."""
    return key if value in (None, "", "true", "True") else f"{key}={value}"


def _first(tags: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := _text(tags.get(name)))), None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _moment(milliseconds: Any) -> str | None:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, timezone.utc).isoformat() if milliseconds else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None
