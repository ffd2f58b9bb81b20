"""How a metric's numbers were made, as a hash: numbers of different definitions are never compared."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from expflow_hooks.core.errors import UsageError

_HEX = frozenset("0123456789abcdef")
_SHORTEST, _LONGEST = 16, 64  # hex digits


def definition_of(
    *, evaluator: Iterable[str | os.PathLike[str] | Callable[..., Any]] = (), data: Any = None, **settings: Any
) -> str:
    """Return the definition of numbers made by this evaluator on this data with these settings, a SHA-256 in hex.

    `evaluator` are files or functions, hashed by what they say; `data` {name: digest}; `settings` whatever else
    changes a score, such as `batch_size=6` and `split="test"`. The order of names does not matter.

    Raises UsageError (a ValueError) for a file that cannot be read and for what JSON cannot hold.
    """
    said = {"evaluator": sorted(map(_digest, evaluator)), "data": dict(data or {}), "settings": settings}
    try:
        text = json.dumps(said, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError):
        raise UsageError("a definition's data and settings are what JSON holds, such as batch_size=6") from None
    return sha256(text.encode()).hexdigest()


def _digest(part: str | os.PathLike[str] | Callable[..., Any]) -> str:
    if isinstance(part, (str, os.PathLike)):
        try:
            with open(part, "rb") as file:
                return sha256(file.read()).hexdigest()
        except OSError as error:
            raise UsageError(f"evaluator {os.fspath(part)!r} cannot be read: {error.strerror}") from None
    import inspect

    try:
        return sha256(inspect.getsource(part).encode()).hexdigest()
    except (OSError, TypeError):
        raise UsageError(f"evaluator {part!r} has no source: name a function of a file, or the file") from None


def clean_definition(said: Any) -> dict[str, str]:
    """Return a record's definition {metric: hash}; one hash alone is of every metric, `*`. Raises UsageError."""
    named = {"*": said} if isinstance(said, str) else said
    if not isinstance(named, Mapping) or not named:
        raise UsageError("definition is a hash as definition_of(...) returns it, or {metric: hash}")
    for metric, one in named.items():
        if not isinstance(one, str) or not (_SHORTEST <= len(one) <= _LONGEST and _HEX.issuperset(one)):
            raise UsageError(f"definition of {str(metric)[:60]} is no hash: use what definition_of(...) returns")
    return {str(metric): one for metric, one in named.items()}
