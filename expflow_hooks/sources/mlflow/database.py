"""An MLflow SQLite file, read where it is: the tables that MLflow has had since 1.0."""

from __future__ import annotations

from collections.abc import Iterator

from expflow_hooks.core.errors import UndecidedError
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.sources.base import Choice
from expflow_hooks.sources.mlflow.run import Run, number
from expflow_hooks.sources.sqlite import ReadOnly, open_readonly

_TABLES = ("experiments", "runs", "metrics", "latest_metrics", "params", "tags")
_RUNS = """SELECT r.run_uuid, r.name, r.status, r.start_time, r.end_time, r.source_version, e.name
FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id
WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active' AND (?1 IS NULL OR e.name = ?1)
ORDER BY r.start_time, r.run_uuid"""
_OF_RUNS = "JOIN runs r ON r.run_uuid = t.run_uuid JOIN experiments e ON e.experiment_id = r.experiment_id"
_WHERE = "WHERE r.lifecycle_stage = 'active' AND (?1 IS NULL OR e.name = ?1)"
_EXTREMES = f"""SELECT t.run_uuid, MIN(t.value), MAX(t.value) FROM metrics t {_OF_RUNS} {_WHERE}
AND t.key = ?2 AND NOT t.is_nan AND ABS(t.value) < 1.7976931348623157e308 GROUP BY t.run_uuid"""


def read_database(path: str, project: str | None, names: tuple[str, ...], choice: Choice) -> Iterator[Run]:
    """Yield the runs of an experiment, or of all; raise UndecidedError with the nearest name for one that is not there.

    `names` are the metrics of which the least or the largest value may be meant.
    """
    with open_readonly(path, "an MLflow database", _TABLES) as database:
        if project is not None:
            _check_project(database, project)
        params: dict[str, dict[str, str]] = {}
        tags: dict[str, dict[str, str]] = {}
        metrics: dict[str, dict[str, object]] = {}
        for table, found in (("params", params), ("tags", tags)):
            for run_id, key, value in database.query(
                f"SELECT t.run_uuid, t.key, t.value FROM {table} t {_OF_RUNS} {_WHERE}", (project,)
            ):
                found.setdefault(run_id, {})[key] = value
        values = f"SELECT t.run_uuid, t.key, t.value, t.is_nan FROM latest_metrics t {_OF_RUNS} {_WHERE}"
        for run_id, key, value, is_nan in database.query(values, (project,)):
            metrics.setdefault(run_id, {})[key] = float("nan") if is_nan else number(value)
        for name in names:
            if (aggregate := choice.of(name)) != "last":
                for run_id, least, largest in database.query(_EXTREMES, (project, name)):
                    metrics.setdefault(run_id, {})[name] = least if aggregate == "min" else largest
        for run_id, name, status, started, ended, version, experiment in database.query(_RUNS, (project,)):
            own = tags.get(run_id, {})
            own = {**own, "commit": version} if version and "commit" not in own else own
            yield Run(
                run_id, name, status, experiment, started, ended, metrics.get(run_id, {}), params.get(run_id, {}), own
            )


def _check_project(database: ReadOnly, project: str) -> None:
    names = [row[0] for row in database.query("SELECT name FROM experiments WHERE lifecycle_stage = 'active'")]
    if project not in names:
        raise UndecidedError(f"no experiment {project[:120]!r} in {database.path}{did_you_mean(project, names)}")
