"""The experiments that a change is judged by: the head's registry, and what other places have more of it.

A run that completes after the head was pushed is recorded on the base's branch, or in the workspace: its lines count as
a merge would bring them. What the head itself has always counts, whichever run judges it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.codec import decode_experiment
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.location import is_folder, refused_link
from expflow_hooks.core.registry.parts import parts_on_disk
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.wording import counted

Held = Mapping[str, bytes]
"""The files of a registry by their paths in the repository."""


class More(NamedTuple):
    """What a place other than the head holds of the registry, and how output names it."""

    held: Held
    name: str


def unite(head: Held, others: Sequence[More]) -> tuple[dict[str, bytes], list[str]]:
    """Return the head's lines followed by those that only others have, and in words how many these are."""
    united, told = dict(head), []
    known = {line for data in head.values() for line in data.split(b"\n")}
    for other in others:
        count = 0
        for path, data in other.held.items():
            if data == united.get(path):
                continue
            more = [line for line in data.split(b"\n") if line.strip() and line not in known]
            if more:
                known.update(more)
                count += len(more)
                here = united.get(path, b"")
                end = b"" if here.endswith(b"\n") or not here else b"\n"
                united[path] = here + end + b"".join(line + b"\n" for line in more)
        if count:
            told.append(f"{counted(count, 'line')} of {other.name}")
    return united, told


def in_workspace(folder: str, registry: str) -> Held:
    """Return the registry's files in a folder; raise UsageError for a link, there or on the way."""
    path, steps = folder, registry.rstrip("/").split("/")
    for number, step in enumerate(steps, start=1):
        path = os.path.join(path, step)
        if os.path.islink(path):
            raise refused_link("/".join(steps[:number]))
    if not os.path.lexists(path):
        return {}
    names = parts_on_disk(path) if is_folder(registry) else [""]
    return {registry + name: _read(os.path.join(path, name) if name else path, registry + name) for name in names}


def _read(path: str, name: str) -> bytes:
    if not os.path.isfile(path):
        raise UnreadableError(f"{name} in the workspace is not a plain file: it is not read")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UnreadableError(f"{name} in the workspace cannot be read: {error.strerror}") from None


def added_lines(registry: Registry, bases: Iterable[Held]) -> dict[str, list[Experiment]]:
    """Return the experiments whose lines none of the bases has, oldest first, by id."""
    known = {line for base in bases for data in base.values() for line in data.split(b"\n")}
    found: dict[str, list[Experiment]] = {}
    for line in registry.lines():
        if line.rstrip(b"\n") not in known:
            try:
                experiment = decode_experiment(line)
            except ValueError:  # said of the whole registry already
                continue
            found.setdefault(experiment.experiment_id, []).append(experiment)
    return found
