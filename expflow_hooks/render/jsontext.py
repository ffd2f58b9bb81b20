"""JSON as other programs can read it: never a bare NaN or Infinity."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ROOM = 5000


def to_json(payload: Any) -> str:
    """Return the payload as indented JSON, non-finite numbers as null."""
    try:
        return _dumped(payload)
    except ValueError:
        with _room():
            return _dumped(_finite(payload))
    except RecursionError:
        with _room():
            return _dumped(payload)


def _dumped(payload: Any) -> str:
    return json.dumps(payload, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


@contextmanager
def _room() -> Iterator[None]:
    """Allow a few calls for each level of nesting; what was read is nested no deeper than a reader's own limit."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + _ROOM)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def located(found: Any) -> dict[str, Any]:
    """Return a named tuple as an object; a `file` only where there is one, as in a registry that is a folder."""
    return {key: value for key, value in found._asdict().items() if key != "file" or value}
