"""How runs of this repository will be judged: by which registry and paths, and what the last run's code has become."""

from __future__ import annotations

import os
from typing import NamedTuple

from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.location import ENV_REGISTRY, LINES, is_elsewhere, is_folder, locate
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.operations.standing import Standing, standing_of
from expflow_hooks.setup.repository import WorkTree
from expflow_hooks.sources.open import choose, is_offline


class Judging(NamedTuple):
    """How runs will be judged, whether that works, and the command that repairs it."""

    says: str
    works: bool = True
    mend: str = ""


def how_judged(policy: Policy, repository: WorkTree) -> Judging:
    """Return by what a pull request knows the runs that are recorded here, and which files are their code."""
    source = choose(None, policy)
    paths = policy.leaderboard.paths
    code = f"code is {', '.join(paths)}" if paths else "code is all but results and documents (no leaderboard.paths)"
    if is_elsewhere(source) or is_offline(source):
        return Judging(f"runs on {source}, by their code, commit or branch; {code}")
    inside = locate(source).inside
    if not inside:
        named = f", from {ENV_REGISTRY}" if os.environ.get(ENV_REGISTRY) else ""
        return Judging(
            f"not in pull requests: {source}{named} is not in this repository; a push judges runs by code and commit;"
            f" {code}"
        )
    if repository.git.ignored(f"{inside}x{LINES}" if is_folder(inside) else inside):
        return Judging(f"not at all: git ignores {inside}", False, f"take {inside} out of .gitignore")
    tracked = "tracked" if repository.tracked(inside) else "not tracked yet: commit it with the code"
    return Judging(f"by the lines that a branch adds to {inside} ({tracked}); {code}")


def last_run(policy: Policy, repository: WorkTree) -> tuple[str, Standing] | None:
    """Return the id of the last recorded run and the state of its code; None without one."""
    source = choose(None, policy)
    if is_elsewhere(source) or is_offline(source):
        return None
    registry = Registry(source)
    try:
        name = ""
        for experiment in registry.experiments():
            name = experiment.experiment_id
        if not name:
            return None
        return name, standing_of(registry.history(name), source, policy, repository.root)
    except (ExpflowError, OSError):  # the registry's own check says so
        return None
