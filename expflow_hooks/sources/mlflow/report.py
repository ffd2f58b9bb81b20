"""Reporting metrics to an MLflow run through MLflow's own client: done when its last values are the reported ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expflow_hooks.core.errors import UnreadableError


def report(run_id: str, metrics: Mapping[str, float], iteration: int | None = None, client: Any = None) -> None:
    """Log metrics and read them back.

    MLflow keeps the value of the highest step, so that a value is logged at the metric's last step unless `iteration`
    is given. Raises UnreadableError, with what the run has instead, where its last value is another one.
    """
    if client is None:
        from mlflow.tracking import MlflowClient

        client = MlflowClient()
    for name, value in metrics.items():
        steps = [] if iteration is not None else [point.step for point in client.get_metric_history(run_id, name)]
        client.log_metric(run_id, name, value, step=max(steps, default=0) if iteration is None else iteration)
    found = client.get_run(run_id).data.metrics
    other = [f"{name} (it has {found.get(name)!r})" for name, value in metrics.items() if found.get(name) != value]
    if other:
        raise UnreadableError(
            f"MLflow run {run_id} did not take {', '.join(other)}: report again, and without iteration=, since the"
            " value of the highest step stays"
        )
