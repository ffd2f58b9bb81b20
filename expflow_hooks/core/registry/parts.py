"""Which files a registry consists of, in a tree of git's or on the disk; what one part could miss is refused by all."""

from __future__ import annotations

import os
import stat

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.registry.location import (
    LINES,
    check_name,
    is_folder,
    is_line_file,
    refused_link,
    shown,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Entry = tuple[str, str, str]
    """Mode, object id and name of an entry in one folder."""
    ListFolder = Callable[[str], Iterable[Entry]]
    """Takes the object id of a folder, nothing for the root, and returns its entries."""

LINK, FOLDER, FILE, GITLINK = "120000", "040000", "100644", "160000"
_KINDS = {LINK: "a symbolic link", FOLDER: "a folder", GITLINK: "a submodule"}


def parts_in_git(path: str, list_folder: ListFolder) -> dict[str, str]:
    """Return the files of the registry at a path below the repository's root, as path -> object id, in name order.

    There are none where the registry is not there yet. Raises UsageError for what is not spelled right, and for a link
    on the way.
    """
    here, folder = "", ""
    *above, last = path.rstrip("/").split("/")
    for name in (*above, last):
        here = f"{here}/{name}" if here else name
        entries = list(list_folder(folder))
        check_name(here, (entry[2] for entry in entries))
        mode, folder = next((entry[:2] for entry in entries if entry[2] == name), ("", ""))
        if not mode:
            return {}
        _check_form(here, mode, wanted_folder=here != path)
    return _parts(path, list_folder(folder)) if is_folder(path) else {path: folder}


def parts_on_disk(path: str) -> list[str]:
    """Return the names of a registry folder's files, in order; none where the folder is not there yet."""
    try:
        with os.scandir(path) as found:
            entries = [(_mode(entry), "", entry.name) for entry in found if is_line_file(entry.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror or error}") from None
    return [part[len(path) :] for part in _parts(path, entries)]


def _mode(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return LINK
    if entry.is_dir(follow_symlinks=False):
        return FOLDER
    return FILE if stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode) else ""


def _check_form(path: str, mode: str, *, wanted_folder: bool) -> None:
    """Raise UsageError for an entry of git's that is a link, a submodule or of the other form."""
    if mode == LINK:
        raise refused_link(path)
    if mode == GITLINK:
        raise UsageError(f"{shown(path)} is a submodule: a registry must be in the repository itself")
    if (mode == FOLDER) != wanted_folder:
        if mode == FOLDER:
            raise UsageError(f"{shown(path)} is a folder in git; a registry that is a folder is written {path}/")
        raise UsageError(
            f"{shown(path)} is a file in git; a registry that is a file is written without /, such as"
            f" experiments{LINES}"
        )


def _parts(folder: str, entries: Iterable[Entry]) -> dict[str, str]:
    """Return the files of a registry folder among its entries, as path -> object id, in name order."""
    found: dict[str, str] = {}
    folded: dict[str, str] = {}
    for mode, blob, name in sorted(entries, key=lambda entry: entry[2]):
        if not is_line_file(name):
            continue
        path = folder + name
        if not mode.startswith("100"):
            raise UsageError(f"{shown(path)} is {_KINDS.get(mode, 'no plain file')}: a registry holds plain files")
        if not name.isprintable() or not name.endswith(LINES):
            raise UsageError(f"{shown(path)}: a registry's file has a name such as main{LINES}; rename it")
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            raise UsageError(
                f"{shown(folder + other)} and {shown(path)} differ in upper and lower case only, so that some machines"
                " have one of them: rename one"
            )
        found[path] = blob
    return found
