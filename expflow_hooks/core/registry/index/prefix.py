"""The bytes that an index was made of, and how it is seen that the file still begins with them.

The last line is compared always, and of the blocks before it some that are chosen anew each time; all of them where the
file is short, or was changed without growing. A change in the middle that keeps every byte's place, with lines appended
after it, may so be missed for a while; `run verify` reads everything.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import NamedTuple

from expflow_hooks.core.files import read_all_at
from expflow_hooks.core.registry.index.cache import Unusable
from expflow_hooks.core.registry.index.container import Container

BLOCK = 1 << 12  # bytes
CHUNK = BLOCK << 9  # bytes of which one blob holds the digests
BLOCKS = 1 << 40
"""The number of the blob with the digests of the first blocks."""

_DIGEST = 8  # bytes


class Prefix(NamedTuple):
    """The first `end` bytes of a file, `lines` lines, the last of which begins at `last`."""

    device: int
    inode: int
    end: int
    lines: int
    last: int
    last_digest: str
    changed: int  # when the file was last changed (st_ctime_ns, which no program sets)


def digest(data: bytes) -> bytes:
    """Return the digest by which some bytes are recognised."""
    return blake2b(data, digest_size=_DIGEST).digest()


def digests(chunk: bytes) -> bytes:
    """Return the digests of a chunk's blocks, the last of which may be short."""
    return b"".join(digest(chunk[at : at + BLOCK]) for at in range(0, len(chunk), BLOCK))


def still_begins(container: Container, prefix: Prefix, fd: int, samples: int) -> bool:
    """Return whether a file begins with the bytes that an index was made of, as far as `samples` blocks show."""
    found = os.fstat(fd)
    if (found.st_dev, found.st_ino) != (prefix.device, prefix.inode) or found.st_size < prefix.end:
        return False
    if digest(read_all_at(fd, prefix.last, prefix.end)).hex() != prefix.last_digest:
        return False
    count = -(-prefix.end // BLOCK)
    if found.st_size == prefix.end and found.st_ctime_ns != prefix.changed:
        samples = count
    known: dict[int, bytes] = {}
    for block in _sample(count, samples):
        number, place = divmod(block, CHUNK // BLOCK)
        if number not in known:
            known[number] = container.blob(BLOCKS + number)
        start = block * BLOCK
        data = read_all_at(fd, start, min(start + BLOCK, prefix.end))
        if digest(data) != known[number][place * _DIGEST : (place + 1) * _DIGEST]:
            return False
    return True


def _sample(count: int, samples: int) -> list[int]:
    """Return the numbers of the blocks to sample: others each time, so that no change stays unnoticed for long."""
    if count <= samples:
        return list(range(count))
    numbers = os.urandom(8 * samples)
    return sorted({int.from_bytes(numbers[at : at + 8], "little") % count for at in range(0, len(numbers), 8)})


def of_meta(meta: dict[str, object]) -> Prefix:
    """Return the prefix that an index was made of; raise Unusable without one."""
    try:
        return Prefix(*meta["prefix"])  # type: ignore[misc]
    except (KeyError, TypeError) as error:
        raise Unusable(str(error)) from None
