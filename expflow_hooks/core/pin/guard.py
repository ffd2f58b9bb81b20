"""The guard: asks for the PIN before an operation that cancels, stops or deletes."""

from __future__ import annotations

import time
from collections.abc import Callable

from expflow_hooks.core.errors import PinRefusedError, UsageError
from expflow_hooks.core.pin.places import pin_is_set, stored
from expflow_hooks.core.pin.store import digest_of, validate

TRIES = 3
WAIT = 1.0  # seconds after a wrong PIN
LONGEST = 30.0  # seconds: how long one prompt may last in all

Ask = Callable[[str], "str | None"]
"""Takes a prompt, returns what was entered, or None for "quit", an end of input or Ctrl-C."""


def verify_pin(pin: str) -> bool:
    """Return whether the PIN is the configured one; never if none is configured or the store is damaged."""
    found = stored()
    try:
        validate(pin)
    except UsageError:
        return False
    from hmac import compare_digest

    return found is not None and found.digest is not None and compare_digest(digest_of(pin), found.digest)


def guard(action: str, ask: Ask, *, wait: Callable[[float], None] = time.sleep) -> bool:
    """Ask for the PIN before a destructive action; return whether it may proceed, which it may if no PIN is set.

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
