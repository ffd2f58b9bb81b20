"""Which experiments `run list` lists, and in which order: of a registry, a server or offline sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from expflow_hooks.cli.options import policy, selection
from expflow_hooks.cli.verification import newest_broken
from expflow_hooks.core.registry.codec import decode_record
from expflow_hooks.core.registry.experiment import Experiment, Selection, from_mapping, latest
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.spool import waiting_note
from expflow_hooks.core.wording import counted
from expflow_hooks.operations.listing import select_records
from expflow_hooks.render.listing import ordered, parse_columns, refuse_unknown
from expflow_hooks.render.output import progress, warn, warn_unreadable
from expflow_hooks.sources.base import Reading
from expflow_hooks.sources.open import is_registry, open_source, registry_to_read

DELETED = "deleted"
_FOR_PEOPLE = 50  # experiments at a time, unless --top says how many


class Listed(NamedTuple):
    """The experiments to list, the source's name, and how many deleted ones are left out."""

    experiments: list[Experiment]
    source: str
    hidden: int
    more: bool  # whether others changed before these
    records: dict[str, dict[str, Any]]  # as a registry has them, with the fields of other tools; by id, for JSON only

    def as_records(self) -> list[dict[str, Any]]:
        """Return each experiment's record, every field as it stands."""
        from expflow_hooks.sources.clearml.records import record_of

        return [self.records.get(run.experiment_id) or record_of(run)[0] for run in self.experiments]


def listed(source: str | None, options: Mapping[str, Any], form: str) -> Listed:
    """Return what the options ask to list; for JSON, records keep the fields that an experiment does not have."""
    meant, whole = selection(options), form == "json"
    read = _of_registry if is_registry(source, policy()) else _of_source
    found = _newest(source, options, meant, form) or read(source, meant, whole)
    asked = options["deleted"] or meant.status == DELETED or any(text.startswith("status") for text in options["where"])
    shown = [run for run in found.experiments if asked or run.state != DELETED]
    by = options["sort_by"]
    refuse_unknown([*parse_columns(options["columns"]), *([by] if by else [])], found.experiments, policy().metrics)
    ordering = ordered(shown, by, policy().metrics) if by else shown
    if options["top"]:
        ordering = ordering[: options["top"]] if by else ordering[-options["top"] :]
    return found._replace(experiments=ordering, hidden=len(found.experiments) - len(shown))


def _newest(source: str | None, options: Mapping[str, Any], meant: Selection, form: str) -> Listed | None:
    """Return the experiments that changed last, where no more are asked for; None where all have to be read."""
    top = options["top"] or (_FOR_PEOPLE if form in ("text", "markdown") else None)
    if top is None or options["sort_by"] or options["columns"] or not is_registry(source, policy()):
        return None
    from expflow_hooks.core.registry.conflicts import conflicted_file
    from expflow_hooks.core.registry.newest import newest

    registry = open_registry(source)
    found = newest(registry, meant, top)
    if found.unreadable:
        lines = counted(found.unreadable, "unreadable line")
        lines += ", a conflict marker among them" if conflicted_file(registry.path) else ""
        warn(f"{registry.path}: {lines}; the other lines count; `expflow-hooks run verify` lists them")
    if broken := newest_broken(registry):
        warn(f"{registry.path}: {broken}")
    records = {str(record["experiment_id"]): record for record in map(decode_record, found.lines)}
    return Listed(found.experiments, registry.path, 0, found.more, records)


def open_registry(source: str | None, *, indexed: bool = False) -> Registry:
    """Return the registry that is meant, to be read; warn of records that wait beside it."""
    path = registry_to_read(source, policy())
    if waits := waiting_note(path):
        warn(waits)
    return Registry(path, missing_ok=source is None, indexed=indexed)


def _of_registry(source: str | None, meant: Selection, whole: bool) -> Listed:
    registry = open_registry(source)
    records = select_records(registry.records(), meant) if whole else {}
    runs = [from_mapping(record) for record in records.values()]
    if not whole:
        runs = latest(registry.experiments(progress(registry.path)), meant)
    warn_unreadable(registry.path, registry.unreadable)
    if broken := newest_broken(registry):
        warn(f"{registry.path}: {broken}")
    return Listed(runs, registry.path, 0, False, records)


def _of_source(source: str | None, meant: Selection, whole: bool) -> Listed:
    from expflow_hooks.core.policy.query import make_query

    query = make_query(policy(), meant)
    opened = open_source(source, policy(), query, Reading(judged=False))
    found = latest(opened.experiments(progress(opened.name, opened.unit)), query.selection)
    for warning in opened.warnings:
        warn(warning)
    warn_unreadable(opened.name, opened.unreadable())
    return Listed(found, opened.name, 0, False, {})
