"""Whether a registry can be concerned, told by names alone: before yaml or msgspec is imported."""

import os

FILE = "expflow.yaml"
SUFFIXES = (".jsonl", ".ndjson", ".json")


def may_matter(paths: "list[str]") -> bool:
    """Return whether one of these paths can be a registry or the policy."""
    return any(path == FILE or path.endswith(SUFFIXES) for path in paths)


def local_registry_exists() -> bool:
    """Return whether there is a registry outside git: the one that the environment names, or the one at home."""
    named = os.environ.get("EXPFLOW_REGISTRY")
    return os.path.exists(named or os.path.expanduser("~/.expflow/experiments.jsonl"))
