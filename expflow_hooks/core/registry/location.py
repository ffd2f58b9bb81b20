"""Which registry is meant and how it is spelled: one answer for commands, hooks, `doctor`, `init` and the Action.

What git has to say is given as arguments. Standard library only: hooks load this before they know whether they have
anything to do.
"""

from __future__ import annotations

import os
import posixpath
import stat

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.platform import is_link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "experiments.jsonl"
FOLDER = "experiments/"
LINES = ".jsonl"
"""How the name of each file of a registry folder ends."""
SUFFIXES = (LINES, ".ndjson", ".json")
"""How the name of a registry that is one file ends."""
STDIN = "-"
CLEARML = "clearml"
MLFLOW = "mlflow"
SERVERS = (CLEARML, MLFLOW)
"""The sources that their name alone names: the environment says which server."""
ENV_REGISTRY = "EXPFLOW_REGISTRY"
OPTION = "--source"
AT_HOME = "the default"

_SHOWN = 120


class Location:
    """One registry: the path to open, its form, who named it, and its place in a repository."""

    def __init__(self, path: str, by: str, inside: str = "") -> None:
        self.path = path
        self.by = by
        """`--source`, `EXPFLOW_REGISTRY`, the policy's file, or the default."""
        self.inside = inside
        """The path below the repository's root, with `/`; nothing outside a repository."""

    @property
    def is_folder(self) -> bool:
        """Return whether it is a folder of files; its path ends with a slash then."""
        return is_folder(self.path)


def is_folder(path: str) -> bool:
    """Return whether a registry's path is spelled as a folder."""
    return path.endswith("/")


def may_be_part(path: str) -> bool:
    """Return whether a file of this name may be a registry, belong to one, or be in the place of a part of one."""
    return path.lower().endswith(SUFFIXES) or f"{LINES}/" in path.lower()


def is_part(registry: str, path: str) -> bool:
    """Return whether a path of the repository belongs to a registry in it: the file itself, or a file of the folder."""
    if not is_folder(registry):
        return path == registry
    folder, _, name = path.rpartition("/")
    return f"{folder}/" == registry and is_line_file(name)


def is_line_file(name: str) -> bool:
    """Return whether a file of a registry folder holds lines, by its name."""
    return name.lower().endswith(LINES) and not name.startswith(".")


def is_elsewhere(source: str) -> bool:
    """Return whether a source is no registry: a server, a zip, or another tracker's (`mlflow:URI`)."""
    scheme, colon, _ = source.partition(":")
    return source in SERVERS or source.endswith(".zip") or (colon != "" and len(scheme) > 1 and scheme.isalpha())


def choose(spec: str | None, policy_path: str | None, policy_source: str | None) -> tuple[str, str]:
    """Return the source that is meant and who named it: `--source`, the environment, the policy, else the one at home.

    A policy's path counts from the policy's folder, and one into the repository is spelled from there.
    """
    if spec:
        return spec, OPTION
    if named := os.environ.get(ENV_REGISTRY):
        return named, ENV_REGISTRY
    if policy_source:
        folder = os.path.dirname(policy_path or "")
        if not is_elsewhere(policy_source):
            in_repository(policy_source, os.path.abspath(folder))
            policy_source = os.path.join(folder, policy_source)
        return policy_source, policy_path or AT_HOME
    return at_home()


def at_home() -> tuple[str, str]:
    """Return the registry that is meant where nobody names one, `~/.expflow/experiments.jsonl`."""
    from expflow_hooks.core.files import home

    return os.path.join(home(), FILE), AT_HOME


def locate(source: str, by: str = OPTION) -> Location:
    """Return the registry that a source names on this machine; raise UsageError for one that is not spelled right.

    A folder that exists may be named without its slash.
    """
    if source == STDIN:
        return Location(source, by)
    path = f"{source}/" if not source.endswith(("/", *SUFFIXES)) and os.path.isdir(source) else source
    check_ending(path)
    root = _root(path)
    inside = _below(root, path) if root else ""
    for step, told in _steps(path, inside) if inside else [(os.path.normpath(path), source)]:
        _check_on_disk(step, told)
    return Location(path, by, inside)


