"""Where a PIN may be configured: the store, `EXPFLOW_PIN_HASH` in the environment or `.env`, `config.yaml`.

A place that is damaged or cannot be read guards: it counts as a PIN that no entry opens.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from expflow_hooks.core.files import folders_up
from expflow_hooks.core.pin.store import Stored, as_digest, from_store

ENV_HASH = "EXPFLOW_PIN_HASH"


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


def _text_of(path: str) -> str | None:
    """Return a file's text; None if there is none. A file that cannot be read is taken for guarded, so it raises."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def env_file_value(path: str) -> str | None:
    """Return the value of `EXPFLOW_PIN_HASH` in an `.env` file (the last one), or None where it is absent or empty."""
    found = None
    try:
        text = _text_of(path)
    except OSError:
        return "unreadable"
    for line in (text or "").splitlines():
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if separator and name.strip() == ENV_HASH:
            found = _unquoted(value.strip())
    return found or None


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].strip()


def config_value(path: str) -> str | None:
    """Return `pin.hash` of a `config.yaml` as text, or None where it is absent, null or empty."""
    try:
        text = _text_of(path)
    except OSError:
        return "unreadable"
    if not text or "pin" not in text:
        return None
    import yaml

    try:
        config = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return "unreadable"
    pin = config.get("pin") if isinstance(config, dict) else None
    value = pin.get("hash") if isinstance(pin, dict) else None
    if isinstance(value, (dict, list)):  # never spelled out: aliases make a few lines a large text
        return "unreadable"
    return None if value is None or value == "" else str(value)


def stored() -> Stored | None:
    """Return the configured PIN by precedence: the store, the environment, `.env`, `config.yaml`; None if unset."""
    return next((found for resolve in _RESOLVERS if (found := resolve()) is not None), None)


def all_stored() -> list[Stored]:
    """Return every place where a PIN is configured, in the order of precedence."""
    return [found for resolve in _RESOLVERS if (found := resolve()) is not None]


def pin_is_set() -> bool:
    """Say whether a PIN guards; a damaged or unreadable store does."""
    return stored() is not None
