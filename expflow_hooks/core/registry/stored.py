"""A registry's files where git holds them: their bytes, or a blob that is opened when it is read.

The same object stands for the same contents, wherever that is known: then nobody has to look at either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from itertools import islice
from typing import IO


class Blob:
    """A file that git holds: its id, its size in bytes, and what opens it at its beginning each time."""

    def __init__(self, name: str, size: Callable[[], int], opens: Callable[[], IO[bytes]]) -> None:
        self.name = name
        self.size = size
        self.open = opens


Stored = bytes | Blob
"""The contents of a file, or the blob that holds them."""
Files = Mapping[str, Stored]
"""The files of a registry, by path."""

_BLOCK = 1 << 14  # bytes; see `reader`
_CHUNK = 1 << 20


def opened(stored: Stored) -> IO[bytes]:
    """Return a file to read and to seek in."""
    return stored.open() if isinstance(stored, Blob) else BytesIO(stored)


def line_blocks(stored: Stored, place: int = 0) -> Iterator[list[bytes]]:
    """Yield the lines from a byte on, some at a time."""
    with opened(stored) as file:
        file.seek(place)
        while lines := file.readlines(_BLOCK):
            yield lines


def some_lines(stored: Stored, place: int, most: int | None = None) -> Iterator[bytes]:
    """Yield the lines from a byte on, `most` at most."""
    return islice((line for lines in line_blocks(stored, place) for line in lines), most)


def whole_lines(stored: Stored) -> Iterator[bytes]:
    """Yield all bytes, about a megabyte at a time, each time up to the end of a line."""
    with opened(stored) as file:
        rest = b""
        while chunk := file.read(_CHUNK):
            end = chunk.rfind(b"\n") + 1
            if end:
                yield rest + chunk[:end]
                rest = chunk[end:]
            else:
                rest += chunk
        if rest:
            yield rest
