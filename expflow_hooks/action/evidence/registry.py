"""The registry that a change is judged by: which file, its lines, and what it says of the candidates' past.

For a checkout it is the workspace's file, which may hold more than is committed. By API it is the head's; late results
that reached the branch which runs the schedule are added to it, as the merge would.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection
from typing import NamedTuple

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.codec import decode_experiment, decode_record
from expflow_hooks.core.registry.reader import HistoryLine, Registry, Revision, revisions

FILE = "experiments.jsonl"


class Found(NamedTuple):
    """A registry to read: a file's path, and how output names it."""

    path: str
    name: str


def find_registry(
    heads_file: Callable[[], bytes], head: str, source: str, workspace: str, scratch: str, *, late: bool
) -> Found:
    """Return the registry: of the workspace if it is there, else of the head; both, head first, for `late` results.

    `workspace` is a folder, or nothing where no file of a checkout may count; `heads_file` reads the head's.
    """
    if os.path.isabs(source):
        return Found(_plain_file(source) or source, source)
    here = _plain_file(os.path.join(workspace, source)) if workspace else None
    if here and not late:
        return Found(here, f"{source} in the workspace")
    data = heads_file()
    name = f"{source} of {head[:12]}"
    if here:
        data, name = _united(data, here), f"{name}, with the lines that {source} in the workspace has more"
    copy = os.path.join(scratch, f"registry-{head[:40]}.jsonl")
    with open(copy, "wb") as file:
        file.write(data)
    return Found(copy, name)


def _plain_file(path: str) -> str | None:
    """Return the path if a plain file is there; raise UnreadableError for a link, which may lead out."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return None
    if not stat.S_ISREG(mode):
        raise UnreadableError(f"{os.path.basename(path)} in the workspace is not a plain file: it is not read")
    return path


def _united(head: bytes, path: str) -> bytes:
    """Return the head's lines, then those of a file that the head has not: what a merge by union gives."""
    known = set(head.split(b"\n"))
    with open(path, "rb") as file:
        more = [line for line in file.read().split(b"\n") if line not in known]
    end = b"" if head.endswith(b"\n") or not head else b"\n"
    return head + end + b"".join(line + b"\n" for line in more)


def read_past(registry: Registry, ids: Collection[str]) -> dict[str, list[HistoryLine]]:
    """Return the lines of a few experiments, oldest first, in one pass."""
    found: dict[str, list[HistoryLine]] = {name: [] for name in ids}
    if not found:
        return found
    for number, line in enumerate(registry.lines(), start=1):
        try:
            name = decode_experiment(line).experiment_id
        except ValueError:
            continue
        if name in found:
            found[name].append(HistoryLine(number, decode_record(line)))
    return found


def revisions_of(past: dict[str, list[HistoryLine]]) -> dict[str, list[Revision]]:
    """Return the revisions of each experiment that has any."""
    return {name: changes for name, lines in past.items() if (changes := revisions(lines))}
