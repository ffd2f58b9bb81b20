"""A W&B file of any length, framed as LevelDB's log: records that are longer than what is left of a block are cut."""

from __future__ import annotations

import json
import struct
from pathlib import Path

_BLOCK = 1 << 15


def write_run(path: Path, steps: int) -> None:
    """Write a run with a value a step, and one record that is longer than a block."""
    data = bytearray(b":W&B\x01\xbe\x00")
    for step in range(steps):
        items = [_item("pde_mean", float(step)), _item("_step", step)]
        items += [_item("note", "x" * 70_000)] if step == steps // 2 else []
        _frame(data, _field(2, b"".join(_field(1, item) for item in items)))
    _frame(data, _field(18, b"\x08\x00"))
    path.write_bytes(data)


def _item(key: str, value: object) -> bytes:
    return _field(1, key.encode()) + _field(16, json.dumps(value).encode())


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _frame(data: bytearray, record: bytes) -> None:
    first = True
    while True:
        left = _BLOCK - len(data) % _BLOCK
        if left < 7:
            data += bytes(left)
            continue
        part, record = record[: left - 7], record[left - 7 :]
        kind = (1 if first else 4) if not record else (2 if first else 3)
        data += struct.pack("<IHB", 0, len(part), kind) + part
        first = False
        if not record:
            return
