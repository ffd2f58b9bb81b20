"""History that cannot be rewritten quietly: each line names, by SHA-256, the lines above that no line names yet.

Like a commit's parents: usually one; two after the merge of branches that both appended; at most `MOST_NAMED`. What
the names are when a line is written; whether they hold is for `verify` to say.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import NamedTuple

import msgspec

MOST_NAMED = 16  # DESIGN: "usually one, at most 16"


class Link(msgspec.Struct, gc=False):
    """What the history needs of a line: its experiment, the hashes it names (None: another tool wrote it), its time."""

    experiment_id: str = ""
    prev: list[str] | None = None
    timestamp: str | None = None


_decode = msgspec.json.Decoder(Link).decode


def read_link(line: bytes) -> Link:
    """Return a line's link; one without id and names for a line that cannot be read, whose hash counts all the same."""
    try:
        return _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _read_patiently(line)


def _read_patiently(line: bytes) -> Link:
    """Read what msgspec refuses: NaN, infinities, a byte-order mark, a field of a wrong type."""
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return Link()
    if not isinstance(record, dict):
        return Link()
    name, prev = record.get("experiment_id"), record.get("prev")
    named = isinstance(prev, list) and all(isinstance(digest, str) for digest in prev)
    at = record.get("timestamp")
    return Link(name if isinstance(name, str) else "", prev if named else None, at if isinstance(at, str) else None)


def digest_of(line: bytes) -> bytes:
    """Return the SHA-256 of a line without its end; whether a checkout made it CRLF or LF is no change."""
    return sha256(line.rstrip(b"\r\n")).digest()


def as_digest(name: str) -> bytes:
    """Return the digest that a line's name spells, or bytes that are none."""
    try:
        return bytes.fromhex(name)
    except ValueError:
        return name.encode("utf-8", "surrogatepass")


class Fed(NamedTuple):
    """The result of feeding a line: its digest, whether it names any line, and the places of those.

    `places` holds for each name the line's number, or None for one that is no head (any more).
    """

    digest: bytes
    named: list[bytes]
    places: list[int | None]


class Heads:
    """The lines that no later line names, in file order, fed line by line. Nothing is stored of the others."""

    def __init__(self) -> None:
        self.chained: dict[bytes, int] = {}
        self.bare: dict[bytes, int] = {}  # written by another tool: no line of theirs names anything

    def feed(self, line: bytes, prev: list[str] | None, number: int) -> Fed:
        """Take the next line of the file, with what it names and its number."""
        digest = digest_of(line)
        named, places = [], []
        for name in prev or ():
            named.append(as_digest(name))
            places.append(self.chained.pop(named[-1], None) or self.bare.pop(named[-1], None))
        (self.bare if prev is None else self.chained)[digest] = number
        return Fed(digest, named, places)

    def to_name(self) -> list[str]:
        """Return what the next line names: the chains' ends, then the oldest bare lines, `MOST_NAMED` at most."""
        ends = list(self.chained)[-MOST_NAMED:]
        room = MOST_NAMED - len(ends)
        return [
            digest.hex() for digest in [*ends, *(digest for _, digest in zip(range(room), self.bare, strict=False))]
        ]
