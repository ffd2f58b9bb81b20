"""Read lines of a registry again at their places: of the very file that was read, even a pipe."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from typing import IO

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.platform import read_at
from expflow_hooks.core.registry.codec import decode_experiment
from expflow_hooks.core.registry.experiment import Experiment

_A_LINE = 1 << 11  # bytes: most lines are shorter
_MUCH = 1 << 17  # bytes: for the rest of a line that is not


class LineReader:
    """Reads lines of an opened file again, at their places, and keeps that very file open for it."""

    def __init__(self) -> None:
        self._fd = -1
        self._data = b""
        self._read_at: Callable[[int, int], bytes] | None = None

    def take(self, file: IO[bytes]) -> IO[bytes]:
        """Take the file that is about to be read; return it, or a copy of one that can be read only once."""
        if not file.seekable():
            file = _copy(file)
        if isinstance(file, BytesIO):
            self._data = file.getvalue()
        else:
            if self._fd >= 0:
                os.close(self._fd)
            self._fd = os.dup(file.fileno())
        return file

    def take_from(self, read: Callable[[int, int], bytes]) -> None:
        """Take what reads some bytes at a place."""
        self._read_at = read

    def __call__(self, place: int) -> Experiment:
        """Return the experiment of the line at an offset; raise UnreadableError if none begins there now."""
        pieces, size = [], _A_LINE
        while piece := self._read(place, size):
            pieces.append(piece)
            if b"\n" in piece:
                break
            place, size = place + len(piece), _MUCH
        line = b"".join(pieces)
        try:
            return decode_experiment(line[: line.find(b"\n") + 1] or line)
        except ValueError:
            raise UnreadableError("the registry was rewritten while it was read: try again") from None

    def _read(self, place: int, size: int) -> bytes:
        if self._read_at is not None:
            return self._read_at(place, size)
        if self._fd < 0:
            return self._data[place : place + size]
        try:
            return read_at(self._fd, size, place)
        except OSError as error:  # on a network, a file that was replaced
            raise UnreadableError(f"cannot read the registry again: {error.strerror or error}") from None

    def __del__(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)


def _copy(file: IO[bytes]) -> IO[bytes]:
    """Return a copy of a pipe's content, in a temporary file without a name; in memory where none can be made."""
    import shutil
    import tempfile

    try:
        copy = tempfile.TemporaryFile()  # noqa: SIM115  what reads it closes it
    except OSError:  # a container whose disk is read-only
        return BytesIO(file.read())
    try:
        shutil.copyfileobj(file, copy, 1 << 20)
        copy.seek(0)
    except OSError as error:  # nearly always the disk of TMPDIR is full
        raise UnreadableError(f"cannot keep a copy of the piped registry: {error.strerror or error}") from None
    return copy
