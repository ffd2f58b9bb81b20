"""Columns of which an index holds the greater part: it is read where it is asked for, and what is new lies above it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

CHUNK = 1024
"""Items of which one blob holds a column."""

Blob = Callable[[int], bytes]


class SparseColumn:
    """A column of numbers: the first `size` from blobs, the others and what was set since in memory."""

    def __init__(self, kind: str, size: int, blob: Blob) -> None:
        self._kind, self._size, self._blob = kind, size, blob
        self._chunks: dict[int, array[Any]] = {}
        self._length = size
        self._fill: Any = 0
        self.changed: dict[int, Any] = {}

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, item: int) -> Any:
        if item in self.changed:
            return self.changed[item]
        return self.before(item) if item < self._size else self._fill

    def __setitem__(self, item: int, value: Any) -> None:
        self.changed[item] = value

    def extend(self, values: list[Any]) -> None:
        """Add places, which all hold the same."""
        self._length += len(values)
        self._fill = values[0]

    def before(self, item: int) -> Any:
        """Return what the index holds of an item."""
        number, place = divmod(item, CHUNK)
        if number not in self._chunks:
            self._chunks[number] = array(self._kind, self._blob(number))
        return self._chunks[number][place]

    def dense(self) -> array[Any]:
        """Return the whole column in memory."""
        whole = array(self._kind)
        for number in range(-(-self._size // CHUNK)):
            whole.frombytes(self._blob(number))
        whole.extend([self._fill] * (self._length - self._size))
        for item, value in self.changed.items():
            whole[item] = value
        return whole


class Buckets:
    """A table of numbers by 64-bit hash, of `width` numbers a row, the hash first."""

    def __init__(self, bits: int, width: int, blob: Blob) -> None:
        self._bits, self._width, self._blob = bits, width, blob

    def rows(self, wanted: int) -> list[Sequence[int]]:
        """Return the rows of a hash."""
        bucket = array("Q", self._blob(wanted >> (64 - self._bits)))
        return [bucket[at : at + self._width] for at in range(0, len(bucket), self._width) if bucket[at] == wanted]


def make_buckets(rows: Iterable[Sequence[int]], count: int) -> tuple[int, list[bytes]]:
    """Return the bits and the blobs of a table of about `count` rows."""
    bits = (count // 128).bit_length()
    buckets = [array("Q") for _ in range(1 << bits)]
    for row in rows:
        buckets[row[0] >> (64 - bits)].extend(row)
    return bits, [bucket.tobytes() for bucket in buckets]


class SavedItems:
    """The number of each id: those in an index are looked up, and found by the very id."""

    def __init__(self, size: int, find: Callable[[str], int | None]) -> None:
        self._own: dict[str, int] = {}
        self._size, self._find = size, find

    def __len__(self) -> int:
        return self._size

    def get(self, name: str) -> int | None:
        """Return an id's number, or None."""
        if name not in self._own:
            found = self._find(name)
            if found is None:
                return None
            self._own[name] = found
        return self._own[name]

    def setdefault(self, name: str, number: int) -> int:
        """Return an id's number, which is a new one for an id that has none."""
        found = self.get(name)
        if found is not None:
            return found
        self._own[name] = number
        self._size = number + 1
        return number


class SavedNumbers(dict[Any, int]):
    """The numbers of configurations: those in an index are looked up by a digest of what they are numbers of."""

    def __init__(self, size: int, buckets: Buckets) -> None:
        super().__init__()
        self._size, self._buckets = size, buckets

    def __len__(self) -> int:
        return self._size

    def setdefault(self, key: Any, default: int | None = None) -> int:
        """Return a key's number, which is a new one for a key that has none."""
        found = self.get(key)
        if found is None:
            first, second = digest_of_key(key)
            found = next((row[2] for row in self._buckets.rows(first) if row[1] == second), None)
            if found is None:
                found, self._size = self._size, self._size + 1
            self[key] = found
        return found


def digest_of_key(key: Any) -> tuple[int, int]:
    """Return 128 bits of a digest of texts and numbers in tuples."""
    digest = blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
