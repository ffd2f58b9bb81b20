"""Turn a registry's file into the files of a folder: every line unchanged, an experiment's lines together."""

from __future__ import annotations

import os

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.platform import sync_folder
from expflow_hooks.core.registry import lock
from expflow_hooks.core.registry.append_only import check_growth, split_lines
from expflow_hooks.core.registry.branch_file import NO_REPOSITORY, branch_file
from expflow_hooks.core.registry.codec import decode_record
from expflow_hooks.core.registry.parts import parts_on_disk
from expflow_hooks.core.registry.reader import cannot


def split_by_branch(data: bytes) -> dict[str, bytes]:
    """Return the files of a folder by name: an experiment goes into that of the branch on which it began.

    One without a branch goes into a file of no branch, and so does a line that cannot be read.
    """
    files: dict[str, list[bytes]] = {}
    file_of: dict[str, str] = {}
    for line in split_lines(data):
        if not line.strip():
            continue
        try:
            record = decode_record(line)
        except ValueError:
            name = NO_REPOSITORY
        else:
            branch = record.get("branch")
            began = branch_file(branch) if isinstance(branch, str) and branch else NO_REPOSITORY
            name = file_of.setdefault(record["experiment_id"], began)
        files.setdefault(name, []).append(line + b"\n")
    return {name: b"".join(lines) for name, lines in sorted(files.items())}


def split_registry(path: str, folder: str) -> list[str]:
    """Put the lines of a registry's file into files of a folder, remove the file, and return the files' names.

    Raises UsageError for a folder that has lines already, UnreadableError if something cannot be read or written: the
    file is as it was then.
    """
    if parts_on_disk(folder):
        raise UsageError(f"{folder} has lines already: name another folder with --to")
    try:
        if not os.path.isfile(path):
            raise FileNotFoundError(2, "No such file or directory")
        with lock.opened(path) as fd, lock.locked(fd):  # nobody appends meanwhile
            with open(path, "rb") as file:
                data = file.read()
            files = split_by_branch(data)
            if check_growth({path: data}, {folder + name: part for name, part in files.items()}).lost:
                raise UnreadableError(f"{path}: a line would be lost; nothing was changed")
            _write(folder, files)
            os.unlink(path)
    except OSError as error:
        raise cannot("split", path, error) from None
    return list(files)


def _write(folder: str, files: dict[str, bytes]) -> None:
    os.makedirs(folder, exist_ok=True)
    written = []
    try:
        for name, data in files.items():
            with open(folder + name, "xb") as file:
                written.append(folder + name)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        sync_folder(folder)
    except OSError:
        for path in written:
            os.unlink(path)
        raise
