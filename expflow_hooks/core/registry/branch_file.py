"""The name of the file that a branch appends to, in a registry that is a folder: safe on every system, short, its own.

A plain branch is its own name; another one is told apart by the beginning of its hash.
"""

from __future__ import annotations

from expflow_hooks.core.registry.location import LINES

DETACHED = f"detached{LINES}"
"""What is appended to where no branch is checked out."""
NO_REPOSITORY = f"experiments{LINES}"
"""What is appended to in a folder that is in no repository, so that there are no branches."""

_LONGEST = 60  # characters
_HASH = 8  # hex digits
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
# Names of devices, which Windows gives to no file; and those that are files of ours already.
_TAKEN = frozenset(
    {"con", "prn", "aux", "nul", "detached"} | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
)


def branch_file(branch: str) -> str:
    """Return the name of a branch's file; an empty branch is a detached HEAD."""
    if not branch:
        return DETACHED
    safe = "".join(letter if letter in _PLAIN else "-" for letter in branch.lower()).strip(".-_")
    if safe == branch and len(safe) <= _LONGEST and safe.partition(".")[0] not in _TAKEN and not _looks_hashed(safe):
        return safe + LINES
    from hashlib import sha256

    digest = sha256(branch.encode("utf-8", "surrogateescape")).hexdigest()[:_HASH]
    short = safe.replace(".", "-")[: _LONGEST - _HASH - 1].rstrip("-_")
    return f"{short or 'branch'}-{digest}{LINES}"


def _looks_hashed(name: str) -> bool:
    """Return whether a name could be one of ours for another branch."""
    end = name.rpartition("-")[2]
    return len(end) == _HASH and not end.strip("0123456789abcdef")
