"""The exact scan of bytes: PIN hashes in runs of hex digits, and PINs in plain text, with line and column."""

import os
import sys
from bisect import bisect_left
from itertools import accumulate

from expflow_hooks.scan.prefilter import COMMAND, HEAD, HEX_MARKS, MANIFEST, MARK, PLAIN_KEY, suspect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Hit = tuple[int, int, str]

EXCUSE = b"# expflow: allow-pin-hash"
"""On a line of a fixture: its findings are meant. Never heard in configuration and environment files."""

_LENGTH = 64
_LONG_RUN = 4096
_PIECE = 1024
_PREFIX = 8  # hex digits: four bytes
_DIGESTS = 30_000
_FEW = 8192
_LARGE = 1 << 20
_DENSE = 256
"""Bytes a run of 64 hex digits, fewer of which make a file one of hashes."""
_OVERLAP = 256
_LONG_LINE = 1 << 16
_CONTINUATION = bytes(range(0x80, 0xC0))


def scan(chunks: "Iterable[bytes]", excusable: bool = True) -> "list[Hit]":
    """Return (line, column, code) of every PIN hash and plain PIN in one object's bytes, given in chunks of any size.

    Memory stays within two chunks. With `excusable`, a line that holds the excuse has no findings.
    """
    hits: list[Hit] = []
    carry, line, column = b"", 1, 1
    for chunk in chunks:
        data = carry + without_nuls(chunk)
        cut = _cut(data)
        hits += _hits(data, cut, line, column, excusable)
        line, column = _position(data, cut, line, column)
        carry = data[cut:]
    return hits + _hits(carry, len(carry), line, column, excusable)


def without_nuls(data: bytes) -> bytes:
    """Return `data` without NULs, which makes plain text of UTF-16 and UTF-32 and takes nothing from other text."""
    # Not `replace`: on a chunk of NULs it takes 10 ns a byte, this 0.3.
    return data.translate(None, b"\0") if b"\0" in data else data


def hash_spans(data: bytes) -> "Iterator[tuple[int, int]]":
    """Yield (start, end) of every PIN hash in `data`, which may be glued into a longer run of hex digits."""
    marked, run = data.translate(HEX_MARKS), bytes([MARK]) * _LENGTH
    begin = marked.find(run)
    if begin < 0 or (marked.count(run) * _DENSE > len(data) > _DENSE * 8 and not _holds_any(data, marked, run)):
        return
    digits = data.lower()
    while begin >= 0:
        end = marked.find(0, begin + _LENGTH)
        end = len(data) if end < 0 else end
        # Nearly every run is somebody's checksum, of just this length: a lock file has thousands.
        if end - begin > _LENGTH or may_start(digits[begin : begin + _PREFIX]):
            for at in starts(digits[begin:end]):
                yield begin + at, begin + at + _LENGTH
        begin = marked.find(run, end)


def _holds_any(data: bytes, marked: bytes, run: bytes) -> bool:
    """Return whether a lock file, a list of checksums or the like may hold a PIN hash: 0.3 µs a hash, not 1.5."""
    if marked.find(bytes([MARK]) * (_LENGTH + 1)) >= 0:  # glued into longer runs
        return True
    before = accumulate(map(len, marked.split(run)[:-1]))
    begins = [at + _LENGTH * number for number, at in enumerate(before)]
    return prefixes().has_any([int(data[at : at + _PREFIX], 16) for at in begins])


def starts(run: bytes) -> "list[int]":
    """Return where in a run of lower-case hex digits, of any length, the digest of a PIN starts."""
    if len(run) <= _LONG_RUN:
        return _windows(run, 0, len(run))
    return sorted({at for low in _worth_a_look(run) for at in _windows(run, max(0, low - 7), low + _PIECE)})


def _windows(run: bytes, low: int, high: int) -> "list[int]":
    last = min(high, len(run) - _LENGTH + 1)
    return [at for at in range(low, last) if may_start(run[at : at + _PREFIX]) and run[at : at + _LENGTH] in digests()]


class _Prefixes:
    """The first four bytes of every digest: sought in the sorted file (0.4 µs), thousands in a set of it (3 ms)."""

    def __init__(self) -> None:
        self._sorted = _read_prefixes()
        self._set: frozenset[int] = frozenset()
        self._asked = 0

    def __contains__(self, digits: bytes) -> bool:
        self._expect(1)
        prefix = int(digits, 16)
        return prefix in self._set if self._set else self._finds(prefix)

    def has_any(self, numbers: "list[int]") -> bool:
        """Return whether any of many prefixes, as numbers, is one of a PIN's digest."""
        self._expect(len(numbers))
        if self._set:
            return not self._set.isdisjoint(numbers)
        return any(self._finds(number) for number in numbers)

    def _finds(self, prefix: int) -> bool:
        place = bisect_left(self._sorted, prefix)
        return not self._sorted or (place < len(self._sorted) and self._sorted[place] == prefix)

    def _expect(self, more: int) -> None:
        self._asked += more
        if self._asked > _FEW and not self._set:
            self._set = frozenset(self._sorted)


