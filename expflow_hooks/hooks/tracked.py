"""The tracked registry: its path at a revision, by that revision's policy, and the content of its files."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from weakref import WeakKeyDictionary

from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.policy.policy import FILE, Policy
from expflow_hooks.core.registry.append_only import Growth, check_growth
from expflow_hooks.core.registry.experiment import Experiment, from_mapping, latest
from expflow_hooks.core.registry.histories import Histories, histories, ids_with
from expflow_hooks.core.registry.location import FILE as REGISTRY
from expflow_hooks.core.registry.location import in_repository
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.stored import Files
from expflow_hooks.git.blob_files import BlobFiles
from expflow_hooks.git.registry_files import registry_parts
from expflow_hooks.git.repository import Git

_blobs: WeakKeyDictionary[Git, BlobFiles] = WeakKeyDictionary()
"""What the checks of one process have read, each blob once."""


class TrackedRegistry:
    """The registry at one revision: the policy there, the path it names (nothing: not in git), and its files."""

    def __init__(self, blobs: BlobFiles, policy: Policy, path: str, parts: Mapping[str, str]) -> None:
        self.policy = policy
        self.path = path
        self.files: Files = blobs.stored(parts)
        self._blobs = blobs
        self._parts = parts

    @property
    def registry(self) -> Registry:
        """Return the registry, to be read."""
        return Registry(self.path, held=self.files)

    def growth_since(self, base: TrackedRegistry) -> Growth:
        """Return what became of another revision's registry; what both have alike is not read."""
        self._blobs.read(sorted(self._parts.items() - base._parts.items()))
        return check_growth(base.files, self.files)

    def histories(self, ids: Collection[str]) -> Histories:
        """Return the lines of several experiments, oldest first."""
        if ids:
            self._blobs.read(self._parts.items())
        return histories(self.path, self.files, ids)

    def experiments_with(self, texts: Collection[str]) -> Iterable[Experiment]:
        """Return the experiments that have a line with one of these texts, and maybe others, in present states."""
        self._blobs.read(self._parts.items())
        ids = ids_with(self.files, texts)
        if ids is None:
            return latest(self.registry.experiments())
        return [from_mapping(lines[-1].record) for lines in self.histories(ids).values()]


def tracked_at(git: Git, revision: str) -> TrackedRegistry:
    """Return the registry at a revision or in the index.

    Raises PolicyError if the policy there is none, UsageError if the registry is not spelled right or is a link.
    """
    text = git.file(revision, FILE)
    where = f"{revision[:12]}:{FILE}" if revision else FILE
    policy = Policy() if text is None else parse_policy(text.decode("utf-8", "replace"), where)
    source = policy.leaderboard.source or REGISTRY
    path = in_repository(source, git.top() if os.path.isabs(source) else "")
    blobs = _blobs.setdefault(git, BlobFiles(git))
    return TrackedRegistry(blobs, policy, path, registry_parts(git, revision, path) if path else {})