def in_repository(source: str, root: str = "") -> str:
    """Return a policy's source relative to the repository's root, with `/`; nothing for one outside.

    Raises UsageError, with the right spelling, for a source that hooks and Action could not find or commands could not
    read: another ending, an absolute path into the repository.
    """
    if is_elsewhere(source):
        return ""
    path = source.replace("\\", "/")
    check_ending(path)
    if path.startswith("~"):
        raise UsageError(f"source {shown(source)}: ~ is not expanded here; write the whole path")
    if os.path.isabs(source) or path.startswith("/"):
        below = _below(root, source) if root else ""
        if below:
            raise UsageError(f"source {shown(source)} leads into this repository; write {below}")
        return ""
    inside = posixpath.normpath(path)
    return "" if inside.startswith("../") else f"{inside}/" if is_folder(path) else inside


def check_ending(path: str) -> None:
    """Raise UsageError, with the right spelling, for a path that ends neither as a file of lines nor as a folder."""
    if path.endswith(SUFFIXES) or (is_folder(path) and path.strip("./")):
        return
    stem, ending = os.path.splitext(path.rstrip("/"))
    right = stem + (ending.lower() if ending.lower() in SUFFIXES else LINES)
    if os.path.basename(stem).strip("."):
        right = f"write {shown(right)}" + ("" if ending else f", or {shown(stem + '/')} for a folder")
    else:
        right = f"write a name such as {FILE} or {FOLDER}"
    raise UsageError(
        f"source {shown(path)} is not known: a source is a {LINES} file or a folder of them; {right}"
        f" ({STDIN} is standard input, {CLEARML} the server)"
    )


def check_name(path: str, siblings: Iterable[str]) -> None:
    """Raise UsageError where the names beside a path have it in other upper or lower case only."""
    folder, _, name = path.rstrip("/").rpartition("/")
    folded, near = name.casefold(), ""
    for sibling in siblings:
        if sibling == name:
            return
        if sibling.casefold() == folded:
            near = sibling
    if near:
        right = f"{folder}/{near}" if folder else near
        raise UsageError(f"the registry {shown(path)} is spelled {shown(right)} on disk; write it so")


def _check_on_disk(path: str, told: str) -> None:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        mode = 0
    if mode and (stat.S_ISLNK(mode) or is_link(path)):
        raise refused_link(told)
    try:
        names = os.listdir(os.path.dirname(path) or ".")
    except OSError:  # not there yet, or not ours to list: what opens it says so
        return
    check_name(told, names)


def refused_link(path: str) -> UsageError:
    """Return the error for a symbolic link where a registry was sought."""
    return UsageError(
        f"{shown(path)} is a symbolic link, which git carries as a name only: name the file or folder it leads to"
    )


def _steps(path: str, inside: str) -> list[tuple[str, str]]:
    """Return a registry's path and the folders of the repository that lead to it, each with its name in messages."""
    own, told = os.path.normpath(path), inside.rstrip("/")
    steps = [(own, told)]
    while "/" in told:
        own, told = os.path.dirname(own), told.rpartition("/")[0]
        steps += [(own, told)] if own else []
    return steps


def _root(path: str) -> str:
    """Return the root of the repository that a path lies in, or nothing."""
    from expflow_hooks.core.files import folders_up

    *_, last = folders_up(os.path.dirname(os.path.abspath(path)))
    return last if os.path.exists(os.path.join(last, ".git")) else ""


def _below(root: str, path: str) -> str:
    """Return a path as it is spelled below a folder, with `/`, or nothing for one outside of it."""
    for one, other in ((root, os.path.abspath(path)), (os.path.realpath(root), os.path.realpath(path))):
        try:
            below = os.path.relpath(other, one).replace(os.sep, "/")
        except ValueError:  # another drive
            return ""
        if below != ".." and not below.startswith("../"):
            return f"{below}/" if is_folder(path) else below
    return ""


def shown(path: str) -> str:
    """Return a path for a message, quoted and cut."""
    return repr(path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…")