def _read_prefixes() -> memoryview:
    """Return the first four bytes of every digest, in order; nothing where the file is not as it was made."""
    try:
        with open(os.path.join(os.path.dirname(__file__), "prefixes.bin"), "rb", buffering=0) as file:
            data = file.read()
    except OSError:
        data = b""
    whole = len(data) == 4 * _DIGESTS and sys.byteorder == "little"
    return memoryview(data if whole else b"").cast("I")


_prefixes: "_Prefixes | None" = None


def prefixes() -> _Prefixes:
    """Return the table of prefixes, read once."""
    global _prefixes
    if _prefixes is None:
        _prefixes = _Prefixes()
    return _prefixes


def may_start(digits: bytes) -> bool:
    """Return whether a digest may start with these eight: no for all but one of 140,000 others, with no digest made."""
    return digits in prefixes()


_digests: "frozenset[bytes]" = frozenset()
_blocks: "frozenset[int]" = frozenset()


def digests() -> "frozenset[bytes]":
    """Return the lower-case hex SHA-256 of all 10,000 PINs: bare, with a newline, and with CR LF (made once, 40 ms)."""
    global _digests
    if not _digests:
        from hashlib import sha256

        pins = [b"%04d" % pin for pin in range(10_000)]
        _digests = frozenset(sha256(pin + end).hexdigest().encode() for pin in pins for end in (b"", b"\n", b"\r\n"))
    return _digests


def _worth_a_look(run: bytes) -> "list[int]":
    """Return the pieces of a long run that may hold a digest.

    Every digest that a run holds covers an aligned block of eight digits that starts among its first eight, so a piece
    without any such block is passed over by one set operation: 100 MB of hex takes 1.5 s, window by window it took 20.
    """
    global _blocks
    if not _blocks:
        _blocks = frozenset(_as_int(digest[at : at + 8]) for digest in digests() for at in range(8))
    view = memoryview(run)
    pieces = range(0, len(run), _PIECE)
    return [low for low in pieces if not _blocks.isdisjoint(_aligned(view[low : low + _PIECE]))]


def _aligned(piece: memoryview) -> memoryview:
    return piece[: len(piece) // 8 * 8].cast("Q")


def _as_int(block: bytes) -> int:
    return memoryview(block).cast("Q")[0]


def hide(data: bytes, mask: bytes) -> bytes:
    """Return `data` with every PIN hash replaced by `mask`."""
    kept, done = [], 0
    for start, end in hash_spans(data):
        if start >= done:
            kept.append(data[done:start] + mask)
        done = end
    return b"".join(kept) + data[done:]


def _hits(data: bytes, cut: int, line: int, column: int, excusable: bool) -> "list[Hit]":
    """Return the hits that start before `cut`; the rest of `data` is what the last of them may run into."""
    if len(data) >= _LARGE and not suspect(data, len(data)):  # cheap: most chunks of a large file end here
        return []
    places = [(start, "EXP001") for start, _ in hash_spans(data) if start < cut]
    places += [(start, code) for start, code in _spelled(data) if start < cut]
    hits, at, line_end, excused = [], 0, -1, False
    excusable = excusable and EXCUSE in data
    for start, code in sorted(places):
        line, column = _position(data[at:start], start - at, line, column)
        at = start
        if excusable and start > line_end:  # once a line: one may hold as many as it has room for
            line_end = _line_end(data, start)
            excused = EXCUSE in data[data.rfind(b"\n", 0, start) + 1 : line_end]
        if not excused:
            hits.append((line, column, code))
    return hits


def _spelled(data: bytes) -> "Iterator[tuple[int, str]]":
    """Yield what is no run of hex digits: PINs in plain text, and secrets in base64."""
    if PLAIN_KEY in data or COMMAND in data:
        from expflow_hooks.scan import plain

        for place in plain.places(data):
            yield place, "EXP006"
    if MANIFEST in data[:HEAD]:
        from expflow_hooks.scan import manifests

        for place, text in manifests.values(data):
            if next(hash_spans(text), None):
                yield place, "EXP004"
            elif next(_spelled(text), None):
                yield place, "EXP006"


def _cut(data: bytes) -> int:
    """Return up to where `data` is done with: whole lines, unless the last one is longer than is worth keeping."""
    cut = data.rfind(b"\n") + 1
    return cut if len(data) - cut <= _LONG_LINE else len(data) - _OVERLAP


def _position(data: bytes, offset: int, line: int, column: int) -> "tuple[int, int]":
    """Return line and column after `offset` bytes of `data`, which began at the given ones."""
    lines = data.count(b"\n", 0, offset)
    begin = data.rfind(b"\n", 0, offset) + 1
    characters = len(data[begin:offset].translate(None, _CONTINUATION))
    return line + lines, characters + (1 if lines else column)


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end
