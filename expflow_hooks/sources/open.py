"""From a name to an opened source: which one is meant, and the module that opens it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.files import home, make_home
from expflow_hooks.sources.base import CLEARML, LAST, Reading, Source

if TYPE_CHECKING:
    from expflow_hooks.core.policy.policy import Policy
    from expflow_hooks.core.ranking.query import Query

ENV_REGISTRY = "EXPFLOW_REGISTRY"
_LINES = (".jsonl", ".ndjson", ".json")  # how the name of a registry ends


def open_source(spec: str | None, policy: Policy, query: Query, reading: Reading = LAST) -> Source:
    """Return the source that `spec`, the environment or the policy names; `query` is what will be asked of it.

    Raises UsageError for a source of no known form. A file that was named must be there; the one at home need not.
    """
    chosen = check(choose(spec, policy))
    if chosen == CLEARML:
        from expflow_hooks.sources.clearml.read import open_clearml

        return open_clearml(policy, query, reading)
    if is_offline(chosen):
        from expflow_hooks.sources.clearml.offline import open_offline

        return open_offline(chosen, policy, query, reading)
    from expflow_hooks.sources.jsonl import open_jsonl

    return open_jsonl(chosen, missing_ok=not (spec or os.environ.get(ENV_REGISTRY)))


def choose(spec: str | None, policy: Policy) -> str:
    """Return the source to read: `--source`, else `EXPFLOW_REGISTRY`, else the policy's, else the one at home."""
    return spec or os.environ.get(ENV_REGISTRY) or _of_policy(policy) or os.path.join(home(), "experiments.jsonl")


def is_registry(spec: str | None, policy: Policy) -> bool:
    """Say whether the source is a registry, which has lines and history; a server and offline sessions have none."""
    chosen = check(choose(spec, policy))
    return chosen != CLEARML and not is_offline(chosen)


def is_offline(spec: str) -> bool:
    """Say whether a source looks like offline sessions of the ClearML SDK: a folder, or a zip."""
    return spec.endswith(".zip") or (os.path.isdir(spec) and not spec.endswith(_LINES))


def registry_to_read(spec: str | None, policy: Policy) -> str:
    """Return the registry file that has the history; raise UsageError for the server, which has none."""
    chosen = check(choose(spec, policy))
    if chosen == CLEARML:
        raise UsageError("a ClearML server keeps no registry lines: name a task with --task-id, or a .jsonl file")
    return chosen


def registry_path(spec: str | None, policy: Policy) -> str:
    """Return the registry to write to; raise UsageError for a source that is not a file."""
    own = _of_policy(policy)
    path = spec or os.environ.get(ENV_REGISTRY) or (own if own != CLEARML else None)
    if path in ("-", CLEARML):
        raise UsageError(f"{path!r} cannot be written to; a registry is a file such as experiments.jsonl")
    return path or os.path.join(make_home(), "experiments.jsonl")


def check(spec: str) -> str:
    """Return the source if it is of a known form; raise UsageError if not."""
    if spec in ("-", CLEARML) or spec.endswith((*_LINES, ".zip")) or os.path.exists(spec):
        return spec
    raise UsageError(
        f"source {spec[:120]!r} is not known; a source is a .jsonl file, - for standard input, clearml,"
        " or a folder or zip of the ClearML SDK's offline sessions"
    )


def _of_policy(policy: Policy) -> str | None:
    source = policy.leaderboard.source
    if source is None or source == CLEARML or policy.path is None:
        return source
    return os.path.join(os.path.dirname(policy.path), source)
