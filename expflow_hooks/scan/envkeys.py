"""The environment rule: where a key file gives EXPFLOW_PIN_HASH (or a dotted pin.hash) a value.

Wider than what a loader reads (`core.pin.dotenv`): in any case, with any sign, in the words of any shell, in YAML, in
the middle of a line. How a value is written is the same.
"""

import re
from bisect import bisect_right
from itertools import accumulate

from expflow_hooks.core.pin.dotenv import Values
from expflow_hooks.core.pin.placeholders import is_empty, is_placeholder
from expflow_hooks.scan.plain import ends_with_command

_KEY = re.compile(rb"(?<![A-Za-z0-9_])(?:EXPFLOW_PIN_HASH|pin\.hash)", re.IGNORECASE)
_SIGN = re.compile(rb"""["'\])]{0,3}[ \t]*(?:[:?+!]{0,2}=>?|:-?)[ \t]*""")
_GAP = re.compile(rb"[ \t]+")
_BEFORE = 256  # bytes before a key in which its command is sought
_CONTINUED = re.compile(rb"\\\r?\n")


def places(data: bytes, template: bool = False) -> "list[tuple[int, int, str]]":
    """Return (line, column, EXP003) of every key with a value, whatever the value; comment lines have no keys."""
    lines = _CONTINUED.split(data)
    joined = b"".join(lines)
    ends = list(accumulate(len(line) for line in lines[:-1]))
    found, line, begin, at, seen = [], 1, 0, 0, 0
    values = Values(joined)
    while key := _KEY.search(joined, at):
        if ended := joined.count(b"\n", seen, key.start()):
            line, begin = line + ended, joined.rfind(b"\n", seen, key.start()) + 1
        seen = key.start()
        at = key.end()
        if _is_comment(joined, begin):
            at = max(at, _line_end(joined, at))
            continue
        start = _value_start(joined, begin, key)
        if start < 0:
            continue
        value, end = values.read(start)
        if not (is_empty(value) or is_placeholder(value, template)):
            found.append((line + bisect_right(ends, key.start()), key.start() - begin + 1, "EXP003"))
            at = max(at, end)
    return found


def _is_comment(data: bytes, begin: int) -> bool:
    return data[begin : begin + _BEFORE].lstrip(b" \t")[:1] == b"#"


def _value_start(data: bytes, begin: int, key: "re.Match[bytes]") -> int:
    """Return where the value of a key begins, or -1 where nothing gives it one."""
    if sign := _SIGN.match(data, key.end()):
        return sign.end()
    gap = _GAP.match(data, key.end())
    if gap is None:
        return -1
    return gap.end() if ends_with_command(data[max(begin, key.start() - _BEFORE) : key.start()].lower()) else -1


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end
