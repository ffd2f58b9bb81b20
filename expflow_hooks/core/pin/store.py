"""The PIN's store: `~/.expflow/pin.hash`.

A 4-digit PIN stops accidents, not attackers: 10,000 tries reverse its SHA-256. So neither the PIN nor its hash, nor
any part of them, is printed, logged or stored anywhere but in the store.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.files import append_private, home, make_home, read_private, replace_private


class Stored(NamedTuple):
    """A configured PIN: its location and digest; digest None: the store is damaged, every PIN is refused."""

    where: str
    digest: str | None

    def __repr__(self) -> str:
        return f"Stored({self.where!r})"


def validate(pin: str) -> None:
    """Raise UsageError unless a PIN is 4 ASCII digits."""
    if not (isinstance(pin, str) and len(pin) == 4 and pin.isascii() and pin.isdigit()):
        raise UsageError("a PIN is exactly 4 digits from 0 to 9, such as 4711")


def digest_of(pin: str) -> str:
    """Return the hash of a PIN, in lower-case hex."""
    from hashlib import sha256  # here: it loads OpenSSL, and most commands ask only whether a PIN is set

    return sha256(pin.encode()).hexdigest()


def as_digest(text: str) -> str | None:
    """Return text as a hash in lower-case hex, or None if it is none."""
    text = text.strip().lower()
    return text if len(text) == 64 and set(text) <= set("0123456789abcdef") else None


def store_path() -> str:
    """Return the path of `~/.expflow/pin.hash`."""
    return os.path.join(home(), "pin.hash")


def from_store() -> Stored | None:
    """Return the PIN that the store holds; a store that cannot be read holds a damaged one."""
    path = store_path()
    try:
        data = read_private(path)
    except UnreadableError:
        return Stored(path, None)
    if data is None:
        return None
    return Stored(path, as_digest(data.decode("ascii", "replace")))


class PinHash(str):
    """A PIN's SHA-256 in lower-case hex, equal to the text, whose `repr`, and so a notebook, shows nothing of it."""

    def __repr__(self) -> str:
        return "<hash of the PIN>"


def init_pin(pin: str) -> PinHash:
    """Set the PIN: store its SHA-256 in `~/.expflow/pin.hash`, mode 0600, replaced atomically; return the hash.

    Raises UsageError (a ValueError) unless the PIN is 4 ASCII digits, UnreadableError if the store cannot be written.
    """
    validate(pin)
    digest = PinHash(digest_of(pin))
    store_digest(digest)
    return digest


def store_digest(digest: str) -> None:
    """Put a hash into the store, as `pin migrate` does with one it moved."""
    replace_private(os.path.join(make_home(), "pin.hash"), f"{digest}\n".encode())


def clear_pin() -> bool:
    """Remove the store; return whether there was one. Raises UnreadableError if it cannot be removed."""
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
