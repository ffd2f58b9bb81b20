"""What a finding is, what each code means, and how a text is made safe to print. Loaded when there is one."""

from typing import NamedTuple

from expflow_hooks.scan import exact

CODES = {
    "EXP001": "hash of a PIN: whoever reads it has the PIN; remove it and change the PIN",
    "EXP002": "pin.hash has a value in a configuration file; `expflow-hooks pin migrate` moves it out",
    "EXP003": "EXPFLOW_PIN_HASH has a value in an environment file; remove it and change the PIN",
    "EXP004": "hash of a PIN in base64 or in pieces; remove it and change the PIN",
    "EXP005": "file pin.hash: the PIN's own store, which belongs in ~/.expflow; remove it and change the PIN",
    "EXP006": "EXPFLOW_PIN with a PIN in plain text; remove it and change the PIN",
    "EXP007": "may hold pin.hash and cannot be checked (no YAML, or too large); repair or split it, or remove the key",
}
"""One line a code: what it is, and what to do."""

FILE_NAME = "<file name>"
REF_NAME = "<ref name>"
TAGGED = "<tagged blob>"
HEADER = "<{} header>"
MESSAGE = "<{} message>"
_NO_FILES = (
    FILE_NAME,
    REF_NAME,
    TAGGED,
    *(place.format(kind) for kind in ("commit", "tag") for place in (HEADER, MESSAGE)),
)
_HIDDEN = "[hidden]"


class Finding(NamedTuple):
    """One leak at one place. Lines and columns count from 1; columns are Unicode characters."""

    path: str
    line: int
    column: int
    code: str
    blob: str = ""
    commit: str = ""
    ref: str = ""

    @property
    def message(self) -> str:
        """Return the one-line description of a finding's code."""
        return CODES[self.code]

    @property
    def in_file(self) -> bool:
        """Return whether `path` is a file's, not `<commit message>` or another part of history."""
        return self.path not in _NO_FILES


def printable(text: str) -> str:
    """Return a path, a ref or a message of git on one line and without anything that gives a PIN away.

    Bytes that are no UTF-8 and control characters are shown as backslash escapes; a PIN's hash as `[hidden]`.
    """
    data = exact.hide(text.encode("utf-8", "surrogateescape"), _HIDDEN.encode())
    shown = data.decode("utf-8", "backslashreplace")
    if shown.isprintable():
        return shown
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)
