"""The registry as a source: a file, a folder of files, or standard input as `-`."""

from __future__ import annotations

from expflow_hooks.core.registry.location import ENV_REGISTRY, OPTION, STDIN, Location
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.spool import waiting_note
from expflow_hooks.sources.base import Source


def open_jsonl(location: Location) -> Source:
    """Return the source that reads a registry; one that only a policy names may not be there yet, and has no lines."""
    registry = Registry(location.path, missing_ok=location.by not in (OPTION, ENV_REGISTRY), indexed=True)
    name = "standard input" if location.path == STDIN else location.path
    waits = waiting_note(location.path)
    return Source(
        name,
        registry.experiments,
        registry.placed,
        unreadable=lambda: registry.unreadable,
        warnings=[waits] if waits else [],
        file=location.path if registry.indexed else "",
    )
