"""The closer look at bytes: PIN hashes in runs of hex digits, and PINs in plain text, with line and column."""

from expflow_hooks.scan.prefilter import HEX_MARKS, MARK, PLAIN_KEY, suspect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Hit = tuple[int, int, str]

EXCUSE = b"# expflow: allow-pin-hash"
"""On a line of a fixture: its findings are meant. Never heard in configuration and environment files."""

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


def runs(data: bytes, marks: bytes, least: int) -> "Iterator[tuple[int, int]]":
    """Yield (start, end) of each run of at least `least` bytes that the translate table `marks` marks."""
    marked, run = data.translate(marks), bytes([MARK]) * least
    begin = marked.find(run)
    while begin >= 0:
        end = marked.find(0, begin)
        end = len(data) if end < 0 else end
        yield begin, end
        begin = marked.find(run, end)


def hash_spans(data: bytes) -> "Iterator[tuple[int, int]]":
    """Yield (start, end) of every PIN hash in `data`, which may be glued into a longer run of hex digits."""
    for begin, end in runs(data, HEX_MARKS, 64):
        from expflow_hooks.scan import digests

        for at in digests.starts(data[begin:end]):
            yield begin + at, begin + at + digests.LENGTH


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
    if not suspect(data, len(data)):  # cheap: most chunks of a large file end here
        return []
    places = [(start, "EXP001") for start, _ in hash_spans(data) if start < cut]
    places += [(start, "EXP006") for start in _plain_pins(data) if start < cut]
    hits, at = [], 0
    excusable = excusable and EXCUSE in data
    for start, code in sorted(places):
        line, column = _position(data[at:start], start - at, line, column)
        at = start
        if not (excusable and EXCUSE in _line_around(data, start)):
            hits.append((line, column, code))
    return hits


def _plain_pins(data: bytes) -> "list[int]":
    if PLAIN_KEY not in data:
        return []
    import re

    # As the shell, YAML, JSON, a Dockerfile and os.environ[...] write it, the value quoted or not.
    pattern = rb"""EXPFLOW_PIN["'\])}]{0,4}[ \t]*[=:, \t][ \t]*\\?["']?[0-9]{4}(?![0-9A-Za-z_.])"""
    return [match.start() for match in re.finditer(pattern, data)]


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


def _line_around(data: bytes, at: int) -> bytes:
    end = data.find(b"\n", at)
    return data[data.rfind(b"\n", 0, at) + 1 : len(data) if end < 0 else end]
