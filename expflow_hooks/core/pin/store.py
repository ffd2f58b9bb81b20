"""The PIN: its store, where else it may be configured, and the guard.

A 4-digit PIN stops accidents, not attackers: 10,000 tries reverse its SHA-256. So neither the PIN nor its hash, nor
any part of them, is printed, logged or stored anywhere but in the store.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import NamedTuple

from expflow_hooks.core.errors import PinRefusedError, UnreadableError, UsageError
from expflow_hooks.core.files import append_private, folders_up, home, make_home, read_private, replace_private

TRIES = 3
WAIT = 1.0  # seconds after a wrong PIN
LONGEST = 30.0  # seconds: how long one prompt may last in all
ENV_HASH = "EXPFLOW_PIN_HASH"

Ask = Callable[[str], "str | None"]
"""Takes a prompt, returns what was entered, or None for "quit", an end of input or Ctrl-C."""


class Stored(NamedTuple):
    """A configured PIN: where it stands, and its hash; None as hash is a damaged one, which guards and never opens."""

    where: str
    digest: str | None

    def __repr__(self) -> str:
        return f"Stored({self.where!r})"


def _validate(pin: str) -> None:
    if not (isinstance(pin, str) and len(pin) == 4 and pin.isascii() and pin.isdigit()):
        raise UsageError("a PIN is exactly 4 digits from 0 to 9, such as 4711")


def _hash(pin: str) -> str:
    from hashlib import sha256  # here: it loads OpenSSL, and most commands ask only whether a PIN is set

    return sha256(pin.encode()).hexdigest()


def as_digest(text: str) -> str | None:
    """Return text as a hash in lower-case hex, or None if it is none."""
    text = text.strip().lower()
    return text if len(text) == 64 and set(text) <= set("0123456789abcdef") else None


def store_path() -> str:
    """Return the path of `~/.expflow/pin.hash`."""
    return os.path.join(home(), "pin.hash")


def _from_store() -> Stored | None:
    path = store_path()
    try:
        data = read_private(path)
    except UnreadableError:
        return Stored(path, None)
    if data is None:
        return None
    return Stored(path, as_digest(data.decode("ascii", "replace")))


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
    _from_store,
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


def verify_pin(pin: str) -> bool:
    """Say whether the PIN is the configured one; never if none is configured or the store is damaged."""
    found = stored()
    try:
        _validate(pin)
    except UsageError:
        return False
    from hmac import compare_digest

    return found is not None and found.digest is not None and compare_digest(_hash(pin), found.digest)


def init_pin(pin: str) -> None:
    """Set the PIN: store its SHA-256 in `~/.expflow/pin.hash`, mode 0600, replaced atomically.

    Returns nothing, so that nothing can print the hash. Raises UsageError (a ValueError) unless the PIN is 4 ASCII
    digits, UnreadableError if the store cannot be written.
    """
    _validate(pin)
    store_digest(_hash(pin))


def store_digest(digest: str) -> None:
    """Put a hash into the store, as `pin migrate` does with one it moved."""
    replace_private(os.path.join(make_home(), "pin.hash"), f"{digest}\n".encode())


def clear_pin() -> bool:
    """Remove the store; say whether there was one. Raises UnreadableError if it cannot be removed."""
    path = store_path()
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UnreadableError(f"cannot remove {path}: {error.strerror}") from None
    return True


def log_forced(action: str, by: str) -> None:
    """Append to `~/.expflow/pin.log` what was done to the PIN without it, who did it and when."""
    from datetime import datetime, timezone

    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    append_private(os.path.join(make_home(), "pin.log"), f"{at} {by} {action}, forced")


def guard(action: str, ask: Ask, *, wait: Callable[[float], None] = time.sleep) -> bool:
    """Ask for the PIN before a destructive action; say whether it may go on, which it may where no PIN is set.

    Three tries, a second's wait after each wrong one, 30 s in all. `ask` shows a prompt and returns what was entered.
    """
    if not pin_is_set():
        return True
    deadline = time.monotonic() + LONGEST
    for attempt in range(1, TRIES + 1):
        entered = ask(f"{action}: PIN" if attempt == 1 else f"Wrong PIN, try {attempt} of {TRIES}: PIN")
        if entered is None or time.monotonic() > deadline:
            return False
        if verify_pin(entered.strip()):
            return True
        wait(WAIT)
    return False


def require(action: str, ask: Ask) -> None:
    """Raise PinRefusedError unless `guard` lets the action go on."""
    if not guard(action, ask):
        raise PinRefusedError(f"{action}: the PIN was not given or is wrong; nothing was changed")
