"""The regular files of one commit by path. Links are never followed: the target is not in the commit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from expflow_hooks.action.evidence.proposal import CommitReader
from expflow_hooks.core.change.code import Entry
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.parts import FOLDER, parts_in_git
from expflow_hooks.render.escape import terminal

_LINK, _SUBMODULE = "120000", "160000"
_KINDS = {_LINK: "a symbolic link", _SUBMODULE: "a submodule"}


class Files:
    """The files of a commit in a repository; each is read once."""

    def __init__(self, repository: CommitReader, commit: str) -> None:
        self.commit = commit
        self._repository = repository

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Return every entry of the commit's tree; none without a commit."""
        return self._repository.tree(self.commit) if self.commit else ()

    @cached_property
    def _by_path(self) -> dict[str, tuple[str, str]]:
        return {path: (mode, blob) for mode, blob, path in self.entries}

    @cached_property
    def _folders(self) -> set[str]:
        return {folder for path in self._by_path for folder in _above(path)}

    def blob_of(self, path: str) -> str:
        """Return the object id of a plain file, or nothing where none is there.

        Raises UnreadableError for a link, a submodule or a folder in its place, and for a link on the way to it.
        """
        for step in (*_above(path), path):
            mode, blob = self._by_path.get(step, ("", ""))
            if mode in _KINDS or (mode and step != path):
                raise self._refused(step, _KINDS.get(mode, "a file"))
        if path in self._folders:
            raise self._refused(path, "a folder")
        return blob

    def _refused(self, path: str, kind: str) -> UnreadableError:
        right = "a plain file is wanted, with its own contents"
        return UnreadableError(f"{terminal(path)} of {self.commit[:12]} is {kind}: {right}")

    def read(self, path: str) -> bytes | None:
        """Return a plain file's contents, or None where none is there; raise as `blob_of` does."""
        blob = self.blob_of(path)
        return self._repository.blobs([blob])[0] if blob else None

    def parts(self, registry: str) -> dict[str, str]:
        """Return the files of a registry, a file or a folder, as path -> object id; none where it is not there.

        Raises UsageError for one that is not spelled right, and for a link on its path.
        """
        return parts_in_git(registry, self._list_folder)

    def registry(self, registry: str) -> dict[str, bytes]:
        """Return the contents of a registry's files by path; raise as `parts` does."""
        parts = self.parts(registry)
        return dict(zip(parts, self._repository.blobs(list(parts.values())), strict=True))

    def _list_folder(self, folder: str) -> Iterator[Entry]:
        """Yield the entries of a folder, given its path with a trailing slash; an empty path is the root."""
        seen = set()
        for mode, blob, path in self.entries:
            if path.startswith(folder):
                name, slash, _ = path[len(folder) :].partition("/")
                if name not in seen:
                    seen.add(name)
                    yield (FOLDER, f"{folder}{name}/", name) if slash else (mode, blob, name)

    def differing(self, other: Files) -> frozenset[str]:
        """Return the paths that differ from another commit's."""
        return frozenset(path for _, _, path in {*self.entries} ^ {*other.entries})


def _above(path: str) -> Iterator[str]:
    """Yield the folders that lead to a path."""
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))
