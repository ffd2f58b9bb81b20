"""Records that could not get the lock: each waits in a file beside the registry until the next append takes it in."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

from expflow_hooks.core.files import is_private, replace_file
from expflow_hooks.core.platform import sync_folder
from expflow_hooks.core.registry.codec import decode_record, encode_record
from expflow_hooks.core.wording import counted


def spool_folder(path: str) -> str:
    """Return the folder beside a registry in which records wait."""
    return f"{path}.waiting"


def put(path: str, records: Sequence[dict[str, Any]]) -> str:
    """Keep records for the next append, on the disk when this returns, and return the file; raises OSError."""
    folder = spool_folder(path)
    private = is_private(path)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700 if private else 0o777)
        sync_folder(folder)
    name = os.path.join(folder, f"{time.time_ns():020}-{os.getpid()}-{os.urandom(4).hex()}.json")
    replace_file(name, b"".join(encode_record(record) + b"\n" for record in records), 0o600 if private else None)
    sync_folder(name)
    return name


def waiting(path: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each file that waits, oldest first, with its records; of a file that cannot be read, none."""
    folder = spool_folder(path)
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except OSError:
        return
    for name in names:
        file = os.path.join(folder, name)
        try:
            with open(file, "rb") as opened:
                yield file, [decode_record(line) for line in opened]
        except (OSError, ValueError):
            continue


def waiting_sentence(count: int, where: str) -> str:
    """Return, in words, that records wait."""
    return f"{counted(count, 'record')} {'waits' if count == 1 else 'wait'} in {where} for the next append"


def waiting_note(path: str) -> str | None:
    """Return, in words, what waits beside a registry, or None."""
    count = sum(len(records) for _, records in waiting(path))
    return f"{path}: {waiting_sentence(count, spool_folder(path))}" if count else None


def set_aside(file: str) -> None:
    """Let a file wait no more, without losing it: what is in it needs the guard."""
    with contextlib.suppress(OSError):
        os.replace(file, f"{file}.refused")


def remove(files: Sequence[str]) -> None:
    """Remove files that were taken in, and the folder when it is empty."""
    for file in files:
        with contextlib.suppress(OSError):
            os.unlink(file)
    if files:
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(files[0]))
