"""Where a PIN may be configured: the store, `EXPFLOW_PIN_HASH` in the environment or `.env`, `config.yaml`.

A place that is damaged or cannot be read guards: it counts as a PIN that no entry opens.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from expflow_hooks.core.files import folders_up
from expflow_hooks.core.pin.dotenv import KEY, value_of_key
from expflow_hooks.core.pin.store import Stored, as_digest, from_store

ENV_HASH = KEY.decode()
UNREADABLE = "unreadable"
"""Stands for a value that cannot be read; it is no hash, so it guards."""
LARGEST = 16 << 20
"""Bytes of a file that is looked into for the key."""


def _from_environment() -> Stored | None:
    value = os.environ.get(ENV_HASH, "").strip()
    return Stored(ENV_HASH, as_digest(value)) if value else None


def _from_env_files() -> Stored | None:
    for folder in folders_up():
        path = os.path.join(folder, ".env")
        value = env_file_value(path)
        if value:
            return Stored(path, as_digest(value))
    return None


def _from_config_files() -> Stored | None:
    for folder in folders_up():
        path = os.path.join(folder, "config.yaml")
        value = config_value(path)
        if value is not None:
            return Stored(path, as_digest(value))
    return None


_RESOLVERS: tuple[Callable[[], Stored | None], ...] = (
    from_store,
    _from_environment,
    _from_env_files,
    _from_config_files,
)


def _bytes_of(path: str) -> bytes:
    """Return a file's bytes; none if there is no file. One that cannot be read raises OSError, one too large too."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return b""
    if len(data) > LARGEST:
        raise OSError(27, "larger than any configuration", path)
    return data


def env_file_value(path: str) -> str | None:
    """Return the value of `EXPFLOW_PIN_HASH` in an `.env` file (the last one), or None where it is absent or empty."""
    try:
        value = value_of_key(_bytes_of(path))
    except OSError:
        return UNREADABLE
    return _looked_up(value.decode("utf-8", "replace")) if value else None


def config_value(path: str) -> str | None:
    """Return `pin.hash` of a `config.yaml` as text, or None where it is absent, null or empty."""
    try:
        data = _bytes_of(path)
    except OSError:
        return UNREADABLE
    if b"pin" not in data and b"\\" not in data and b"!" not in data:
        return None
    from expflow_hooks.core.pin import yamltree

    if b"pin" not in yamltree.words(data):
        return None
    root, whole = yamltree.read(data)
    if not whole or len(root.children) > 1:
        return UNREADABLE
    value = yamltree.value_of_hash(root)
    if value is None:
        return None
    # A list or a mapping is never spelled out: aliases make a few lines a large text.
    return _looked_up(value.text) if value.kind == "scalar" else UNREADABLE


def _looked_up(value: str) -> str | None:
    from expflow_hooks.core.pin.placeholders import resolved

    return resolved(value, dict(os.environ)) or None


def stored() -> Stored | None:
    """Return the configured PIN by precedence: the store, the environment, `.env`, `config.yaml`; None if unset."""
    return next((found for resolve in _RESOLVERS if (found := resolve()) is not None), None)


def all_stored() -> list[Stored]:
    """Return every place where a PIN is configured, in the order of precedence."""
    return [found for resolve in _RESOLVERS if (found := resolve()) is not None]


def pin_is_set() -> bool:
    """Return whether a PIN guards; a damaged or unreadable store does."""
    return stored() is not None
