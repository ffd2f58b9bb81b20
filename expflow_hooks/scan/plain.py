"""The PIN itself, in plain text or in base64, where a file gives it to EXPFLOW_PIN or to the command.

Each name is looked at once, with a bounded part of what stands around it.
"""

import re
from binascii import Error, a2b_base64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(rb"EXPFLOW_PIN(?![A-Za-z0-9_])|expflow_pin(?![A-Za-z0-9_])")
_AROUND = 256
"""Bytes before and after a name that belong to it."""
_DIGITS = rb"[0-9]{4}(?![0-9A-Za-z_]|\.[0-9A-Za-z_]|-[0-9])"
_BASE64 = rb"[A-Za-z0-9+/]{6}(?:==|[A-Za-z0-9+/]=|[A-Za-z0-9+/]{2})(?![A-Za-z0-9+/=])"
_VALUE = rb"""[ \t]*\\?["']?(?:(?P<pin>""" + _DIGITS + rb")|(?P<base64>" + _BASE64 + rb"))"
# As the shell, make, YAML, JSON, a Dockerfile and os.environ[...] write it: `=` `:=` `?=` `${NAME:-` `:` `,` `=>`.
_GIVEN = re.compile(rb"""["'\])}]{0,4}[ \t]*(?:::?=|[?+!]?=|=[=>]|:[-+?=]?|-|,)""" + _VALUE)
_AFTER_A_BLANK = re.compile(rb"""[ \t]+["']?""" + _DIGITS + rb"""["']?[ \t]*(?:[\r\n;&|#)\\]|$)""")
_COMMANDS = (b"set", b"setx", b"setenv", b"env", b"arg")
"""What gives a variable a value without a sign: `set -gx NAME value`, `ENV NAME value`."""
_PAIR = re.compile(rb"""["']?[\s,]*["']?value["']?[ \t]*:""" + _VALUE, re.IGNORECASE)
_PAIR_TURNED = re.compile(rb"""["']?[ \t]*:""" + _VALUE + rb"""["']?[\s,-]*["']?name["']?[ \t]*:[ \t]*["']?""")
"""Kubernetes' `name: EXPFLOW_PIN` and `value: "4071"`, in either order."""
_OPTION = re.compile(rb"""--pin["']?(?:[ \t]*[=,][ \t]*|[ \t]+)["']?""" + _DIGITS)
_ARGUMENT = re.compile(
    rb"""expflow(?:-hooks)?["', \t]{1,8}pin["', \t]{1,8}(?:(?:init|check)["', \t]{1,8})?""" + _DIGITS
)
_PROMPTS = (b"$ ", b"> ")
"""Before a command they make it an example to read, as a backtick does, not a script to run."""
_CONTINUED = re.compile(rb"[\\^`]\r?\n")


def places(data: bytes) -> "Iterator[int]":
    """Yield where `data` gives away a PIN: the start of the variable's name, or of the option or command."""
    for name in _NAME.finditer(data):
        if _is_given(data, name):
            yield name.start()
    if b"expflow" in data:
        for pattern in (_OPTION, _ARGUMENT):
            yield from (found.start() for found in pattern.finditer(data) if _is_command(data, found))


def _is_given(data: bytes, name: "re.Match[bytes]") -> bool:
    after = data[name.end() : name.end() + _AROUND]
    if given := _GIVEN.match(after) or _PAIR.match(after):
        return _is_pin(given)
    before = data[max(0, name.start() - _AROUND) : name.start()]
    if _AFTER_A_BLANK.match(after):
        return ends_with_command(before.rpartition(b"\n")[2].lower())
    turned = before.rpartition(b"value")[2] if b"name" in before else b""
    pair = _PAIR_TURNED.fullmatch(turned)
    return pair is not None and _is_pin(pair)


def ends_with_command(line: bytes) -> bool:
    """Return whether a line, in lower case, ends with a command that sets a variable, and its options."""
    words = line.split()
    while words and words[-1].startswith(b"-"):
        words.pop()
    return bool(words) and words[-1] in _COMMANDS


def _is_command(data: bytes, found: "re.Match[bytes]") -> bool:
    """Return whether an option or argument is part of a line, continued lines included, that runs the command."""
    before = data[max(0, found.start() - 2 * _AROUND) : found.start() + len(b"expflow")]
    line = _CONTINUED.sub(b" ", before).rpartition(b"\n")[2]
    return b"expflow" in line and not line.lstrip().startswith(_PROMPTS) and b"`expflow" not in line


def _is_pin(value: "re.Match[bytes]") -> bool:
    """Return whether a value is four digits, or base64 of them and a line end perhaps."""
    if value["pin"]:
        return True
    try:
        text = a2b_base64(value["base64"])
    except Error:
        return False
    return len(text) >= 4 and text[:4].isdigit() and text[4:] in (b"", b"\n", b"\r\n")
