"""The registry as a source: a `.jsonl` file, or standard input as `-`."""

from __future__ import annotations

from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.sources.base import Source


def open_jsonl(path: str, *, missing_ok: bool) -> Source:
    """Return the source that reads a registry; with `missing_ok`, a file that is not there yet has no experiments."""
    registry = Registry(path, missing_ok=missing_ok)
    name = "standard input" if path == "-" else path
    return Source(name, registry.experiments, registry.placed, unreadable=lambda: registry.unreadable)
