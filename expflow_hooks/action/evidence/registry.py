"""The registry that a change is judged by: which files, and their lines.

For a checkout it is the workspace's, which may hold more than is committed. By API it is the head's; late results that
reached the branch which runs the schedule are added to it, as the merge would.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from expflow_hooks.core.registry.append_only import Files, split_lines
from expflow_hooks.core.registry.location import is_folder, locate
from expflow_hooks.core.registry.parts import parts_on_disk
from expflow_hooks.core.registry.reader import Registry


class Found(NamedTuple):
    """A registry to read, and how output names it."""

    registry: Registry
    name: str


def find_registry(heads_files: Callable[[], Files], head: str, source: str, workspace: str, *, late: bool) -> Found:
    """Return the registry: of the workspace if it is there, else of the head; both, head first, for `late` results.

    `workspace` is a folder, or nothing where no file of a checkout may count; `heads_files` reads the head's. Raises
    UsageError for a link, which may lead out of the workspace.
    """
    if os.path.isabs(source):
        return Found(Registry(locate(source).path), source)
    here = locate(os.path.join(workspace, source)).path if workspace else ""
    there = bool(here) and os.path.exists(here)
    if there and not late:
        return Found(Registry(here), f"{source} in the workspace")
    files, name = heads_files(), f"{source} of {head[:12]}"
    if there:
        files, name = _united(files, source, here), f"{name}, with the lines that {source} in the workspace has more"
    return Found(Registry(source, held=files), name)


def _united(head: Files, source: str, here: str) -> dict[str, bytes]:
    """Return the head's files, each with the lines that the workspace has more: what a merge gives."""
    united = dict(head)
    known = {line for data in head.values() for line in split_lines(data)}
    for name in parts_on_disk(here) if is_folder(here) else [""]:
        with open(here + name, "rb") as file:
            more = [line for line in split_lines(file.read()) if line not in known]
        if more:
            data = united.get(source + name, b"")
            end = b"" if data.endswith(b"\n") or not data else b"\n"
            united[source + name] = data + end + b"".join(line + b"\n" for line in more)
    return united
