"""Verifying a registry for the command line: the history, and the lines that cannot be read."""

from __future__ import annotations

import sys

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import Verification, verify, verify_newest


def verified(registry: Registry, expected_head: str | None) -> tuple[Verification, Registry]:
    """Return the verification of a registry, and the registry with its unreadable lines noted."""
    if expected_head is not None and not (len(expected_head) == 64 and set(expected_head.lower()) <= set(_HEX)):
        raise UsageError("--expect-head is a head as `expflow-hooks run verify` prints it, 64 hex digits")
    if registry.path == "-":  # it can be read only once, and the history may take two looks
        registry = Registry("-", data=sys.stdin.buffer.read() if sys.stdin else b"")
    result = verify(registry.lines, expected_head, registry.line, registry.where)
    for _ in registry.experiments():
        pass
    return result, registry


def newest_broken(registry: Registry) -> str | None:
    """Return a warning if the history of the last lines does not hold, or None."""
    problems = verify_newest(registry.lines, line=registry.line).problems if registry.path != "-" else []
    if not problems:
        return None
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    return f"the history does not hold: {problems[0].message}{more}; `expflow-hooks run verify` lists all"


_HEX = "0123456789abcdef"
