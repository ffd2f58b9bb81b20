"""The grammar of an environment file: what a loader reads, what `pin migrate` takes out, and what the scan looks for.

An assignment is `[export] NAME=value`, also a second one on a line. A value is quoted (then it may go over lines), or
it goes up to a comment, the next assignment or the end of the line. Every byte is looked at a fixed number of times.
Standard library only, and no `typing`: the scan loads it.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = b"EXPFLOW_PIN_HASH"

_BLANK = b" \t"
_ENDS = b"\r\n"
_START = re.compile(rb"(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*")
_EXPORT = re.compile(rb"export[ \t]+")
_NEXT = re.compile(rb"(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*=")
_PLAIN = re.compile(rb"[^ \t\r\n'\"\\]+")
_ESCAPES = re.compile(rb"(?:\\[^\r\n])+|\\")
_WHITE = re.compile(rb"[ \t\r\n]*")
_SPACE = re.compile(rb"[ \t]*")
_LINE = re.compile(rb"[^\r\n]*")


class Assignment:
    """A name with its value, and their span: from the name's first byte to the value's end."""

    __slots__ = ("end", "name", "start", "value")

    def __init__(self, name: bytes, value: bytes, start: int, end: int) -> None:
        self.name, self.value, self.start, self.end = name, value, start, end


def assignments(data: bytes) -> Iterator[Assignment]:
    """Yield the assignments of an environment file, in order; what is neither one nor a comment is passed over."""
    at, reader = 0, Values(data)
    while at < len(data):
        at = _end(_WHITE, data, at)
        if found := _START.match(data, at):
            value, end = reader.read(found.end())
            yield Assignment(found["name"], value, found.start("name"), end)
            at = end
        else:
            at = _end(_LINE, data, at)


class Values:
    """Reads the values of one file; it remembers which kinds of quote are never closed, so that each is sought once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._unclosed: dict[bytes, int] = {}

    def read(self, at: int) -> tuple[bytes, int]:
        """Return the value that begins at `at`, without its quotes, and where it ends; blanks behind it are left."""
        data, end = self._data, at
        pieces: list[bytes] = []
        while at < len(data):
            first = data[at : at + 1]
            if first in _BLANK:
                after = _end(_SPACE, data, at)
                if data[after : after + 1] in b"#\r\n" or _NEXT.match(data, after):
                    break
                piece, at = data[at:after], after
            elif first in _ENDS or (first == b"#" and not pieces and data[at - 1 : at] in _BLANK):
                break
            elif first in b"'\"":
                piece, at = self._quoted(first, at)
            elif first == b"\\":  # also at a line's end: a shell goes on there, a loader does not
                piece, at = data[at : (stop := _end(_ESCAPES, data, at))], stop
            else:
                piece, at = data[at : (stop := _end(_PLAIN, data, at))], stop
            pieces.append(piece)
            end = at
        return b"".join(pieces), min(end, len(data))

    def _quoted(self, quote: bytes, at: int) -> tuple[bytes, int]:
        """Return the text between quotes and its end; a quote that is never closed is an ordinary character."""
        close = -1
        if at < self._unclosed.get(quote, len(self._data)):
            close = self._data.find(quote, at + 1)
            while close > 0 and quote == b'"' and self._is_escaped(close, at):
                close = self._data.find(quote, close + 1)
            if close < 0:
                self._unclosed[quote] = at
        return (self._data[at + 1 : close], close + 1) if close > 0 else (quote, at + 1)

    def _is_escaped(self, at: int, begin: int) -> bool:
        """Return whether an odd number of backslashes precedes a quote."""
        first = at
        while first - 1 > begin and self._data[first - 1 : first] == b"\\":
            first -= 1
        return (at - first) % 2 == 1


def value_of_key(data: bytes) -> bytes | None:
    """Return the value that the last assignment of the key gives it, or None where there is none or it is empty."""
    if KEY not in data:
        return None
    values = [found.value for found in assignments(data) if found.name == KEY]
    return (values[-1].strip() or None) if values else None


def without_key(data: bytes) -> bytes:
    """Return the file without the assignments of the key.

    What else stands on the line stays: another assignment, and a comment as a line of its own.
    """
    kept, done = [], 0
    for found in assignments(data):
        if found.name == KEY:
            start, stop, instead = _cut(data, found, done)
            kept += [data[done:start], instead]
            done = stop
    return b"".join([*kept, data[done:]])


def _cut(data: bytes, found: Assignment, done: int) -> tuple[int, int, bytes]:
    """Return the span of an assignment to remove, and its replacement."""
    begin = max(data.rfind(b"\n", done, found.start) + 1, done)
    before = data[begin : found.start].strip(_BLANK)
    end = _end(_SPACE, data, found.end)
    if data[end : end + 1] not in b"#\r\n":  # another assignment follows
        return found.start, _end(_EXPORT, data, end) if before.startswith(b"export") else end, b""
    if before not in (b"", b"export"):  # another one stands before
        return begin + len(data[begin : found.start].rstrip(_BLANK)), found.end, b""
    line = _end(_LINE, data, end)
    if data[end : end + 1] == b"#":
        return begin, line, data[end:line]
    after = re.compile(rb"\r?\n?").match(data, line)
    return begin, after.end() if after else line, b""


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Return where a match that may be empty ends."""
    found = pattern.match(data, at)
    return found.end() if found else at
