"""One index as a file: a SQLite database of numbered blobs, each with its checksum, replaced whole and never changed.

A reader opens a finished file that nobody writes any more, so it waits for no lock; a writer makes another one beside
it. A blob that is not what was written is noticed when it is read, wherever the damage is.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from expflow_hooks.core.registry.index.cache import UNFINISHED, Unusable, is_ours

_version = sys.modules[__name__.partition(".")[0]].__version__
FORMAT = f"1 {_version} {sys.byteorder}"
"""An index of another version or machine is another format: it is made anew."""

_META = 0
_CHECK = 8  # bytes of a checksum


class Container:
    """A finished index, open for reading; `meta` describes its content. Every failure raises Unusable."""

    def __init__(self, path: str) -> None:
        if not (is_ours(os.path.dirname(path), _is_folder) and is_ours(path)):
            raise Unusable(f"{path} is not there, or not this user's own")
        try:
            self._database = sqlite3.connect(
                f"file:{quote(path)}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise Unusable(str(error)) from None
        try:
            self.meta: dict[str, Any] = json.loads(self.blob(_META))
        except ValueError as error:
            raise Unusable(str(error)) from None
        if not isinstance(self.meta, dict) or self.meta.get("format") != FORMAT:
            raise Unusable("it has another format")

    def blob(self, number: int) -> bytes:
        """Return a blob as it was written."""
        try:
            row = self._database.execute("SELECT data FROM blobs WHERE number = ?", (number,)).fetchone()
        except (sqlite3.Error, OverflowError) as error:
            raise Unusable(str(error)) from None
        data = row[0] if row else None
        if not isinstance(data, bytes) or data[:_CHECK] != _checksum(number, data[_CHECK:]):
            raise Unusable(f"blob {number} is damaged")
        return data[_CHECK:]

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(sqlite3.Error):
            self._database.close()


class CannotWrite(Exception):
    """The index cannot be written."""


def write(
    path: str,
    meta: Mapping[str, Any],
    blobs: Iterable[tuple[int, bytes]],
    base: str | None = None,
    drop: Iterable[range] = (),
) -> None:
    """Put an index in place at once: `blobs` above those of `base`, an index to go on from, without those to `drop`.

    Raises OSError or CannotWrite where that cannot be done; what was there is as it was.
    """
    new = f"{path}.{os.urandom(8).hex()}{UNFINISHED}"
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        if base is not None:
            import shutil

            shutil.copyfile(base, new)
        with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as database:
            # Nobody reads the file before it is finished, and a checksum stands for what a journal would.
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN")
            database.execute("CREATE TABLE IF NOT EXISTS blobs (number INTEGER PRIMARY KEY, data BLOB NOT NULL)")
            for numbers in drop:
                database.execute("DELETE FROM blobs WHERE number BETWEEN ? AND ?", (numbers.start, numbers.stop - 1))
            head = json.dumps({**meta, "format": FORMAT}).encode()
            rows = ((number, _checksum(number, data) + data) for number, data in _with_meta(blobs, head))
            database.executemany("INSERT OR REPLACE INTO blobs VALUES (?, ?)", rows)
            database.execute("COMMIT")
        os.replace(new, path)
    except sqlite3.Error as error:
        raise CannotWrite(str(error)) from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(new)


def _with_meta(blobs: Iterable[tuple[int, bytes]], head: bytes) -> Iterable[tuple[int, bytes]]:
    yield from blobs
    yield _META, head


def _checksum(number: int, data: bytes) -> bytes:
    return blake2b(data, digest_size=_CHECK, salt=number.to_bytes(8, "little")).digest()


def _is_folder(mode: int) -> bool:
    return mode & 0o170000 == 0o040000
