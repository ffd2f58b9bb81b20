"""The contents of blobs, each asked for once: small ones in memory, large ones in files without a name.

Git itself writes those files, two at a time, so that two versions of a large registry take the time of one, and no
memory of ours.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable, Mapping
from functools import partial
from typing import IO

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.platform import read_into
from expflow_hooks.core.registry.stored import Blob
from expflow_hooks.git.asking import CUT
from expflow_hooks.git.repository import Git

LARGE = 1 << 20
"""Bytes from which on a blob gets a file."""
_AT_ONCE = 2
_BUFFER = 1 << 16


class BlobFiles:
    """The blobs of one repository; the same contents are the same object, also in another version."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._contents: dict[str, bytes | IO[bytes]] = {}
        self._blobs: dict[str, Blob] = {}
        self._sizes: dict[str, int] = {}

    def stored(self, blobs: Mapping[str, str]) -> dict[str, Blob]:
        """Return the blobs, given by path; one is read when it is opened, if it has not been before."""
        for path, blob in blobs.items():
            size, opens = partial(self._size, path, blob), partial(self._open, path, blob)
            self._blobs.setdefault(blob, Blob(blob, size, opens))
        return {path: self._blobs[blob] for path, blob in blobs.items()}

    def read(self, blobs: Iterable[tuple[str, str]]) -> None:
        """Read blobs, each after its path, as far as they are not known; raise UnreadableError if one cannot be."""
        new = {blob: path for path, blob in blobs if blob not in self._contents}
        self._ask_sizes(new)
        sizes = self._sizes
        large = [blob for blob in new if sizes[blob] >= LARGE]
        for at in range(0, len(large), _AT_ONCE):
            self._write({blob: sizes[blob] for blob in large[at : at + _AT_ONCE]})
        small = [("100644", blob, path) for blob, path in new.items() if sizes[blob] < LARGE]
        for _, _, blob, _, chunks in self._git.contents(small):
            self._contents[blob] = b"".join(chunks)

    def _ask_sizes(self, blobs: Mapping[str, str]) -> None:
        self._sizes |= self._git.sizes({blob: path for blob, path in blobs.items() if blob not in self._sizes})

    def _size(self, path: str, blob: str) -> int:
        self._ask_sizes({blob: path})
        return self._sizes[blob]

    def _open(self, path: str, blob: str) -> IO[bytes]:
        self.read([(path, blob)])
        found = self._contents[blob]
        return io.BytesIO(found) if isinstance(found, bytes) else io.BufferedReader(_View(found), _BUFFER)

    def _write(self, sizes: Mapping[str, int]) -> None:
        files = [tempfile.TemporaryFile() for _ in sizes]  # noqa: SIM115  they are open as long as they are read
        try:
            self._git.write_together(
                [(["cat-file", "blob", blob], file.fileno()) for blob, file in zip(sizes, files, strict=True)]
            )
        except OSError as error:
            raise UnreadableError(f"a temporary file cannot be written: {error.strerror or error}") from None
        for (blob, size), file in zip(sizes.items(), files, strict=True):
            if os.fstat(file.fileno()).st_size != size:
                raise UnreadableError(CUT)
            self._contents[blob] = file


class _View(io.RawIOBase):
    """An open file, read from a place of its own."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._place = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._place}.get(whence, os.fstat(self._file.fileno()).st_size)
        self._place = begin + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = read_into(self._file.fileno(), buffer, self._place)
        self._place += size
        return size
