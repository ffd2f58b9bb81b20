"""What `init` does once its files are written: the hooks, through a framework if one is at hand, else in plain git."""

from __future__ import annotations

import os
from typing import NamedTuple

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.setup import frameworks, githooks
from expflow_hooks.setup.active import covered
from expflow_hooks.setup.other_config import configured
from expflow_hooks.setup.owners import EXPFLOW, FRAMEWORKS, owner
from expflow_hooks.setup.repository import WorkTree

PLAIN = "git"
CHOICES = (*frameworks.AT_HAND, "lefthook", PLAIN)


class Installed(NamedTuple):
    """Who runs the hooks now, and what was tried before without success."""

    by: str
    hooks: list[githooks.HookOutcome]
    problem: str = ""


def choose(repository: WorkTree, wanted: str | None) -> str:
    """Return who is to run the hooks.

    That is what is wanted, else who runs hooks here, else whose files are here, else a framework on the PATH.
    """
    if wanted is not None:
        return wanted
    present = [owner(os.path.join(repository.hooks, stage)) for stage in githooks.HOOK_FILES]
    here = next((whose for whose in present if whose in FRAMEWORKS), None)
    if here is not None:
        return here
    if EXPFLOW in present:
        return PLAIN
    return configured(repository.root) or frameworks.at_hand() or PLAIN


def install_hooks(repository: WorkTree, by: str) -> Installed:
    """Install the hooks; where a framework cannot, in plain git, so that they are active at once.

    A framework whose configuration is for a person to edit has its hooks already, and they stay.
    """
    if by == PLAIN:
        return Installed(by, githooks.install(repository))
    owners = {owner(os.path.join(repository.hooks, stage)) for stage in githooks.HOOK_FILES}
    if by not in CHOICES or (by not in frameworks.AT_HAND and owners == {by}):
        return Installed(by, [])
    try:
        if by in frameworks.AT_HAND:
            frameworks.fetch(by, repository.root)
        githooks.uninstall(repository)  # else the framework would set ours aside, and run both
        frameworks.install(by, repository.root)
    except UnreadableError as error:
        return Installed(PLAIN, githooks.install(repository), str(error))
    return Installed(by, [])


def is_configured(repository: WorkTree, by: str) -> bool:
    """Return whether who runs the hooks runs all of ours, at every stage that its hook files are there for."""
    if by == PLAIN:
        return True
    return all(covered(repository, stage).active for stage in githooks.HOOK_FILES)
