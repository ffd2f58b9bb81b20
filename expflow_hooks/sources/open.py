"""From a name to an opened source: which one is meant, and the module that opens it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.files import make_home
from expflow_hooks.core.registry.location import (
    AT_HOME,
    CLEARML,
    ENV_REGISTRY,
    FILE,
    OPTION,
    SERVERS,
    STDIN,
    Location,
    at_home,
    is_elsewhere,
    is_line_file,
    locate,
)
from expflow_hooks.core.registry.location import choose as choose_source
from expflow_hooks.sources.base import LAST, Reading, Source
from expflow_hooks.sources.kinds import find_kind, open_kind

if TYPE_CHECKING:
    from expflow_hooks.core.policy.policy import Policy
    from expflow_hooks.core.ranking.query import Query

_SESSION = "task.json"  # what a folder of the ClearML SDK's offline session holds


def open_source(spec: str | None, policy: Policy, query: Query, reading: Reading = LAST) -> Source:
    """Return the source that `spec`, the environment or the policy names; `query` is what will be asked of it.

    Raises UsageError for a source of no known form. A file that was named must be there; the one at home need not.
    """
    source, by = _named(spec, policy)
    if is_offline(source, by):
        from expflow_hooks.sources.clearml.offline import open_offline

        return open_offline(source, policy, query, reading)
    if is_elsewhere(source):
        return open_kind(source, policy, query, reading)
    from expflow_hooks.sources.jsonl import open_jsonl

    return open_jsonl(locate(source, by))


def choose(spec: str | None, policy: Policy) -> str:
    """Return the source to read, as `location.choose` finds it; a registry's path is checked and spelled right."""
    source, by = _named(spec, policy)
    return source if is_elsewhere(source) or is_offline(source, by) else locate(source, by).path


def locate_registry(spec: str | None, policy: Policy) -> Location:
    """Return the selected registry and its location; raise UsageError for none, or a misspelled one."""
    return locate(*_named(spec, policy))


def is_registry(spec: str | None, policy: Policy) -> bool:
    """Return whether the source is a registry, which has lines and history; a server and offline sessions have none."""
    source, by = _named(spec, policy)
    return not is_elsewhere(source) and not is_offline(source, by)


def is_offline(spec: str, by: str = OPTION) -> bool:
    """Return whether a source looks like offline sessions of the ClearML SDK: a folder of them, or a zip.

    A folder that a policy names is a registry, whatever stands in it: hooks and Action read lines there.
    """
    if spec.endswith(".zip") or by not in (OPTION, ENV_REGISTRY):
        return spec.endswith(".zip")
    try:
        names = os.listdir(spec)
    except OSError:
        return False
    if _SESSION in names or any(map(is_line_file, names)):
        return _SESSION in names
    return any(name.endswith(".zip") or os.path.exists(os.path.join(spec, name, _SESSION)) for name in names)


def registry_to_read(spec: str | None, policy: Policy) -> str:
    """Return the registry that has the history; raise UsageError for another source, which has none."""
    chosen = choose(spec, policy)
    if chosen == CLEARML:
        raise UsageError("a ClearML server keeps no registry lines: name a task with --task-id, or a .jsonl file")
    if is_elsewhere(chosen):
        raise UsageError(f"{chosen[:120]!r} has no registry lines: name a .jsonl file or a folder of them")
    return chosen


def registry_path(spec: str | None, policy: Policy) -> str:
    """Return the registry to write to; raise UsageError for a source that is none.

    Where the policy names a server, the registry at home is written.
    """
    source, by = _named(spec, policy)
    if is_elsewhere(source) and by not in (OPTION, ENV_REGISTRY):
        source, by = at_home()
    if source == STDIN or is_elsewhere(source) or is_offline(source, by):
        raise UsageError(f"{source[:120]!r} cannot be written to; a registry is a file such as {FILE}")
    if by == AT_HOME:
        make_home()
        return source
    return locate(source, by).path


def _named(spec: str | None, policy: Policy) -> tuple[str, str]:
    source, by = choose_source(spec, policy.path, policy.leaderboard.source)
    if is_elsewhere(source) and not source.endswith(".zip"):
        find_kind(source)
        if by not in (OPTION, ENV_REGISTRY) and source not in SERVERS:
            # A repository could name a server of its own, to which the keys of whoever cloned it would be sent.
            raise UsageError(
                f"{by}: source {source[:80]!r}: a policy names a registry, or a server by {' or '.join(SERVERS)} alone;"
                " the environment says where it is, and --source takes the rest"
            )
    return source, by
