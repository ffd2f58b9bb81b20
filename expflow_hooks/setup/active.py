"""Whether our hooks run at a stage, and through what: by the hook file and the framework's configuration."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.policy.strict_yaml import DEEPEST
from expflow_hooks.git.hook_files import HOOKS
from expflow_hooks.setup.owners import EXPFLOW, OWN, owner
from expflow_hooks.setup.repository import WorkTree

WANTED = {stage: tuple(f"expflow-{name.replace('_', '-')}" for name in modules) for stage, modules in HOOKS.items()}
"""Stage -> the ids of the hooks that run there."""

ALL, ALL_COMMAND = "expflow", "expflow-all"
"""The id of the hook that runs all of them, and its command."""

_IDS = re.compile(
    r"(?<![\w-])expflow-(?:all|pin-hash|audit|policy|registry)(?![\w-])|\bid:[ \t]*[\"']?expflow(?![\w-])"
)
_COMMENTS = re.compile(r"(?m)(?:^|[ \t])#.*$")
CONFIGURATIONS = {
    "pre-commit": (".pre-commit-config.yaml",),
    "prek": ("prek.toml", ".pre-commit-config.yaml", ".pre-commit-config.yml"),
    "lefthook": tuple(f"{dot}lefthook{end}" for dot in ("", ".") for end in (".yml", ".yaml", ".toml", ".json")),
    "husky": (".husky/{stage}",),
    "overcommit": (".overcommit.yml",),
}
_OLD_STAGES = {"commit": "pre-commit", "merge-commit": "pre-merge-commit", "push": "pre-push"}
_LARGEST = 1 << 20


class Cover(NamedTuple):
    """Who runs the hooks of a stage, and why not all of ours, if so."""

    stage: str
    whose: str
    lacking: str = ""

    @property
    def active(self) -> bool:
        """Return whether every hook of ours that belongs to the stage runs."""
        return not self.lacking


def covered(repository: WorkTree, stage: str) -> Cover:
    """Return who runs the hooks of a stage, and what is lacking."""
    path = os.path.join(repository.hooks, stage)
    whose = owner(path)
    if whose is None:
        return Cover(stage, "nobody", "no hook is installed")
    if not os.access(path, os.X_OK):
        return Cover(stage, whose, f"git passes {path} over: it may not be executed")
    if whose == EXPFLOW:
        return Cover(stage, "plain git", _broken(path))
    absent = missing(_named(repository.root, path, whose, stage), WANTED[stage])
    return Cover(stage, whose, f"{', '.join(absent)} not configured" if absent else "")


def runs_by_configuration(root: str) -> bool:
    """Return whether a framework's configuration at the root names our hooks, whoever's hook files are there."""
    names = [name for whose in ("pre-commit", "prek", "lefthook") for name in CONFIGURATIONS[whose]]
    return any(ids_in(_text(os.path.join(root, name))) for name in names)


def missing(named: set[str], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids to add to those named: the remaining ones, or the one that includes all."""
    absent = tuple(name for name in wanted if name not in named)
    return () if named & {ALL, ALL_COMMAND} else absent if len(absent) < len(wanted) else (ALL,)


def _broken(path: str) -> str:
    python = re.search(r"^python=(.*)$", _text(path), re.MULTILINE)
    executable = "".join(shlex.split(python[1])) if python else ""
    return "" if os.access(executable, os.X_OK) else f"its Python, {executable or 'none'}, is not there any more"


def _named(root: str, hook_file: str, whose: str, stage: str) -> set[str]:
    """Return the ids that a framework's configuration, or a hook of one's own, names for the stage."""
    if whose == OWN:
        return ids_in(_text(hook_file))
    for name in CONFIGURATIONS[whose]:
        path = os.path.join(root, name.format(stage=stage))
        if os.path.isfile(path):
            return _READERS.get(whose, _of_text)(_text(path), stage)
    return set()


def ids_in(text: str) -> set[str]:
    """Return the ids and commands that words name, outside of comments."""
    words = _IDS.findall(_COMMENTS.sub("", text))
    return {word if word.startswith("expflow") else ALL for word in words}


def _of_text(text: str, stage: str) -> set[str]:
    return ids_in(text)


def _of_pre_commit(text: str, stage: str) -> set[str]:
    if text.lstrip().startswith("[") or "\n[[" in text:  # TOML: words will do
        return ids_in(text)
    return {hook["id"] for hook in hooks_in(load(text)) if stage in _stages(hook)}


def _of_lefthook(text: str, stage: str) -> set[str]:
    from expflow_hooks.setup.yamltext import root_of, value

    try:
        node = value(root_of(text, "lefthook.yml"), stage)
    except UsageError:  # JSON with comments, TOML: words will do
        return ids_in(text)
    return ids_in(text[node.start_mark.index : node.end_mark.index]) if node is not None else set()


_READERS = {"pre-commit": _of_pre_commit, "prek": _of_pre_commit, "lefthook": _of_lefthook}


def load(text: str) -> Any:
    """Return what YAML text holds, or None where it is none or nested too deeply."""
    import yaml

    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # ids and stages are text
    depth = 0
    try:
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:  # older versions of the library end the process
                return None
        return yaml.load(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def hooks_in(configuration: Any) -> Iterator[dict[str, Any]]:
    """Yield the hooks that a pre-commit configuration lists, each a mapping with an `id`."""
    repos = configuration.get("repos") if isinstance(configuration, dict) else None
    for repo in repos if isinstance(repos, list) else ():
        hooks = repo.get("hooks") if isinstance(repo, dict) else None
        for hook in hooks if isinstance(hooks, list) else ():
            if isinstance(hook, dict) and isinstance(hook.get("id"), str):
                yield hook


def _stages(hook: dict[str, Any]) -> list[str]:
    """Return the stages of a hook: those it is configured for, else those of our manifest."""
    own = [stage for stage, names in WANTED.items() if hook["id"] in (ALL, *names)]
    stages = hook.get("stages")
    return [_OLD_STAGES.get(str(stage), str(stage)) for stage in stages] if isinstance(stages, list) else own


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_LARGEST)
    except OSError:
        return ""
