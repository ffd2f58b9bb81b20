"""Opens what `mlflow[:URI]` names: a tracking server, a SQLite file, or an `mlruns` folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.reader import Progress, Unreadable
from expflow_hooks.sources.base import LAST, MLFLOW, Choice, Reading, Source
from expflow_hooks.sources.curves import Curve, apart, choice_of, judged_names, of_commits
from expflow_hooks.sources.mlflow.client import URI, Client
from expflow_hooks.sources.mlflow.database import read_database
from expflow_hooks.sources.mlflow.folder import read_folder
from expflow_hooks.sources.mlflow.run import STATES, Run, number, to_experiment

_SQLITE = "sqlite:///"


def open_mlflow(at: str, policy: Policy, query: Query, reading: Reading = LAST, client: Client | None = None) -> Source:
    """Return the source; nothing is asked or read before its experiments are. Raises UsageError for no known URI."""
    at = at or os.environ.get(URI, "")
    if not at:
        raise UsageError(f"no MLflow server: set {URI}, or name one, such as {MLFLOW}:http://localhost:5000")
    if urlsplit(at).scheme in ("http", "https"):
        return _open_server(client or Client(at), query, reading)
    path = _path(at)
    unreadable: list[Unreadable] = []
    choice, names = choice_of(query, reading), judged_names(query, reading)

    def read(progress: Progress | None) -> Iterator[Experiment]:
        unreadable.clear()
        project = query.selection.project
        if os.path.isdir(path):
            runs = read_folder(path, project, choice, unreadable)
        else:
            runs = read_database(path, project, names, choice)
        yield from _experiments(runs, reading)

    return Source(f"{MLFLOW}:{path}", read, unreadable=lambda: unreadable, unit="runs")


def _path(at: str) -> str:
    """Return the path of a file or a folder; raise UsageError for an address of another kind."""
    if at.startswith(_SQLITE):
        return unquote(at.removeprefix(_SQLITE)).partition("?")[0]
    parts = urlsplit(at)
    if parts.scheme == "file":
        return unquote(parts.path)
    if len(parts.scheme) > 1:
        raise UsageError(
            f"{MLFLOW}:{parts.scheme}://… cannot be read; right ones are {MLFLOW}:http://localhost:5000,"
            f" {MLFLOW}:{_SQLITE}mlflow.db and {MLFLOW}:mlruns"
        )
    if not os.path.exists(at):
        raise UnreadableError(f"{at}: no such file or folder; it should be an MLflow database or an mlruns folder")
    return at


def _experiments(runs: Iterable[Run], reading: Reading) -> Iterator[Experiment]:
    for run in runs:
        experiment = to_experiment(run)
        if of_commits(experiment.commit, reading.commits):
            yield experiment


def _open_server(client: Client, query: Query, reading: Reading) -> Source:
    places: dict[str, str] = {}  # run -> experiment
    choice, names = choice_of(query, reading), judged_names(query, reading)
    source = Source(
        f"{MLFLOW}:{client.host}",
        lambda progress: read(progress),
        unit="runs",
        url=lambda run_id: f"{client.host}/#/experiments/{places[run_id]}/runs/{run_id}" if run_id in places else None,
    )

    def read(progress: Progress | None) -> Iterator[Experiment]:
        projects = client.experiments(query.selection.project)
        done = 0
        for found in client.runs(list(projects), _conditions(query)) if projects else ():
            info, data = _mapping(found.get("info")), _mapping(found.get("data"))
            run_id = str(info.get("run_id") or info.get("run_uuid") or "")
            if not run_id or info.get("lifecycle_stage") == "deleted" or run_id in places:
                continue
            places[run_id] = str(info.get("experiment_id"))
            metrics = {str(one.get("key")): number(one.get("value")) for one in _listed(data.get("metrics"))}
            if info.get("status") == "FINISHED":
                source.remarks.update(_choose(client, run_id, metrics, names, choice))
            yield from _experiments(
                [
                    Run(
                        run_id,
                        info.get("run_name"),
                        str(info.get("status")),
                        projects.get(places[run_id]),
                        info.get("start_time"),
                        info.get("end_time"),
                        metrics,
                        {str(one.get("key")): one.get("value") for one in _listed(data.get("params"))},
                        {str(one.get("key")): one.get("value") for one in _listed(data.get("tags"))},
                    )
                ],
                reading,
            )
            done += 1
            if progress is not None:
                progress(done, 0)

    return source


def _choose(
    client: Client, run_id: str, metrics: dict[str, Any], names: tuple[str, ...], choice: Choice
) -> dict[str, list[str]]:
    """Put the least or largest value where it is meant, which costs a request for each such metric; return remarks."""
    steps: dict[str, float] = {}
    for name in names:
        if name in metrics and choice.of(name) != "last":
            curve = Curve()
            for point in sorted(client.history(run_id, name), key=lambda one: one.get("timestamp") or 0):
                curve.add(int(point.get("step") or 0), number(point.get("value")))
            metrics[name], steps[name] = curve.pick(choice.of(name))
    told = apart(names, {**dict.fromkeys(metrics, 0.0), **steps}, choice) if steps else []
    return {run_id: told} if told else {}


def _conditions(query: Query) -> str:
    """Return the part of the selection that the server can filter by: the state, and tags with a value."""
    selection = query.selection
    found = [f"attributes.status = '{theirs}'" for theirs, ours in STATES.items() if ours == selection.status]
    for tag in selection.tags:
        key, equals, value = tag.partition("=")
        if equals and not {"`", "'", '"'} & set(tag):
            found.append(f"tags.`{key}` = '{value}'")
    return " and ".join(found)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
