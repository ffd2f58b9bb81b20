"""The code in the work tree, hashed by git: the same digest that a commit of it has.

Git does the work with a copy of the index and an object folder of its own, both temporary, so that attributes, clean
filters, line endings and modes count as in `git add`, and nothing is written into the repository.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from expflow_hooks.core.change.code import Entry, code_id, policy_patterns, without_registry
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.policy.path_patterns import matcher
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.git.provenance import path_inside
from expflow_hooks.git.repository import Git

MOST = 100 << 20
"""Bytes of changed and untracked files that are hashed; more is data, not code."""

_STATUS = ("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=none")
# What would call a program, write into the repository, or refuse for the sake of a later checkout.
_SETTINGS = (
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.splitIndex=false",
    "core.safecrlf=false",
    "core.looseCompression=0",
)


class WorkTree(NamedTuple):
    """The digest of a work tree's code, the reason why there is none, and the patterns of the code's files.

    Outside a repository all three are empty.
    """

    id: str = ""
    why: str = ""
    paths: tuple[str, ...] = ()


def code_of_commit(git: Git, commit: str, patterns: Sequence[str]) -> str:
    """Return the digest of a commit's code, nothing where no file matches."""
    return code_id(git.tree(commit), patterns)


def code_here(policy: Policy, registry: str | None = None, folder: str = ".") -> WorkTree:
    """Return the code around `folder` by its policy, tracked or not, ignored files apart. No error is raised.

    `registry` is the one that is written to, which may be another than the policy's.
    """
    return _looked(folder, lambda top: patterns_here(policy, top, registry))


def code_of_work_tree(patterns: Sequence[str], folder: str = ".") -> WorkTree:
    """Return the code around `folder` by patterns. No error is raised."""
    return _looked(folder, lambda _: tuple(patterns))


def patterns_here(policy: Policy, top: str, registry: str | None = None) -> tuple[str, ...]:
    """Return the patterns of the code in a work tree, by its policy; a registry that is used besides is no code."""
    patterns = policy_patterns(policy, posixpath.dirname(path_inside(top, policy.path)))
    return without_registry(patterns, path_inside(top, registry))


def _looked(folder: str, patterns_in: Callable[[str], tuple[str, ...]]) -> WorkTree:
    if shutil.which("git") is None:
        return WorkTree()
    try:
        top = Git(folder).try_top()
        if not top:
            return WorkTree()
        patterns = patterns_in(top)
        with tempfile.TemporaryDirectory(prefix="expflow-", ignore_cleanup_errors=True) as scratch:
            shadow = _Shadow(top, scratch, matcher(patterns))
            shadow.add_all()
            found = code_id(shadow.entries(), patterns)
    except (UnreadableError, OSError) as error:
        return WorkTree(why=str(error))
    return WorkTree(found, "" if found else "no file here is one of leaderboard.paths", patterns)


