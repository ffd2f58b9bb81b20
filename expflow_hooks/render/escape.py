"""Untrusted text made harmless: for a terminal, and for Markdown as a code span."""

from __future__ import annotations

import unicodedata

from expflow_hooks.scan import exact

LONGEST = 80  # characters of a name, a tag or a reason in Markdown
HASH_LENGTH = 64  # digits of a PIN's hash

# Controls, line and paragraph separators, surrogates and format characters (bidi marks, zero-width joiners).
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})


def terminal(text: str) -> str:
    """Return text that cannot move the cursor, change colours or reverse what follows: such characters become `?`.

    A PIN's hash in it is hidden, whatever named it: a branch, a file, a key of the policy.
    """
    if len(text) >= HASH_LENGTH:
        text = without_hashes(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join("?" if unicodedata.category(c) in _UNSEEN else c for c in text)


def without_hashes(text: str) -> str:
    """Return text with every hash of a PIN replaced by `[hidden]`."""
    return exact.hide(text.encode("utf-8", "surrogatepass"), b"[hidden]").decode("utf-8", "surrogatepass")


def command_text(text: str) -> str:
    """Return the message of a runner's workflow command: no line end in it begins another command."""
    return without_hashes(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """Return a property's value (`file=`, `title=`) of a runner's workflow command."""
    return command_text(text).replace(":", "%3A").replace(",", "%2C")


def in_code_block(text: str, longest: int = LONGEST) -> str:
    """Return text for a line of a fenced block of code, which it cannot end: it holds no backtick and no line end."""
    text = without_hashes(text) if len(text) >= HASH_LENGTH else text
    shown = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNSEEN else c for c in text[:longest])
    if len(text) > longest:
        shown = shown[:-1] + "…"
    return shown.replace("`", "'").strip()


def code_span(text: str, longest: int = LONGEST) -> str:
    """Return text as a Markdown code span that GitHub shows and never follows, also inside a table.

    Controls, bidi marks and newlines become `\N{REPLACEMENT CHARACTER}`, backticks `'`, `|` is escaped; at most
    `longest` characters.
    """
    shown = in_code_block(text, longest).replace("|", "\\|")
    return f"`{shown}`" if shown else "` `"
