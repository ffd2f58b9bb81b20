"""The identity of code: a digest over the files that results depend on, the same for a work tree and for a commit.

A commit's name survives no rebase and says nothing of what was not committed. The files' modes, paths and blob ids do,
and git, the index, `ls-tree` and GitHub's trees all give them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from hashlib import sha256

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.policy.path_patterns import any_match, matcher
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.location import FILE, LINES, in_repository, is_folder

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


def code_patterns(paths: Sequence[str] = (), registry: str = "", folder: str = "") -> tuple[str, ...]:
    """Return the patterns of the code's files, from the repository's root: the policy's paths without the registry.

    `registry` is a tracked registry's path from the root, with a slash at the end for a folder; `folder` is the
    policy's own folder.
    """
    below = [_below(pattern, folder.strip("/")) for pattern in (paths or DEFAULT_PATHS)]
    return without_registry(dict.fromkeys([*below, _NEVER]), registry)


def without_registry(patterns: Iterable[str], registry: str) -> tuple[str, ...]:
    """Return patterns that leave a registry out, where they do not yet: its file, or the lines of its folder."""
    patterns = tuple(patterns)
    own, part = (f"{registry}*{LINES}", f"{registry}x{LINES}") if is_folder(registry) else (registry, registry)
    return (*patterns, f"!{own}") if registry and any_match(patterns, [part]) else patterns


def policy_patterns(policy: Policy, folder: str = "") -> tuple[str, ...]:
    """Return the patterns of the code by a policy; `folder` is the policy's own, from the repository's root."""
    try:
        source = in_repository(policy.leaderboard.source or FILE)
    except UsageError:  # a registry that cannot be read; who reads it says so
        source = ""
    inside = posixpath.normpath(posixpath.join(folder, source)) if source else ""
    registry = f"{inside}/" if is_folder(source) else inside
    return code_patterns(policy.leaderboard.paths, "" if registry.startswith("../") else registry, folder)


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
