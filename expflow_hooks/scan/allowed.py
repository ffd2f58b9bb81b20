"""Which historic blobs are excused: `scan.allow` in the base's `expflow.yaml`, never in what is under scrutiny."""

from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.policy.policy import FILE
from expflow_hooks.git.repository import Git


def from_bases(git: Git, bases: "list[str]") -> "frozenset[str]":
    """Return the blobs that the first base's policy excuses; raise `PolicyError` if the policy is not valid."""
    for base in bases:
        commit = git.commit(base)
        text = git.file(commit, FILE) if commit else None
        if text is not None:
            return frozenset(parse_policy(text.decode("utf-8", "replace"), f"{base}:{FILE}").scan_allow)
    return frozenset()
