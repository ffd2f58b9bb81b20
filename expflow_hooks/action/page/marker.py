"""The hidden lines of a comment: the marker that finds it again, the state that the next run compares with. Pure."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

_MARKER = re.compile(
    r"<!-- expflow key=([A-Za-z0-9._-]{1,60}) run=(\d{1,19}) attempt=(\d{1,9}) content=([0-9a-f]{16}) -->"
)
_STATE = re.compile(r"^<!-- expflow-state ([A-Za-z0-9_=-]{1,16000}) -->$", re.MULTILINE)
_LARGEST_STATE = 1 << 16


class Marker(NamedTuple):
    """Which leaderboard a comment is, which run and attempt wrote it, and a digest of what it says."""

    key: str
    run: int
    attempt: int
    content: str

    def line(self) -> str:
        """Return the comment's first line."""
        return f"<!-- expflow key={self.key} run={self.run} attempt={self.attempt} content={self.content} -->"

    @property
    def age(self) -> tuple[int, int]:
        """Return what orders runs: a later one is larger."""
        return self.run, self.attempt


def read_marker(body: str | None) -> Marker | None:
    """Return the marker of a comment, which is its first line and nothing else, or None."""
    found = _MARKER.fullmatch((body or "").split("\n", 1)[0].rstrip("\r"))
    return Marker(found[1], int(found[2]), int(found[3]), found[4]) if found else None


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
