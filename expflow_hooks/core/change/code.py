"""The identity of code: a digest over the files that results depend on, the same for a work tree and for a commit.

A commit's name survives no rebase and says nothing of what was not committed. The files' modes, paths and blob ids do,
and git, the index, `ls-tree` and GitHub's trees all give them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from hashlib import sha256

from expflow_hooks.core.policy.path_patterns import matcher
from expflow_hooks.core.policy.policy import Policy

Entry = tuple[str, str, str]
"""Mode, object id and path, from the repository's root, of a file, a link or a submodule; a folder's is passed over."""

DEFAULT_PATHS = (
    "**",
    "!expflow.yaml",
    "!experiments.jsonl",
    "!experiments/*.jsonl",
    "!**/*.md",
    "!**/*.rst",
    "!docs/**",
    "!.github/**",
    "!**/LICENSE*",
    "!**/LICENCE*",
    "!**/COPYING*",
    "!**/NOTICE*",
    "!wandb/**",
    "!mlruns/**",
    "!lightning_logs/**",
)
"""What counts as code where `leaderboard.paths` says nothing: all but results, the policy, documents and licences."""

_NEVER = "!**/__pycache__/**"  # what running the code leaves beside it, where nobody ignores it

_FOLDERS = ("040000", "40000")
_LINES = (".jsonl", ".ndjson", ".json")


def code_patterns(paths: Sequence[str] = (), registry: str = "", folder: str = "") -> tuple[str, ...]:
    """Return the patterns of the code's files, from the repository's root: the policy's paths without the registry.

    `registry` is a tracked registry's path from the root, a file or a folder; `folder` is the policy's own folder.
    """
    own = f"!{registry}" if registry.endswith(_LINES) else f"!{registry}/*.jsonl"
    below = [_below(pattern, folder.strip("/")) for pattern in (paths or DEFAULT_PATHS)]
    return tuple(dict.fromkeys([*below, _NEVER, *([own] if registry else [])]))


def policy_patterns(policy: Policy, folder: str = "") -> tuple[str, ...]:
    """Return the patterns of the code by a policy; `folder` is the policy's own, from the repository's root."""
    source = posixpath.normpath((policy.leaderboard.source or "experiments.jsonl").replace("\\", "/"))
    registry = posixpath.normpath(posixpath.join(folder, source))
    is_file_here = source != "clearml" and ":" not in source and not registry.startswith(("/", "../"))
    return code_patterns(policy.leaderboard.paths, registry if is_file_here else "", folder)


def _below(pattern: str, folder: str) -> str:
    if not folder:
        return pattern
    taken_back = "!" if pattern.startswith("!") else ""
    return f"{taken_back}{folder}/{pattern.removeprefix('!').lstrip('/')}"


def code_id(entries: Iterable[Entry], patterns: Sequence[str]) -> str:
    """Return the digest of the entries that match, whatever their order; nothing where none does."""
    matches = matcher(patterns)
    chosen = sorted(
        (path.encode("utf-8", "surrogateescape"), mode.encode(), blob.encode())
        for mode, blob, path in entries
        if mode not in _FOLDERS and matches(path)
    )
    if not chosen:
        return ""
    digest = sha256()
    for path, mode, blob in chosen:
        digest.update(b"%s %s\0%s\0" % (mode, path, blob))
    return digest.hexdigest()


def differing_paths(one: Iterable[Entry], other: Iterable[Entry], patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the paths that match and differ between two trees."""
    matches = matcher(patterns)
    entries = {entry for entry in one if entry[0] not in _FOLDERS} ^ {
        entry for entry in other if entry[0] not in _FOLDERS
    }
    return tuple(sorted({path for _, _, path in entries if matches(path)}))
