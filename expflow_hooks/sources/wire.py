"""Protocol buffers, read without their library: fields by number, unknown ones passed over."""

from __future__ import annotations

import struct
from collections.abc import Iterator

Value = int | bytes
"""A varint or a fixed number as an int of its bits, or the bytes of text, a message or a packed list."""


def fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """Yield the number and the value of each field of a message; raise ValueError for what is none."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            if at + size > end:
                raise ValueError("a message that is cut")
            yield number, int.from_bytes(data[at : at + size], "little")
            at += size
        elif kind == 2:
            size, at = _varint(data, at)
            if at + size > end:
                raise ValueError("a message that is cut")
            yield number, data[at : at + size]
            at += size
        else:
            raise ValueError(f"a field of wire type {kind}")


def messages(data: bytes, number: int) -> Iterator[bytes]:
    """Yield the bytes of each field of this number."""
    yield from (value for found, value in fields(data) if found == number and isinstance(value, bytes))


def text(data: bytes, number: int) -> str:
    """Return the last text of this number; nothing where there is none."""
    found = ""
    for value in messages(data, number):
        found = value.decode("utf-8", "replace")
    return found


def integer(data: bytes, number: int) -> int | None:
    """Return the last integer of this number, with its sign; None where there is none."""
    found = None
    for key, value in fields(data):
        if key == number and isinstance(value, int):
            found = value - (1 << 64) if value >> 63 else value
    return found


def double(bits: int) -> float:
    """Return the number that 64 bits are."""
    (found,) = struct.unpack("<d", bits.to_bytes(8, "little"))
    return float(found)


def single(bits: int) -> float:
    """Return the number that was meant by 32 bits: the shortest one that is stored as they are.

    18.09 is stored as 18.09000015; as it stands it would fail a gate that the reported number passes, or the reverse.
    """
    (stored,) = struct.unpack("<f", bits.to_bytes(4, "little"))
    if stored != stored or stored in (float("inf"), float("-inf")):
        return float(stored)
    for digits in range(6, 10):
        shortest = float(f"{stored:.{digits}g}")
        try:
            if struct.pack("<f", shortest) == bits.to_bytes(4, "little"):
                return shortest
        except OverflowError:  # rounded up over the largest one
            continue
    return float(stored)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a number that is cut")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
