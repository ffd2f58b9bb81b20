"""The checks of `doctor`: one function per subject, each with its own look and the command that repairs it."""

from __future__ import annotations

import os
import platform
import re
import stat
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.files import home
from expflow_hooks.core.pin.places import stored
from expflow_hooks.core.pin.store import store_path
from expflow_hooks.core.policy.load import load_policy
from expflow_hooks.core.policy.policy import FILE as POLICY
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.location import AT_HOME, ENV_REGISTRY, Location, is_folder
from expflow_hooks.core.wording import counted
from expflow_hooks.setup import files
from expflow_hooks.setup.active import Cover, covered, runs_by_configuration
from expflow_hooks.setup.frameworks import at_hand
from expflow_hooks.setup.githooks import HOOK_FILES
from expflow_hooks.setup.other_config import configured
from expflow_hooks.setup.owners import FRAMEWORKS
from expflow_hooks.setup.pinplaces import files_with_a_hash
from expflow_hooks.setup.repository import WorkTree

ACTIVE, MISSING, OFF = "active", "missing", "off"
"""The states of a check; what is off is left to the team, and does not count against it."""

_OLDEST_GIT = (2, 24)  # the first that runs pre-merge-commit hooks
_INIT = "expflow-hooks init"


class Diagnosis(NamedTuple):
    """One thing that was looked at: its state, what was seen, and the command that fixes it."""

    name: str
    state: str
    detail: str
    fix: str = ""


class _Seen(NamedTuple):
    """What several checks share."""

    repository: WorkTree
    policy: Policy | None
    problem: str


def look(repository: WorkTree) -> list[Diagnosis]:
    """Return every check, in the order in which things are set up."""
    try:
        policy, problem = load_policy(repository.root), ""
    except ExpflowError as error:
        policy, problem = None, str(error)
    seen = _Seen(repository, policy, problem)
    return [check for subject in _SUBJECTS for check in subject(seen)]


def _python(seen: _Seen) -> Iterator[Diagnosis]:
    yield Diagnosis("python", ACTIVE, f"{platform.python_version()}, {sys.executable}")


def _git(seen: _Seen) -> Iterator[Diagnosis]:
    text = seen.repository.git.version()
    version = tuple(int(number) for number in re.findall(r"\d+", text)[:2])
    if version >= _OLDEST_GIT:
        yield Diagnosis("git", ACTIVE, text)
    else:
        yield Diagnosis("git", MISSING, f"{text} runs no hook before a merge", "install git 2.24 or newer")


def _hooks(seen: _Seen) -> Iterator[Diagnosis]:
    for cover in _covers(seen):
        stage = cover.stage
        if cover.active:
            yield Diagnosis(f"hook {stage}", ACTIVE, f"run by {cover.whose}")
            continue
        mend = f"chmod +x {seen.repository.hooks}/{stage}" if "executed" in cover.lacking else _how_to_run(seen, cover)
        by = f" (run by {cover.whose})" if cover.whose in FRAMEWORKS else ""
        yield Diagnosis(f"hook {stage}", MISSING, f"{cover.lacking}{by}", mend)


def _covers(seen: _Seen) -> list[Cover]:
    return [covered(seen.repository, stage) for stage in HOOK_FILES]


def _how_to_run(seen: _Seen, cover: Cover) -> str:
    """Return what makes our hooks run at a stage, through the framework that the repository uses."""
    root = seen.repository.root
    if cover.whose in FRAMEWORKS and "configured" in cover.lacking:
        return "expflow-hooks init"
    by = configured(root) or (at_hand() or "pre-commit" if runs_by_configuration(root) else "")
    plain = any(other.whose == "plain git" for other in _covers(seen))
    if not by or plain or cover.whose not in ("nobody", by):
        return "expflow-hooks install"
    return f"{by} install" if runs_by_configuration(root) else "expflow-hooks init"


