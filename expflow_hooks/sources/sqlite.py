"""SQLite files of other tools, read where they are while they may be written: nothing is ever changed in them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote

from expflow_hooks.core.errors import UnreadableError

_WAIT = 10.0  # seconds for a writer to let go


class ReadOnly:
    """An open database. `query` raises UnreadableError, with the file's name, for every failure."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def query(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query."""
        try:
            yield from self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise _unreadable(self.path, error) from None

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns; none for a table that is not there."""
        return [row[1] for row in self.query(f"PRAGMA table_info({table})")]


@contextmanager
def open_readonly(path: str, what: str, tables: Sequence[str]) -> Iterator[ReadOnly]:
    """Open a file that must have these tables; `what` names its kind in messages."""
    if not os.path.isfile(path):
        raise UnreadableError(f"{path}: no such file; it should be {what}")
    uri = f"file:{quote(os.path.abspath(path))}?mode=ro"
    try:
        connection = sqlite3.connect(uri, uri=True, timeout=_WAIT)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
    except sqlite3.Error as error:
        raise _unreadable(path, error) from None
    with closing(connection):
        database = ReadOnly(path, connection)
        there = {row[0] for row in database.query("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
        missing = [table for table in tables if table not in there]
        if missing:
            raise UnreadableError(f"{path}: no table {', '.join(missing)}: it is not {what}, or of another version")
        connection.execute("BEGIN")  # one state of the file for all queries, whatever is written meanwhile
        yield database


def _unreadable(path: str, error: sqlite3.Error) -> UnreadableError:
    told = " ".join(str(error).split())
    if "not a database" in told:
        return UnreadableError(f"{path}: not a database of SQLite")
    if "malformed" in told:
        return UnreadableError(f"{path}: the database is damaged or cut: {told}")
    if "locked" in told:
        return UnreadableError(f"{path}: locked by a writer for more than {_WAIT:g} s; try again")
    return UnreadableError(f"{path}: {told}")
