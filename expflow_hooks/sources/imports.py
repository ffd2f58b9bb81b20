"""Another tracker's experiments in the registry: each once, with its origin, and a line more only where it changed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from expflow_hooks.core.metrics.values import NoValue
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.registry.experiment import Experiment, Selection, latest
from expflow_hooks.core.registry.permit import Permit
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.writer import Append, Writer
from expflow_hooks.sources.base import CLEARML, MLFLOW, Reading, Source
from expflow_hooks.sources.mlflow.client import URI as MLFLOW_URI
from expflow_hooks.sources.open import open_source

_FINAL = frozenset({"cancelled", "deleted"})  # what was done here stays so, whatever the tracker says
_OURS = ("prev", "event")  # of a line, not of an experiment


class Imported(NamedTuple):
    """What an import did: the ids that are new, those that changed, how many are unchanged, and what to warn of."""

    new: list[str]
    changed: list[str]
    unchanged: int
    warnings: list[str]


def import_source(writer: Writer, spec: str, policy: Policy, selection: Selection) -> Imported:
    """Bring every experiment of a source that is selected into the registry; all lines or none.

    Raises UnreadableError, or what the source raises, where it cannot be read; nothing has been written then.
    """
    source = open_source(spec, policy, make_query(policy, selection), Reading(judged=False))
    return _bring(writer, source, latest(source.experiments(None), selection))


def sync_origins(writer: Writer, policy: Policy) -> dict[str, Imported]:
    """Bring what the registry has from other trackers up to date, by the source that each origin names.

    A server is asked only where the environment names it too: a line that somebody else wrote could lead the keys to a
    server of its own.
    """
    known: dict[str, set[str]] = {}
    for experiment_id, record in _records(writer).items():
        origin = record.get("origin")
        spec = origin.get("source") if isinstance(origin, dict) else None
        if isinstance(spec, str) and spec != CLEARML:  # its tasks are brought by their ids
            known.setdefault(spec, set()).add(experiment_id)
    found = {}
    for spec, ids in known.items():
        if not _may_ask(spec):
            told = f"not asked, since {MLFLOW_URI} does not name this server; `expflow-hooks import {spec}` asks it"
            found[spec] = Imported([], [], len(ids), [told])
            continue
        source = open_source(spec, policy, make_query(policy, Selection()), Reading(judged=False))
        theirs = [one for one in latest(source.experiments(None)) if one.experiment_id in ids]
        found[spec] = _bring(writer, source, theirs)
        if len(theirs) < len(ids):
            gone = sorted(ids - {one.experiment_id for one in theirs})
            found[spec].warnings.append(f"{_some(gone)} not there any more; the registry's lines stay")
    return found


def _may_ask(spec: str) -> bool:
    """Return whether an origin is a file, or the server that the environment names."""
    name, _, address = spec.partition(":")
    if name != MLFLOW or not address.startswith(("http://", "https://")):
        return True
    from expflow_hooks.network.session import same_server

    return same_server(address, os.environ.get(MLFLOW_URI, ""))


def _bring(writer: Writer, source: Source, experiments: Iterable[Experiment]) -> Imported:
    present = _records(writer)
    done = Imported([], [], 0, [*source.warnings])
    for bad in source.unreadable():
        done.warnings.append(f"left out: {bad.why}")
    changes, others, doubtful, unchanged = [], [], [], 0
    for experiment in experiments:
        news, left_out = _news(experiment, source)
        before = present.get(experiment.experiment_id)
        doubtful += [experiment.experiment_id] if left_out else []
        if before is not None and not _same_origin(before, news):
            others.append(experiment.experiment_id)
        elif before is not None and (before.get("status") in _FINAL or _says(before, news)):
            unchanged += 1
        else:
            (done.new if before is None else done.changed).append(experiment.experiment_id)
            changes.append(Append(experiment.experiment_id, _making(news), Permit("origin")))
    if others:
        done.warnings.append(f"{_some(others)} already in the registry from elsewhere, left as it is")
    if doubtful:
        done.warnings.append(f"{_some(doubtful)} without metrics whose 0.0 may be a NaN; see trust_zero")
    if changes:
        writer.update_all(changes)
    return done._replace(unchanged=unchanged)


def _news(experiment: Experiment, source: Source) -> tuple[dict[str, Any], list[str]]:
    """Return the record of an experiment, and the names of metrics that stay out since nobody knows their value.

    NaN and infinities stay in: in the registry they are as little a number as there.
    """
    given = {key: value for key, value in msgspec.structs.asdict(experiment).items() if value not in (None, (), {})}
    metrics = experiment.metrics or {}
    left_out = [name for name, value in metrics.items() if isinstance(value, NoValue)]
    given["metrics"] = {name: value for name, value in metrics.items() if name not in left_out}
    given["status"] = experiment.state
    if "tags" in given:
        given["tags"] = list(given["tags"])
    url = source.url(experiment.experiment_id)
    origin = {"source": source.name, "id": experiment.experiment_id, **({"url": url} if url else {})}
    return {**given, "origin": origin}, left_out


def _making(news: dict[str, Any]) -> Callable[[dict[str, Any] | None], dict[str, Any]]:
    return lambda now: {**_carried(now), **news}


def _same_origin(before: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Return whether a record is of the experiment: a file may have moved, but not to another kind of tracker."""
    origin = before.get("origin")
    if not isinstance(origin, dict):
        of_server = str(news["origin"]["source"]) == CLEARML
        return of_server and str(before.get("clearml_task_id")) == str(news["experiment_id"])
    theirs: dict[str, Any] = news["origin"]
    kinds = {str(one.get("source")).partition(":")[0] for one in (origin, theirs)}
    return len(kinds) == 1 and str(origin.get("id")) == str(theirs["id"])


def _says(before: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Return whether a record says all of the news already; as text, since NaN is not equal to itself."""
    told = {key: value for key, value in news.items() if key != "origin"}
    return _text({**before, **told}) == _text(before)


def _text(record: Mapping[str, Any]) -> str:
    return json.dumps(record, sort_keys=True)


def _records(writer: Writer) -> dict[str, dict[str, Any]]:
    return {record["experiment_id"]: record for record in Registry(writer.path, missing_ok=True).records()}


def _carried(before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a line says of its experiment."""
    return {key: value for key, value in (before or {}).items() if key not in _OURS}


def _some(ids: list[str], most: int = 3) -> str:
    shown = ", ".join(ids[:most]) + (", …" if len(ids) > most else "")
    return f"{shown}: 1 experiment is" if len(ids) == 1 else f"{shown}: {len(ids)} experiments are"