def _hooks_path(seen: _Seen) -> Iterator[Diagnosis]:
    by = next((cover.whose for cover in _covers(seen) if cover.whose in FRAMEWORKS), "")
    if by and seen.repository.shares_hooks:
        yield Diagnosis("hook folder", ACTIVE, f"{seen.repository.hooks}, {by}'s")
    elif seen.repository.shares_hooks:
        yield Diagnosis(
            "hook folder", OFF, f"{seen.repository.hooks}: others may share it", "git config --unset core.hooksPath"
        )
    else:
        yield Diagnosis("hook folder", ACTIVE, seen.repository.hooks)


def _policy(seen: _Seen) -> Iterator[Diagnosis]:
    if seen.policy is None:
        yield Diagnosis("policy", MISSING, seen.problem, f"edit {POLICY}, then `expflow-hooks doctor`")
    elif seen.policy.path is None:
        yield Diagnosis("policy", MISSING, f"no {POLICY}: the defaults hold", _INIT)
    else:
        yield Diagnosis("policy", ACTIVE, _with_note(seen, POLICY))


def _registry(seen: _Seen) -> Iterator[Diagnosis]:
    if seen.policy is None:
        yield Diagnosis("registry", MISSING, "the policy names it, and cannot be read", f"edit {POLICY}")
        return
    from expflow_hooks.core.registry.location import CLEARML
    from expflow_hooks.sources.open import choose, locate_registry

    try:
        if choose(None, seen.policy) == CLEARML:
            yield Diagnosis("registry", ACTIVE, "on ClearML; the server is not asked here")
            return
        found = locate_registry(None, seen.policy)
    except ExpflowError as error:
        yield Diagnosis("registry", MISSING, str(error), f"edit {POLICY}, or unset {ENV_REGISTRY}")
        return
    where = f"{found.path}{'' if found.by in (AT_HOME, seen.policy.path) else f', from {found.by}'}"
    if not os.path.lexists(found.path):
        yield Diagnosis("registry", ACTIVE, f"{where}: the first `record` or `run add` makes it")
    else:
        yield _registry_read(found, where, _carried(seen, found))


def _carried(seen: _Seen, found: Location) -> str:
    """Return whether the registry goes with the repository, in words: only then hooks and pull requests see it."""
    protected = files.tracked_registry(seen.repository, seen.policy.leaderboard.source if seen.policy else None)
    if not found.inside:
        return "not in git"
    if found.inside != protected:
        return f"not the registry that hooks protect, {protected}" if protected else "hooks protect no registry"
    return "tracked" if seen.repository.tracked(found.path) else "not committed yet"


def _registry_read(found: Location, where: str, carried: str) -> Diagnosis:
    from expflow_hooks.core.registry.reader import Registry

    registry = Registry(found.path)
    try:
        count = len({experiment.experiment_id for experiment in registry.experiments()})
    except (ExpflowError, OSError) as error:
        return Diagnosis("registry", MISSING, f"{where}: {error}", f"ls -l {found.path}")
    if registry.unreadable:
        bad = registry.unreadable[0]
        file, lines = bad.file or found.path, counted(len(registry.unreadable), "unreadable line")
        return Diagnosis(
            "registry", MISSING, f"{where}: {lines}, the first is {file}:{bad.line}: {bad.why}", f"edit {file}"
        )
    return Diagnosis("registry", ACTIVE, f"{where}: {counted(count, 'experiment')}, {carried}")


