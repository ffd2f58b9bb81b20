"""The tracked registry: which file it is at a revision, by the policy that stands there, and what it holds."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.policy.policy import FILE, Policy
from expflow_hooks.git.repository import Git
from expflow_hooks.hooks.change import blob
from expflow_hooks.hooks.tracked_names import SUFFIXES

DEFAULT = "experiments.jsonl"


class Tracked(NamedTuple):
    """The registry at one revision: the policy there, the path it names (None: not in git), and the file's bytes."""

    policy: Policy
    path: str | None
    data: bytes


def tracked_at(git: Git, revision: str) -> Tracked:
    """Return the registry at a revision or in the index; raise PolicyError if the policy there is none."""
    text = blob(git, revision, FILE)
    where = f"{revision or 'index'}:{FILE}"
    policy = Policy() if text is None else parse_policy(text.decode("utf-8", "replace"), where)
    path = _path(policy)
    return Tracked(policy, path, (blob(git, revision, path) if path else None) or b"")


def _path(policy: Policy) -> str | None:
    source = policy.leaderboard.source or DEFAULT
    path = posixpath.normpath(source.replace("\\", "/"))
    inside = not path.startswith(("../", "/")) and path.endswith(SUFFIXES)
    return path if inside else None
