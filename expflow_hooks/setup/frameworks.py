"""The hook frameworks: which is at hand, having it install its hooks, and the configuration to add for each."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import NamedTuple

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.setup.origin import Origin
from expflow_hooks.setup.yamltext import quoted

AT_HAND = ("pre-commit", "prek")
"""Frameworks that `init` installs with, the first that is found."""

HOOK_IDS = ("expflow",)
SINGLE_IDS = ("expflow-pin-hash", "expflow-audit", "expflow-policy", "expflow-registry")

_FETCH_TIMEOUT = 600  # seconds: an environment is made, over the network

LEFTHOOK = """\
pre-commit:
  jobs:
    - run: expflow-all --stage pre-commit
pre-merge-commit:
  jobs:
    - run: expflow-all --stage pre-merge-commit
pre-push:
  jobs:
    - {run: "expflow-all --stage pre-push {1} {2}", use_stdin: true}
"""
_SHELL = """\
# in the pre-commit hook
expflow-all --stage pre-commit || exit
# in the pre-merge-commit hook
expflow-all --stage pre-merge-commit || exit
# in the pre-push hook, before any other command that reads its standard input (such as git lfs)
refs=$(cat)
printf '%s\\n' "$refs" | expflow-all --stage pre-push "$1" "$2" || exit
# what others then read: printf '%s\\n' "$refs" | git lfs pre-push "$@"
"""


class Configuration(NamedTuple):
    """What to add for a framework's hooks to run ours: the file, the text, and the command that makes it active."""

    file: str
    text: str
    command: str


def configuration(framework: str, origin: Origin, root: str = "") -> Configuration:
    """Return what to add to a framework's configuration, which is prek's own where the root has one."""
    if framework == "prek" and os.path.isfile(os.path.join(root, "prek.toml")):
        return Configuration("prek.toml", toml_entry(origin), "prek install")
    if framework in AT_HAND:
        return Configuration(".pre-commit-config.yaml", repo_entry(origin), f"{framework} install")
    if framework == "lefthook":
        return Configuration("lefthook.yml", LEFTHOOK, "lefthook install")
    return Configuration(f"the hooks of {framework}", _SHELL, "expflow-hooks doctor")


def repo_entry(origin: Origin, ids: tuple[str, ...] = HOOK_IDS) -> str:
    """Return the entry of `repos:` for a pre-commit configuration."""
    hooks = "".join(f"      - id: {name}\n" for name in ids)
    return f"  - repo: {quoted(origin.url)}\n    rev: {quoted(origin.revision)}\n    hooks:\n{hooks}"


def toml_entry(origin: Origin) -> str:
    """Return the entry for a prek.toml."""
    from json import dumps

    repo, rev = dumps(origin.url), dumps(origin.revision)  # a basic string of TOML is one of JSON's
    hooks = ", ".join(f"{{ id = {dumps(name)} }}" for name in HOOK_IDS)
    return f"[[repos]]\nrepo = {repo}\nrev = {rev}\nhooks = [{hooks}]\n"


def flow_entry(origin: Origin, ids: tuple[str, ...] = HOOK_IDS) -> str:
    """Return the same entry on one line, as a flow list takes it."""
    hooks = ", ".join(f"{{id: {name}}}" for name in ids)
    return f"{{repo: {quoted(origin.url)}, rev: {quoted(origin.revision)}, hooks: [{hooks}]}}"


def at_hand() -> str | None:
    """Return the framework on the PATH, or None."""
    return next((name for name in AT_HAND if shutil.which(name)), None)


def fetch(framework: str, root: str) -> None:
    """Have a framework fetch its hooks; raise UnreadableError, with its reason, if it cannot.

    Before they are installed: with hooks whose environment cannot be made, every commit would be refused.
    """
    _run([framework, "install-hooks"], root)


def install(framework: str, root: str) -> None:
    """Have a framework write its hook files; raise UnreadableError, with its reason, if it cannot."""
    _run([framework, "install"], root)


def _run(command: list[str], root: str) -> None:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=_FETCH_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnreadableError(f"{' '.join(command)}: {getattr(error, 'strerror', None) or 'took too long'}") from None
    if done.returncode:
        raise UnreadableError(f"{' '.join(command)}: {_reason(done.stdout)}")


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if line.lower().startswith(("fatal:", "error:"))]
    return (telling or lines[-1:] or ["failed without a reason"])[0]
