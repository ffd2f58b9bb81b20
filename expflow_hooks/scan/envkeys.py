"""The environment rule: where a key file gives EXPFLOW_PIN_HASH (or a dotted pin.hash) a value."""

import re
from bisect import bisect_right
from itertools import accumulate

_KEY = re.compile(
    rb"""(?<![A-Za-z0-9_])
    (?: (?:EXPFLOW_PIN_HASH | pin\.hash) ["']? [ \t]* (?: [=:] [ \t]* )     # EXPFLOW_PIN_HASH = value
      | setx? (?:env)? (?:[ \t]+-{1,2}[a-z-]+)* [ \t]+ EXPFLOW_PIN_HASH [ \t]+   # set -gx EXPFLOW_PIN_HASH value
    )
    (?P<quoted> "[^"]*" | '[^']*' )? (?P<rest> [^\r\n]* )""",
    re.IGNORECASE | re.VERBOSE,
)
_CONTINUED = re.compile(rb"\\\r?\n")
_COMMENT_LINE = re.compile(rb"[ \t]*#")
_COMMENT = re.compile(rb"(?:^|[ \t])#.*")
_NOTHING = (b"", b"~", b"null")


def places(data: bytes) -> "list[tuple[int, int, str]]":
    """Return (line, column, EXP003) of every key with a value, whatever the value; comment lines have no keys."""
    lines = _CONTINUED.split(data)
    joined = b"".join(lines)
    ends = list(accumulate(len(line) for line in lines[:-1]))
    starts = [match.start() for match in _KEY.finditer(joined) if _counts(joined, match)]
    return [_place(joined, start, bisect_right(ends, start)) for start in starts]


def _counts(data: bytes, match: "re.Match[bytes]") -> bool:
    begin = data.rfind(b"\n", 0, match.start()) + 1
    if _COMMENT_LINE.match(data, begin):
        return False
    parts = (match["quoted"] or b"", _COMMENT.sub(b"", match["rest"]))
    return any(part.strip(b" \t\r\n\"',;})]").lower() not in _NOTHING for part in parts)


def _place(data: bytes, at: int, continued: int) -> "tuple[int, int, str]":
    return data.count(b"\n", 0, at) + continued + 1, at - data.rfind(b"\n", 0, at), "EXP003"
