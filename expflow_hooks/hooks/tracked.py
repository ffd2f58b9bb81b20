"""The tracked registry: where it is at a revision, by the policy that stands there, and what its files hold."""

from __future__ import annotations

import os
from typing import NamedTuple

from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.policy.policy import FILE, Policy
from expflow_hooks.core.registry.location import FILE as REGISTRY
from expflow_hooks.core.registry.location import in_repository
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.git.registry_files import registry_files
from expflow_hooks.git.repository import Git


class TrackedRegistry(NamedTuple):
    """The registry at one revision: the policy there, the path it names (nothing: not in git), and its files."""

    policy: Policy
    path: str
    files: dict[str, bytes]

    @property
    def registry(self) -> Registry:
        """Return the registry, to be read."""
        return Registry(self.path, held=self.files)

    @property
    def lines(self) -> set[bytes]:
        """Return the lines of all files, without their ends."""
        return {line for data in self.files.values() for line in data.split(b"\n")}


def tracked_at(git: Git, revision: str) -> TrackedRegistry:
    """Return the registry at a revision or in the index.

    Raises PolicyError if the policy there is none, UsageError if the registry is not spelled right or is a link.
    """
    text = git.file(revision, FILE)
    where = f"{revision or 'index'}:{FILE}"
    policy = Policy() if text is None else parse_policy(text.decode("utf-8", "replace"), where)
    source = policy.leaderboard.source or REGISTRY
    path = in_repository(source, git.top() if os.path.isabs(source) else "")
    return TrackedRegistry(policy, path, registry_files(git, revision, path) if path else {})
