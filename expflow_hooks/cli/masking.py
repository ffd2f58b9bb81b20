"""An error quotes what was typed, and a PIN may have been typed in the wrong place: four digits are never quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence

_FOUR_DIGITS = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_ASK_FOR_A_PIN = frozenset({"pin", "cancel", "stop", "delete"})


def without_pins(message: str, arguments: Sequence[str]) -> str:
    """Return an error's message with `****` for every four digits from the arguments."""
    typed = {digits for argument in arguments for digits in _FOUR_DIGITS.findall(argument)}
    return _FOUR_DIGITS.sub(lambda found: "****" if found[0] in typed else found[0], message)


def may_hold_a_pin(arguments: Sequence[str]) -> bool:
    """Return whether the arguments are those of a command that takes a PIN."""
    return not _ASK_FOR_A_PIN.isdisjoint(arguments)