def _index(seen: _Seen) -> Iterator[Diagnosis]:
    from expflow_hooks.core.registry.index import cache

    found = cache.kept()
    if not cache.is_on():
        yield Diagnosis("index", OFF, f"{cache.ENV_NO_INDEX} is set: every read is of the whole registry")
    elif found.indexes:
        age = max(0, int(time.time() - found.newest) // 60)
        size = f"{found.size / 1e6:.1f} MB, written {counted(age, 'minute')} ago"
        yield Diagnosis("index", ACTIVE, f"{counted(found.indexes, 'file')} in {cache.folder()}, {size}")


def _judging(seen: _Seen) -> Iterator[Diagnosis]:
    if seen.policy is None:
        return
    from expflow_hooks.setup.judging import how_judged, last_run

    try:
        judging = how_judged(seen.policy, seen.repository)
    except ExpflowError:  # the registry's own check says so
        return
    yield Diagnosis("runs judged", ACTIVE if judging.works else MISSING, judging.says, judging.mend)
    found = last_run(seen.policy, seen.repository)
    if found is None or not found[1].says:
        return
    name, standing = found
    if standing.is_committed is False:
        yield Diagnosis("last run", OFF, f"{name}: {standing.says}", "commit the code that ran, or run it again")
    else:
        yield Diagnosis("last run", ACTIVE, f"{name}: {standing.says}")


def _merging(seen: _Seen) -> Iterator[Diagnosis]:
    try:
        path = files.tracked_registry(seen.repository, seen.policy.leaderboard.source if seen.policy else None)
    except ExpflowError:  # the registry's own check says so
        return
    if not path:
        return
    if is_folder(path):
        yield Diagnosis("merging", ACTIVE, f"{path}: each branch appends to a file of its own")
    elif files.merges_by_union(seen.repository, path):
        says = f"{path} merges by union here; GitHub does not, and there the second of two branches conflicts"
        yield Diagnosis("merging", ACTIVE, says, "expflow-hooks registry split")
    else:
        yield Diagnosis("merging", MISSING, f"branches that both append to {path} conflict", _INIT)


def _workflow(seen: _Seen) -> Iterator[Diagnosis]:
    paths = [os.path.relpath(path, seen.repository.root) for path in files.using_workflows(seen.repository.root)]
    if not paths:
        yield Diagnosis(
            "workflow", MISSING, "no workflow uses the Action: what a hook cannot enforce is not checked", _INIT
        )
        return
    shallow = [path for path in paths if not files.fetches_history(seen.repository.root, path)]
    if len(shallow) == len(paths):
        yield Diagnosis(
            "workflow", MISSING, f"{paths[0]} checks out without history", "add `fetch-depth: 0` to its checkout"
        )
    else:
        yield Diagnosis("workflow", ACTIVE, _with_note(seen, next(path for path in paths if path not in shallow)))


def _pin(seen: _Seen) -> Iterator[Diagnosis]:
    found = stored()
    if found is None:
        yield Diagnosis("PIN", OFF, "not set: cancel, stop and delete ask nobody", "expflow-hooks pin init")
    elif found.digest is None:
        yield Diagnosis("PIN", MISSING, f"damaged or unreadable in {found.where}", "expflow-hooks pin init --force")
    else:
        yield Diagnosis("PIN", ACTIVE, f"set, in {found.where}")


def _pin_store(seen: _Seen) -> Iterator[Diagnosis]:
    if os.name != "posix":
        return
    for path, right in ((home(), 0o700), (store_path(), 0o600)):
        if os.path.lexists(path) and (mode := stat.S_IMODE(os.lstat(path).st_mode)) & 0o077:
            says = f"{path} has mode {mode:04o}: others may read it"
            yield Diagnosis("PIN store", MISSING, says, f"chmod {right:o} {path}")


def _pin_elsewhere(seen: _Seen) -> Iterator[Diagnosis]:
    for path in files_with_a_hash():
        yield Diagnosis(
            "PIN hash", MISSING, f"{path} holds one, and git may carry it away", "expflow-hooks pin migrate"
        )


def _with_note(seen: _Seen, path: str) -> str:
    return path if seen.repository.tracked(path) else f"{path}, not committed yet"


_SUBJECTS: tuple[Callable[[_Seen], Iterator[Diagnosis]], ...] = (
    _python,
    _git,
    _hooks_path,
    _hooks,
    _policy,
    _registry,
    _index,
    _judging,
    _merging,
    _workflow,
    _pin,
    _pin_store,
    _pin_elsewhere,
)
