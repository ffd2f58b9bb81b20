"""Git's own hook files: writing ours, keeping what stood there, putting it back byte for byte.

Git gives its hooks everything: the refs of a push on standard input, the remote's name and URL as arguments.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from typing import NamedTuple

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.files import replace_file
from expflow_hooks.git.hook_files import SAVED
from expflow_hooks.setup.owners import EXPFLOW, FRAMEWORKS, MARK, OWN, owner
from expflow_hooks.setup.repository import WorkTree

STAGES = {"pre-commit": ("pre-commit", "pre-merge-commit"), "pre-push": ("pre-push",)}
"""What can be asked for -> the hook files that it means."""
HOOK_FILES = tuple(stage for stages in STAGES.values() for stage in stages)

_LEGACY = ".legacy"  # where pre-commit and prek put a hook that stood there before theirs

_SCRIPT = """\
#!/bin/sh
{mark}; `expflow-hooks uninstall` restores what was here.
python={python}
if [ ! -x "$python" ]; then
    echo "expflow: $python no longer exists; install expflow-action again, then: expflow-hooks install" >&2
    echo "expflow: error (exit 4)" >&2
    exit 4
fi
# -I: nothing that lies in a repository, such as a json.py, is imported.
exec "$python" -I -c 'from expflow_hooks.hooks.plain import main; raise SystemExit(main())' {stage} "$0" "$@"
"""


class HookOutcome(NamedTuple):
    """What became of one hook file: installed, unchanged, framework, restored, removed or absent; and whose it is."""

    stage: str
    path: str
    what: str
    whose: str = ""


def script(stage: str, python: str) -> bytes:
    """Return our hook file for a stage."""
    text = _SCRIPT.format(mark=MARK.decode(), python=shlex.quote(python.replace("\\", "/")), stage=stage)
    return os.fsencode(text)


def install(repository: WorkTree, hooks: Iterable[str] = (), *, shared: bool = False) -> list[HookOutcome]:
    """Write our hook files for the stages asked for (both by default), ahead of an existing plain hook.

    A framework's hook file is left as it is. Raises UsageError where `core.hooksPath` leads out of the repository's git
    directory, unless `shared`, and UnreadableError for what cannot be written.
    """
    if repository.shares_hooks and not shared:
        raise UsageError(
            f"core.hooksPath leads out of this repository's git directory, to {repository.hooks}, which others may"
            " share; `expflow-hooks install --shared-hooks` installs there all the same"
        )
    python = _python()
    chosen = [stage for name in (list(hooks) or STAGES) for stage in STAGES[name]]
    try:
        os.makedirs(repository.hooks, exist_ok=True)
        return [_install(repository.hooks, stage, python) for stage in dict.fromkeys(chosen)]
    except OSError as error:
        raise UnreadableError(f"cannot write {error.filename}: {error.strerror}") from None


def uninstall(repository: WorkTree) -> list[HookOutcome]:
    """Put back what stood in place of our hook files; raise UnreadableError for what cannot be written."""
    try:
        return [_uninstall(repository.hooks, stage) for stage in HOOK_FILES]
    except OSError as error:
        raise UnreadableError(f"cannot restore {error.filename}: {error.strerror}") from None


def _install(folder: str, stage: str, python: str) -> HookOutcome:
    path = os.path.join(folder, stage)
    whose = owner(path)
    if whose in FRAMEWORKS:
        return HookOutcome(stage, path, "framework", whose)
    if whose == OWN or (os.path.lexists(path) and whose is None):  # a dangling link is somebody's, too
        if os.path.lexists(path + SAVED):
            raise UsageError(f"{path} and {path + SAVED} both exist; join the two, remove one, then install again")
        os.rename(path, path + SAVED)
    text = script(stage, python)
    if whose == EXPFLOW and _same(path, text):
        return HookOutcome(stage, path, "unchanged")
    replace_file(path, text, 0o755, follow=False)
    return HookOutcome(stage, path, "installed", OWN if os.path.lexists(path + SAVED) else "")


def _uninstall(folder: str, stage: str) -> HookOutcome:
    for path in (os.path.join(folder, stage), os.path.join(folder, stage + _LEGACY)):
        saved = os.path.join(folder, stage + SAVED)
        if owner(path) != EXPFLOW:
            continue
        if os.path.lexists(saved):
            os.replace(saved, path)
            return HookOutcome(stage, path, "restored", OWN)
        os.unlink(path)
        return HookOutcome(stage, path, "removed")
    return HookOutcome(stage, os.path.join(folder, stage), "absent")


def _same(path: str, text: bytes) -> bool:
    with open(path, "rb") as file:
        return file.read() == text and os.access(path, os.X_OK)


def _python() -> str:
    """Return the Python that the hooks run with; raise UsageError if it finds us only where `-I` does not look."""
    code = "import expflow_hooks.hooks.plain, yaml, msgspec"
    if subprocess.run([sys.executable, "-I", "-c", code], capture_output=True).returncode:
        raise UsageError(
            f"{sys.executable} finds expflow_hooks only through PYTHONPATH, the user's folder or the current one, where"
            " hooks do not look; install it in a virtual environment, such as with pipx"
        )
    return sys.executable
