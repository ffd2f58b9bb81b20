"""Configurations besides pre-commit's: prek's TOML and lefthook's, and which framework a repository's files are for."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from expflow_hooks.core.errors import UsageError
from expflow_hooks.setup import framework_config
from expflow_hooks.setup.active import CONFIGURATIONS, ids_in
from expflow_hooks.setup.frameworks import LEFTHOOK, toml_entry
from expflow_hooks.setup.origin import Origin

PREK_TOML = "prek.toml"
LEFTHOOK_FILE = "lefthook.yml"
TYPES = f"default_install_hook_types = [{', '.join(f'{name!r}' for name in framework_config.TYPES)}]\n"

_OF_PREK_ONLY = ("repo: builtin", "repo: 'builtin'", 'repo: "builtin"')


def configured(root: str) -> str:
    """Return the framework that the files of a repository are for, or nothing where they fit several or none."""
    if os.path.isfile(os.path.join(root, PREK_TOML)):
        return "prek"
    for name in (".pre-commit-config.yaml", ".pre-commit-config.yml"):
        if any(mark in _text(root, name) for mark in _OF_PREK_ONLY):
            return "prek"
        if os.path.isfile(os.path.join(root, name)):
            return ""
    if any(os.path.isfile(os.path.join(root, name)) for name in CONFIGURATIONS["lefthook"]):
        return "lefthook"
    return "husky" if os.path.isdir(os.path.join(root, ".husky")) else ""


def config_form(root: str, by: str) -> str:
    """Return whose configuration is to be edited: prek's own only where it is used already."""
    if by == "prek" and not os.path.isfile(os.path.join(root, PREK_TOML)):
        return "pre-commit"
    return by


def with_toml(text: str | None, origin: Origin) -> str | None:
    """Return prek.toml with all hooks and stages; raise UsageError if it cannot be edited."""
    before = text or ""
    if ids_in(before):
        return before
    types = "" if "default_install_hook_types" in before else TYPES
    apart = "\n" if before and not before.endswith("\n") else ""
    after = types + before + apart + ("\n" if before else "") + toml_entry(origin)
    if not _only_added(before, after):
        raise UsageError(f"{PREK_TOML}: cannot be edited safely; add by hand: {' '.join(toml_entry(origin).split())}")
    return after


def _only_added(before: str, after: str) -> bool:
    """Return whether an edited configuration is the one before, one repository more; where TOML can be read here."""
    try:
        loads = import_module("tomllib").loads
    except ImportError:  # Python 3.10: a table of an array at the end is always one more
        return "repos = [" not in before.replace("repos=[", "repos = [")
    try:
        old, new = loads(before), loads(after)
    except ValueError:
        return False
    repos: list[Any] = new.pop("repos", [])
    new.pop("default_install_hook_types")
    old.pop("default_install_hook_types", None)
    return bool(repos[:-1] == old.pop("repos", []) and new == old)


def with_lefthook(text: str | None, origin: Origin) -> str | None:
    """Return a new configuration of lefthook; None where there is one, whose jobs a person orders."""
    return LEFTHOOK if text is None else None


def by_hand(text: str | None, origin: Origin) -> None:
    """Return nothing: what to add is shown."""


EDITORS: dict[str, tuple[str, Callable[[str | None, Origin], str | None]]] = {
    "prek": (PREK_TOML, with_toml),
    "lefthook": (LEFTHOOK_FILE, with_lefthook),
    "husky": (".husky/pre-commit", by_hand),
    "overcommit": (".overcommit.yml", by_hand),
}
"""Framework -> the file of its configuration, and what returns its text with our hooks."""


def _text(root: str, name: str) -> str:
    try:
        with open(os.path.join(root, name), encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20)
    except OSError:
        return ""
