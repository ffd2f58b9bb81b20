"""Whether a registry can be affected, by names alone: before yaml or msgspec is imported."""

import os

from expflow_hooks.core.registry.location import ENV_REGISTRY, at_home, may_be_part

FILE = "expflow.yaml"


def may_matter(paths: "list[str]") -> bool:
    """Return whether one of these paths can belong to a registry, be one under a wrong name, or be the policy."""
    return any(path == FILE or may_be_part(path) for path in paths)


def local_registry_exists() -> bool:
    """Return whether there is a registry outside git: the one that the environment names, or the one at home."""
    return os.path.exists(os.environ.get(ENV_REGISTRY) or at_home()[0])
