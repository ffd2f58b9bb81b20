"""A trackio project's SQLite file as a source. It knows no states, so that each run counts as completed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.sources.base import Reading, Source
from expflow_hooks.sources.sqlite import open_readonly
from expflow_hooks.sources.trainings import Problem, Training, flat, is_number, number, open_trainings


def open_trackio(at: str, policy: Policy, query: Query, reading: Reading) -> Source:
    """Return the source; a file is one project, of the file's name unless `--project` says another."""
    return open_trainings(f"trackio:{at}", lambda problem: _read(at, query.selection.project, problem), query, reading)


def _read(path: str, project: str | None, problem: Problem) -> Iterator[Training]:
    with open_readonly(path, "a trackio project's file", ("metrics",)) as database:
        # Older files have no run ids: there a run's name is what tells it from others.
        by_id = "run_id" in database.columns("metrics")
        key = "run_id" if by_id else "run_name"
        named = project or os.path.splitext(os.path.basename(path))[0]
        runs: dict[str, Training] = {}
        rows = database.query(f"SELECT {key}, run_name, step, timestamp, metrics FROM metrics ORDER BY id")
        for run_id, name, step, timestamp, text in rows:
            run = runs.setdefault(str(run_id), Training(str(run_id), name=name, project=named))
            run.timestamp = timestamp
            for metric, value in _values(text, f"{name}, step {step}", problem).items():
                if is_number(value := number(value)):
                    run.add(metric, step, value)
        if database.columns("configs"):
            for run_id, text in database.query(f"SELECT {key}, config FROM configs"):
                if str(run_id) in runs:
                    found = _values(text, f"config of {run_id}", problem)
                    runs[str(run_id)].params = {
                        name: value for name, value in found.items() if not name.startswith("_")
                    }
        yield from runs.values()


def _values(text: Any, where: str, problem: Problem) -> dict[str, Any]:
    try:
        found = json.loads(text)
        return flat(found) if isinstance(found, dict) else {}
    except ValueError as error:
        problem(where, error)
        return {}