class _Shadow:
    """A copy of the index, into which what is in the work tree is put."""

    def __init__(self, top: str, scratch: str, matches: Callable[[str], bool]) -> None:
        self._top, self._matches = top, matches
        asked = Git(top).ask("rev-parse", "--git-path", "index", "--git-path", "objects")
        index, objects = (os.path.join(top, path) for path in os.fsdecode(asked).splitlines())
        copy, own_objects = os.path.join(scratch, "index"), os.path.join(scratch, "objects")
        with contextlib.suppress(FileNotFoundError):  # nothing was ever added
            shutil.copy2(index, copy)  # with its time: files as young as it are compared by their contents
        os.mkdir(own_objects)
        others = os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
        environment = {
            "GIT_INDEX_FILE": copy,
            "GIT_OBJECT_DIRECTORY": own_objects,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(filter(None, (_quoted(objects), others))),
        }
        # No hook is run, and Git LFS keeps what it cleans out of the repository.
        settings = (*_SETTINGS, f"core.hooksPath={scratch}/hooks", f"lfs.storage={scratch}/lfs")
        self._git = Git(top, environment, settings)

    def entries(self) -> Iterator[Entry]:
        """Yield the entries that match."""
        return ((mode, blob, path) for _, mode, blob, path in self._tagged())

    def add_all(self) -> None:
        """Put every file that matches into the index as `git add --all` would."""
        self._show_all()
        removed, changed = self._changes()
        self._check_size(changed)
        if removed:
            self._update(removed, "--force-remove", "--stdin")
        if changed:
            self._update(changed, "--add", "--remove", "--replace", "--stdin")

    def _tagged(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield tag (as of `ls-files -v`), mode, blob and path of the entries that match."""
        for record in self._git.records("ls-files", "-v", "--stage", "-z", "--full-name", "--", ":/"):
            meta, _, name = record.partition(b"\t")
            tag, mode, blob, _ = meta.decode().split(" ")
            path = os.fsdecode(name)
            if self._matches(path):
                yield tag, mode, blob, path

    def _show_all(self) -> None:
        """Have git examine files marked to be skipped, where they exist."""
        hidden = [(tag, path) for tag, _, _, path in self._tagged() if tag == "S" or tag.islower()]
        skipped = [path for tag, path in hidden if tag in "Ss" and os.path.lexists(self._at(path))]
        if skipped:
            self._update(skipped, "--no-skip-worktree", "--stdin")
        assumed = [path for tag, path in hidden if tag.islower()]
        if assumed:
            self._update(assumed, "--no-assume-unchanged", "--stdin")

    def _changes(self) -> tuple[list[str], list[str]]:
        """Return the files that match and are gone, and those that are changed or untracked."""
        removed: list[str] = []
        changed: list[str] = []
        for record in self._git.records(*_STATUS):
            entry = _changed(os.fsdecode(record))
            if entry is None or not self._matches(entry.path):
                continue
            if entry.is_dirty_submodule or (entry.is_repository and self._has_changes(entry.path)):
                raise UnreadableError(f"{entry.path}, a repository in this one, has changes of its own")
            gone = entry.is_gone or not os.path.lexists(self._at(entry.path))
            (removed if gone else changed).append(entry.path)
        return removed, changed

    def _has_changes(self, path: str) -> bool:
        return bool(Git(self._at(path)).ask("status", "--porcelain"))

    def _check_size(self, paths: Sequence[str]) -> None:
        """Raise UnreadableError, naming the largest, for more than code has."""
        sizes = [(found.st_size, path) for path in paths if stat.S_ISREG((found := os.lstat(self._at(path))).st_mode)]
        total = sum(size for size, _ in sizes)
        if total > MOST:
            size, path = max(sizes)
            raise UnreadableError(
                f"{total >> 20} MB of changed or untracked files are more than code has ({MOST >> 20} MB); the largest"
                f" is {path}, {size >> 20} MB: put data into .gitignore, or name the code in leaderboard.paths"
            )

    def _update(self, lines: Sequence[str], *options: str) -> None:
        self._git.ask("update-index", "-z", *options, stdin=b"".join(os.fsencode(line) + b"\0" for line in lines))

    def _at(self, path: str) -> str:
        return os.path.join(self._top, path)


class _Changed(NamedTuple):
    """A path that `git status` names: `is_repository` is one that is no submodule yet, `is_gone` a file's that was."""

    path: str
    is_repository: bool = False
    is_dirty_submodule: bool = False
    is_gone: bool = False


def _changed(record: str) -> _Changed | None:
    """Return the work tree's entry from a record of `git status --porcelain=v2`, or None if it equals the index."""
    kind, _, rest = record.partition(" ")
    if kind == "?":
        return _Changed(rest.rstrip("/"), is_repository=rest.endswith("/"))
    states, submodule, rest = rest.split(" ", 2)
    if kind == "1" and states[1] == ".":
        return None
    # `S`, then `C` for another commit, `M` for changed and `U` for untracked files in it
    dirty = submodule[0] == "S" and submodule[2:] != ".."
    return _Changed(rest.split(" ", 5 if kind == "1" else 7)[-1], False, dirty, states[1] == "D")


def _quoted(path: str) -> str:
    """Return a path as git reads one of a list: quoted where it holds what ends it."""
    if os.pathsep not in path and not path.startswith('"'):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
