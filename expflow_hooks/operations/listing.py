"""The present records of a source: of a registry with every field as it stands, of others what they say of a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.registry.experiment import Selection, from_mapping, latest
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.sources.base import Reading
from expflow_hooks.sources.open import is_registry, open_source, registry_to_read


def records_of(source: str | None, meant: Selection, policy: Policy) -> tuple[list[dict[str, Any]], str]:
    """Return the records that are meant, and the source's name."""
    if is_registry(source, policy):
        registry = Registry(registry_to_read(source, policy), missing_ok=source is None)
        return list(select_records(registry.records(), meant).values()), registry.path
    from expflow_hooks.sources.clearml.records import record_of

    query = make_query(policy, meant)
    opened = open_source(source, policy, query, Reading(judged=False))
    return [record_of(run)[0] for run in latest(opened.experiments(None), query.selection)], opened.name


def select_records(records: Iterable[dict[str, Any]], meant: Selection) -> dict[str, dict[str, Any]]:
    """Return the present records that are meant, by id; the others are not kept while the rest is read."""
    selects = meant.matcher()
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        if selects is None or selects(from_mapping(record)):
            found[record["experiment_id"]] = record
        else:
            found.pop(record["experiment_id"], None)
    return found
