"""Experiments as rows of a data frame: a column a field, a metric and a parameter, unrounded, types kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from expflow_hooks.core.registry.experiment import Experiment

_FIELDS = ("experiment_id", "name", "status", "project", "tags", "timestamp", "commit", "branch", "dirty")
METRICS, PARAMS = "metrics.", "params."


def flat(run: Experiment) -> dict[str, Any]:
    """Return one experiment by column; a metric is `metrics.NAME`, a parameter `params.PATH`."""
    fields = (run.experiment_id, run.name, run.state, run.project, ", ".join(run.tags or ()) or None, run.timestamp)
    row = dict(zip(_FIELDS, (*fields, run.revision, run.branch, run.dirty), strict=True))
    row.update((METRICS + name, value) for name, value in (run.metrics or {}).items())
    row.update((PARAMS + name, value) for name, value in (run.params or {}).items())
    return row


def flat_rows(experiments: Sequence[Experiment]) -> tuple[list[str], list[list[Any]]]:
    """Return the columns, fields first, then metrics, then parameters, and a row for each experiment."""
    rows = [flat(run) for run in experiments]
    names = {name for row in rows for name in row}
    columns = [*_FIELDS, *(name for part in (METRICS, PARAMS) for name in sorted(names) if name.startswith(part))]
    return columns, [[row.get(name) for name in columns] for row in rows]
