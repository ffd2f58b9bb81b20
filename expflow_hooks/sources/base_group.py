"""The base's best group, which gates `~base` compare with: of an experiment's id, a commit, or the default branch."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.rank import best_group, definition_to_rank, group_of
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.registry.experiment import Experiment, Placed, latest
from expflow_hooks.core.registry.location import locate
from expflow_hooks.core.registry.reader import Progress, Registry
from expflow_hooks.sources.base import Source

DEFAULT = "refs/remotes/origin/HEAD"


class Comparing(NamedTuple):
    """Experiments to rank, and the query to rank them by."""

    experiments: Iterable[Experiment] | Placed
    query: Query


def to_compare(source: Source, query: Query, named: str | None, progress: Progress | None = None) -> Comparing:
    """Return what to rank, and the query with its base where a gate compares with one; the source is read once."""
    query = query._replace(remarks=source.remarks)
    if not query.compares:
        return Comparing(source.to_rank(progress), query)
    experiments = latest(source.experiments(progress), query.selection)
    query = query._replace(definition=definition_to_rank(experiments, query))
    return Comparing(experiments, query._replace(base=find_base(named, source.name, experiments, query)))


def find_base(named: str | None, source: str, experiments: Iterable[Experiment], query: Query) -> Row | None:
    """Return the base's group: the one of the experiment `named`, or the best of the registry as a commit has it.

    Without a name it is the registry at the tip of the default branch. Raises UsageError for a name that is neither,
    and where there is none and no such branch.
    """
    if named is not None:
        found = group_of(named, experiments, query)
        if found is not None:
            return found
    from expflow_hooks.git.registry_files import registry_files  # here: most rankings ask no git
    from expflow_hooks.git.repository import Git

    git = Git(os.path.dirname(os.path.abspath(source)))
    path = locate(source).inside if os.path.exists(source) else ""
    commit = git.commit(named or DEFAULT) if path and git.try_top() else ""
    if not commit:
        raise UsageError(_unknown(named, source))
    files = registry_files(git, commit, path)
    if not files:
        raise UsageError(f"commit {commit[:12]} has no {path}, so there is no base to compare with")
    registry = Registry(path, held=files)
    best = best_group(registry.experiments(), query)
    if registry.unreadable:
        bad = registry.unreadable[0]
        raise UnreadableError(f"{bad.file or path} of {commit[:12]}:{bad.line}: a line of the base cannot be read")
    return best


def _unknown(named: str | None, source: str) -> str:
    right = "add --base with an experiment's id, or a commit whose registry is the base, such as --base origin/main"
    if named is None:
        return f"a gate compares with ~base, and no base is known: {right}"
    return f"base {named[:80]!r} is neither an experiment of {source} nor a commit here: {right}"
