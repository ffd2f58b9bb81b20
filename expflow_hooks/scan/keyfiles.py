"""The rules for files known by name: `config*.y*ml`, `.env*` and `pin.hash`. Nothing excuses their findings."""

from expflow_hooks.scan import exact
from expflow_hooks.scan.prefilter import MARK, runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from expflow_hooks.scan.exact import Hit

PARSED = 1 << 20
"""Bytes of a key file that every rule sees."""
CHECKED = 16 << 20
"""Bytes up to which the rest is still searched for words and pieces; more is no configuration, and fails closed."""
_OVERLAP = 1024
_DISGUISING = (b"\\", b"!", b"%")  # escapes, tags and directives can write the words of a key otherwise
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BETWEEN_PIECES = bytes(byte for byte in range(256) if byte not in _LETTERS)
_BETWEEN_BASE64 = b" \t\r\n\"'`\\,#[]|>"
_BASE64_MARKS = bytes(MARK if byte in _LETTERS + b"+/-_" else 0 for byte in range(256))
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_SHORTEST = 43  # digits of base64 that 32 raw bytes take
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def scan(chunks: "Iterable[bytes]", kind: str) -> "list[Hit]":
    """Return (line, column, code) of everything that the bytes and the name of a key file give away, one a line.

    Up to PARSED bytes every rule sees the whole file; in a larger one the mere words of a key are a finding.
    """
    keep = _Keep()
    hits = exact.scan(keep.all(chunks), excusable=False)
    head = bytes(keep.head)
    if kind == "pin":
        return [(1, 1, "EXP005")] if head.strip(b"\0\t\r\n ") else []
    if keep.beyond:
        return hits or keep.verdict()
    data = _as_utf8(head)
    return _one_a_line(hits + _by_key(data, *kind.split("."))) or _in_pieces(data)


class _Keep:
    """Passes chunks on, keeps the first ones, and searches those beyond."""

    def __init__(self) -> None:
        self.head = bytearray()
        self.beyond = 0
        self._words: set[bytes] = set()
        self._pieces: list[Hit] = []
        self._carry = b""

    def all(self, chunks: "Iterable[bytes]") -> "Iterable[bytes]":
        for chunk in chunks:
            if not self.beyond and len(self.head) + len(chunk) <= PARSED:
                self.head += chunk
            elif self.beyond <= CHECKED:
                self._look(bytes(chunk) if self.beyond else bytes(self.head) + chunk)
            yield chunk

    def verdict(self) -> "list[Hit]":
        from expflow_hooks.core.pin.yamltree import KEY

        may_hold = self.beyond > CHECKED or b"expflow_pin_hash" in self._words or self._words >= KEY
        return [(1, 1, "EXP007")] if may_hold else self._pieces

    def _look(self, chunk: bytes) -> None:
        from expflow_hooks.core.pin.yamltree import words

        self.beyond += len(chunk)
        data = self._carry + exact.without_nuls(chunk)
        self._words |= words(data)
        self._pieces = self._pieces or _in_pieces(data)
        self._carry = data[-_OVERLAP:]


def _by_key(data: bytes, kind: str, template: str = "") -> "list[Hit]":
    if not _may_hold_a_key(data):
        return []
    from expflow_hooks.scan import envkeys

    found = envkeys.places(data, bool(template))
    if kind == "yaml":
        from expflow_hooks.scan import yamlkeys

        lines = {line for line, _, _ in found}
        found += [hit for hit in yamlkeys.places(data, bool(template)) if hit[0] not in lines]
    return found


def _may_hold_a_key(data: bytes) -> bool:
    """Return whether the rules must be asked; they load `re` and PyYAML, 40 ms, which most key files can be spared."""
    text = data.lower()
    return (b"pin" in text and b"hash" in text) or any(sign in text for sign in _DISGUISING)


def _as_utf8(data: bytes) -> bytes:
    """Return text of any Unicode encoding as UTF-8 without a byte order mark; what has no mark loses its NULs only."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").encode()
    return exact.without_nuls(data)


def _one_a_line(hits: "list[Hit]") -> "list[Hit]":
    """Return the hits without duplicates of another hit in the same line."""
    lines: dict[int, Hit] = {}
    for hit in sorted(hits, key=lambda hit: (hit[0], hit[2], hit[1])):
        lines.setdefault(hit[0], hit)
    return list(lines.values())


def _in_pieces(data: bytes) -> "list[Hit]":
    """Return the finding if `data` spells a PIN hash without its separators, or in base64.

    Base64 of the hex digits and of the 32 raw bytes, in either alphabet. Only exact digests count, so text that happens
    to be glued together here never reads as one.
    """
    return [(1, 1, "EXP004")] if _has_hash(data.translate(None, _BETWEEN_PIECES)) or _in_base64(data) else []


def _in_base64(data: bytes) -> bool:
    joined = data.replace(b"- ", b"").translate(None, _BETWEEN_BASE64)  # the dash of a list's item is no digit
    spans = runs(joined, _BASE64_MARKS, _SHORTEST)
    return any(_spells(joined[begin + skip : end]) for begin, end in spans for skip in range(4))


def _spells(base64: bytes) -> bool:
    """Return whether `base64`, which starts at a group of four, decodes to a PIN hash, as text or raw."""
    from binascii import a2b_base64

    base64 = base64.translate(_URL_SAFE)
    if len(base64) % 4 == 1:
        base64 = base64[:-1]
    decoded = a2b_base64(base64 + b"=" * (-len(base64) % 4))
    return _has_hash(exact.without_nuls(decoded)) or _has_hash(decoded.hex().encode())


def _has_hash(data: bytes) -> bool:
    return next(exact.hash_spans(data), None) is not None
