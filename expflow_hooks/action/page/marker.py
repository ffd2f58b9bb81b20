"""The hidden lines of a comment: the marker that finds it again, the state that the next run compares with. Pure."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

_MARKER = re.compile(r"<!-- expflow((?: [a-z]+=[A-Za-z0-9._-]{1,60}){1,6}) -->")
_STATE = re.compile(r"^<!-- expflow-state ([A-Za-z0-9_=-]{1,16000}) -->$", re.MULTILINE)
_LARGEST_STATE = 1 << 16
_DIGEST = re.compile(r"[0-9a-f]{16}")


class Marker(NamedTuple):
    """A comment's marker: its leaderboard, a digest of its content, and whether the text is unedited."""

    key: str
    content: str
    intact: bool = True

    def over(self, text: str) -> str:
        """Return a comment: the marker as its first line, with a digest of the text, and the text."""
        return f"<!-- expflow key={self.key} content={self.content} text={_digest(text)} -->\n\n{text}"


def read_marker(body: str | None) -> Marker | None:
    """Return the marker of a comment, which is its first line and nothing else, or None."""
    first, _, text = (body or "").partition("\n")
    found = _MARKER.fullmatch(first.rstrip("\r"))
    fields = dict(pair.split("=", 1) for pair in found[1].split()) if found else {}
    content = fields.get("content", "")
    if "key" not in fields or not _DIGEST.fullmatch(content):
        return None
    return Marker(fields["key"], content, fields.get("text") == _digest(text))


def _digest(text: str) -> str:
    """Return a digest of a text, whatever a server makes of line ends and of its edges."""
    return sha256(text.replace("\r", "").strip().encode("utf-8", "replace")).hexdigest()[:16]


def state_line(state: Mapping[str, Any]) -> str:
    """Return a state as a hidden line; it is encoded, so that no name in it can end the line or mean anything."""
    packed = zlib.compress(json.dumps(state, separators=(",", ":")).encode(), 9)
    return f"<!-- expflow-state {base64.urlsafe_b64encode(packed).decode()} -->"


def read_state(body: str | None) -> dict[str, Any]:
    """Return the state that a comment of ours holds; nothing for one that has none, or a damaged one."""
    found = _STATE.findall((body or "").replace("\r", ""))
    if not found:
        return {}
    try:
        opened = zlib.decompressobj().decompress(base64.urlsafe_b64decode(found[-1]), _LARGEST_STATE)
        state = json.loads(opened)
    except (ValueError, zlib.error, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}
