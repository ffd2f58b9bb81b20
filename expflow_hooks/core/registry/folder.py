"""A registry of several files, of a folder on the disk or as git holds them, read as one: line by line in their order.

What is read is what was there when the order was made; lines that are appended meanwhile are for the next reading.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property
from io import BytesIO
from itertools import accumulate, count, repeat, zip_longest
from typing import IO

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.platform import read_at
from expflow_hooks.core.registry.live_file import open_settled
from expflow_hooks.core.registry.parts import parts_on_disk
from expflow_hooks.core.registry.stored import Files, Stored, opened
from expflow_hooks.core.registry.union import Piece, arrange

_CHUNK = 1 << 20  # bytes
_BLOCK = 1 << 14  # bytes; see `reader`
_MOST_OPEN = 64  # files that are kept open

Block = tuple[list[bytes], int]
"""Some lines that follow each other in the registry and in a file, and the place of the first."""


class Folder:
    """The files of a registry. A place is a byte of one of them: all files' bytes are counted through, with gaps."""

    def __init__(self, path: str, held: Files | None = None) -> None:
        self.path = path
        self._held = held
        self._open: dict[int, Callable[[int, int], bytes]] = {}

    @cached_property
    def names(self) -> list[str]:
        """Return the paths of the files, in order; raise UsageError for a link and the like among them."""
        return [self.path + name for name in parts_on_disk(self.path)] if self._held is None else sorted(self._held)

    @cached_property
    def _files(self) -> list[_File]:
        if self._held is None:
            return [_OnDisk(name) for name in self.names]
        return [_Held(self._held[name]) for name in self.names]

    @cached_property
    def pieces(self) -> list[Piece]:
        """Return the order of the files' lines."""
        try:
            if len(self._files) == 1:
                with self._files[0].open() as file:
                    size = sum(map(len, iter(lambda: file.read(_CHUNK), b"")))
                return [Piece(0, 0, size, 1, 1)] if size else []
            return arrange([file.open for file in self._files])
        except OSError as error:
            raise UnreadableError(f"cannot read {error.filename or self.path}: {error.strerror or error}") from None

    @cached_property
    def _begins(self) -> list[int]:
        """Return the place of each file's first byte; the gap after a file is an end that a line may lack."""
        sizes = [0] * len(self._files)
        for piece in self.pieces:
            sizes[piece.file] = max(sizes[piece.file], piece.end)
        return list(accumulate((size + 1 for size in sizes), initial=0))

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return self._begins[-1] - len(self._files)

    def blocks(self) -> Iterator[Block]:
        """Yield all lines in order."""
        for piece in self.pieces:
            begin, rest, at = self._begins[piece.file], b"", piece.start
            while at < piece.end:
                chunk = self._read(piece.file, at, min(_CHUNK, piece.end - at))
                if not chunk:
                    raise UnreadableError(f"{self.names[piece.file]} was rewritten while it was read: try again")
                data, place = rest + chunk, at - len(rest)
                at += len(chunk)
                whole = len(data) if at >= piece.end else data.rfind(b"\n") + 1
                rest, lines = data[whole:], BytesIO(data[:whole])
                while block := lines.readlines(_BLOCK):
                    yield block, begin + place
                    place += sum(map(len, block))

    def read(self, place: int, size: int) -> bytes:
        """Return bytes at a place, fewer at the end of its file."""
        file = bisect_right(self._begins, place) - 1
        return self._read(file, place - self._begins[file], size)

    def where(self, number: int) -> tuple[str, int]:
        """Return the file and the line in it of one of the registry's lines, all from 1."""
        piece = self.pieces[max(bisect_right(self.pieces, number, key=lambda piece: piece.number) - 1, 0)]
        return self.names[piece.file], piece.line + number - piece.number

    def wheres(self) -> Iterator[tuple[str, int]]:
        """Yield the file and the line in it of every line, in order; more of the last file than it has."""
        for piece, after in zip_longest(self.pieces, self.pieces[1:]):
            lines = range(piece.line, piece.line + after.number - piece.number) if after else count(piece.line)
            yield from zip(repeat(self.names[piece.file]), lines, strict=False)

    def _read(self, file: int, at: int, size: int) -> bytes:
        if file not in self._open:
            if len(self._open) >= _MOST_OPEN:
                del self._open[next(iter(self._open))]
            self._open[file] = self._files[file].reader()
        try:
            return self._open[file](at, size)
        except OSError as error:
            raise UnreadableError(f"cannot read {self.names[file]}: {error.strerror or error}") from None


class _File:
    """One file: how its lines are read, and how parts of it are read again."""

    def open(self) -> IO[bytes]:
        raise NotImplementedError

    def reader(self) -> Callable[[int, int], bytes]:
        raise NotImplementedError


class _Held(_File):
    def __init__(self, stored: Stored) -> None:
        self._stored = stored

    def open(self) -> IO[bytes]:
        return opened(self._stored)

    def reader(self) -> Callable[[int, int], bytes]:
        file = opened(self._stored)

        def read(at: int, size: int) -> bytes:
            file.seek(at)
            return file.read(size)

        return read


class _OnDisk(_File):
    def __init__(self, path: str) -> None:
        self._path = path
        self._known: tuple[int, int] | None = None

    def open(self) -> IO[bytes]:
        file = open_settled(self._path)
        found = os.fstat(file.fileno())
        self._known = (found.st_dev, found.st_ino)
        return file

    def reader(self) -> Callable[[int, int], bytes]:
        file = open(self._path, "rb", buffering=0)  # noqa: SIM115  it is closed when nobody reads from it any more
        found = os.fstat(file.fileno())
        if self._known != (found.st_dev, found.st_ino):
            raise UnreadableError(f"{self._path} was rewritten while it was read: try again")

        def read(at: int, size: int) -> bytes:
            return read_at(file.fileno(), size, at)

        return read
