"""The files of a registry as git holds them, in the index or at a revision."""

from __future__ import annotations

import os
from collections.abc import Iterator

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.parts import FOLDER, parts_in_git
from expflow_hooks.git.objects import ABSENT
from expflow_hooks.git.repository import Git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from expflow_hooks.core.registry.parts import Entry, ListFolder


def registry_files(git: Git, revision: str, path: str) -> dict[str, bytes]:
    """Return the contents of a registry's files by path below the root; an empty revision is the index.

    There are none where the registry is not there. Raises UnreadableError where git could not look, UsageError for a
    registry that is not spelled right or a link.
    """
    parts = registry_parts(git, revision, path)
    found: list[bytes] = []
    for kind, _, _, _, chunks in git.contents((_PLAIN, blob, name) for name, blob in parts.items()):
        found += [] if kind == ABSENT else [b"".join(chunks)]
    if len(found) != len(parts):
        raise UnreadableError(f"git: the contents of {path} are not in this repository")
    return dict(zip(parts, found, strict=True))


def registry_parts(git: Git, revision: str, path: str) -> dict[str, str]:
    """Return the blobs of a registry's files, by path below the root; the same answers and errors."""
    return parts_in_git(path, _in_revision(git, revision) if revision else _in_index(git, path))


_PLAIN = "100644"


def _in_revision(git: Git, revision: str) -> ListFolder:
    """Return what lists a folder of a revision's tree."""

    def list_folder(tree: str) -> Iterator[Entry]:
        for record in git.records("ls-tree", "-z", "--full-tree", tree or f"{revision}^{{tree}}"):
            meta, _, name = record.partition(b"\t")
            mode, _, blob = meta.decode().split(" ")
            yield mode, blob, os.fsdecode(name)

    return list_folder


def _in_index(git: Git, path: str) -> ListFolder:
    """Return what lists a folder of the index, as far as the registry's path leads through it."""
    first = path.partition("/")[0]
    pattern = "".join(f"\\{letter}" if letter in "*?[\\" else letter for letter in first)
    flat: list[Entry] = []
    for record in git.records("ls-files", "--stage", "-z", "--full-name", "--", f":(top,icase){pattern}"):
        meta, _, name = record.partition(b"\t")
        mode, blob, stage = meta.decode().split(" ")
        if stage != "0":
            raise UnreadableError(f"{os.fsdecode(name)!r} has conflicts: solve them, and add it")
        flat.append((mode, blob, os.fsdecode(name)))

    def list_folder(folder: str) -> Iterator[Entry]:
        seen: set[str] = set()
        for mode, blob, name in flat:
            if not name.startswith(folder):
                continue
            child, slash, _ = name[len(folder) :].partition("/")
            if child not in seen:
                seen.add(child)
                yield (FOLDER, f"{folder}{child}/", child) if slash else (mode, blob, child)

    return list_folder
