"""Numbers with their nouns."""

from __future__ import annotations


def counted(count: int, what: str) -> str:
    """Return `1 line`, `2 lines`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
