"""An Optuna study's SQLite file as a source: a trial is an experiment, its objectives and numbers are metrics."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from expflow_hooks.core.errors import UndecidedError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.sources.base import Reading, Source
from expflow_hooks.sources.sqlite import ReadOnly, open_readonly
from expflow_hooks.sources.trainings import COMMITS, Problem, Training, is_number, open_trainings

_TABLES = ("studies", "trials", "trial_params", "trial_values", "trial_user_attributes", "trial_intermediate_values")
_STATES = {
    "COMPLETE": "completed",
    "FAIL": "failed",  # also what Optuna makes of a NaN
    "PRUNED": "stopped",
    "RUNNING": "running",
    "WAITING": "queued",
}
_VALUES = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}


def open_optuna(at: str, policy: Policy, query: Query, reading: Reading) -> Source:
    """Return the source; `--project` is the study, of which a file may hold several."""
    return open_trainings(f"optuna:{at}", lambda problem: _read(at, query.selection.project, problem), query, reading)


def _read(path: str, project: str | None, problem: Problem) -> Iterator[Training]:
    with open_readonly(path, "an Optuna study's file", _TABLES) as database:
        studies = {row[0]: str(row[1]) for row in database.query("SELECT study_id, study_name FROM studies")}
        if project is not None and project not in studies.values():
            raise UndecidedError(f"no study {project[:120]!r} in {path}{did_you_mean(project, studies.values())}")
        trials: dict[int, Training] = {}
        names = _metric_names(database)
        of_study: dict[int, int] = {}
        for trial_id, number, study, state, started, ended in database.query(
            "SELECT trial_id, number, study_id, state, datetime_start, datetime_complete FROM trials ORDER BY trial_id"
        ):
            if project in (None, studies.get(study)):
                of_study[trial_id] = study
                trials[trial_id] = Training(
                    f"{studies[study]}-{number}",
                    state=_STATES.get(state, str(state).lower()),
                    project=studies[study],
                    timestamp=ended or started,
                )
        _add_values(database, trials, of_study, names)
        _add_params(database, trials, problem)
        yield from trials.values()


def _metric_names(database: ReadOnly) -> dict[int, list[str]]:
    """Return the names that a study gives its objectives, by study."""
    if not database.columns("study_system_attributes"):
        return {}
    rows = database.query("SELECT study_id, value_json FROM study_system_attributes WHERE key = 'study:metric_names'")
    return {study: [str(name) for name in json.loads(text)] for study, text in rows}


def _add_values(
    database: ReadOnly, trials: dict[int, Training], of_study: dict[int, int], names: dict[int, list[str]]
) -> None:
    """Add the objectives: what was reported on the way, if there is one only, and the final value above all."""
    several = {row[0] for row in database.query("SELECT trial_id FROM trial_values WHERE objective > 0")}

    def name(trial_id: int, objective: int) -> str:
        own = names.get(of_study[trial_id], [])
        if objective < len(own):
            return own[objective]
        return f"value_{objective}" if trial_id in several else "value"

    steps = "SELECT trial_id, step, intermediate_value, intermediate_value_type FROM trial_intermediate_values"
    for trial_id, step, value, kind in database.query(steps):
        if trial_id in trials and trial_id not in several:
            trials[trial_id].add(name(trial_id, 0), step, _VALUES.get(kind, value))
    finals = "SELECT trial_id, objective, value, value_type FROM trial_values"
    for trial_id, objective, value, kind in database.query(finals):
        if trial_id in trials:
            trials[trial_id].add(name(trial_id, objective), math.inf, _VALUES.get(kind, value))


def _add_params(database: ReadOnly, trials: dict[int, Training], problem: Problem) -> None:
    """Add parameters, and attributes: numbers as metrics, the commit as such, other text as parameters."""
    params = "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params"
    for trial_id, name, value, distribution in database.query(params):
        if trial_id in trials:
            try:
                trials[trial_id].params[name] = _parameter(value, json.loads(distribution))
            except (ValueError, KeyError, IndexError, TypeError) as error:
                problem(f"parameter {name} of {trials[trial_id].run_id}", error)
    for trial_id, name, text in database.query("SELECT trial_id, key, value_json FROM trial_user_attributes"):
        value = json.loads(text)
        if trial_id not in trials:
            continue
        if name in COMMITS and isinstance(value, str):
            trials[trial_id].commit = value
        elif name == "name" and isinstance(value, str):
            trials[trial_id].name = value
        elif is_number(value):
            trials[trial_id].add(name, math.inf, value)
        elif isinstance(value, (str, bool)):
            trials[trial_id].params[name] = value


def _parameter(value: Any, distribution: dict[str, Any]) -> Any:
    """Return a parameter as it was suggested: the file has a number for each."""
    kind, attributes = distribution["name"], distribution.get("attributes", {})
    if kind == "CategoricalDistribution":
        return attributes["choices"][int(value)]
    return int(value) if kind.startswith("Int") else value
