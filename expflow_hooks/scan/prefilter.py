"""The first look: which bytes, and which file names, need a closer one. The only part every byte goes through.

Clean bytes must cost next to nothing, so this imports nothing and looks at every eighth byte: 64 hex digits in a row
always cover eight neighbours of that sample. Sampling takes 0.3 ns a byte, the regular expression for 64 hex digits 15.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = 1
HEX_MARKS = bytes(MARK if byte in b"0123456789abcdefABCDEF" else 0 for byte in range(256))
"""Translate table: hex digits to MARK, all else to 0."""
PLAIN_KEY = b"EXPFLOW_PIN"
COMMAND = b"expflow"
MANIFEST = b"apiVersion"
HEAD = 1024
"""Bytes in which a manifest of Kubernetes says that it is one: no more is spent on every file."""
TEMPLATES = ("example", "sample", "template")
"""Parts of a file's name that say that it is to be filled in."""
_EIGHT = bytes([MARK]) * 8


def suspect(data: "bytes | bytearray", size: int) -> bool:
    """Return whether the first `size` bytes need a closer look; bytes that hold a finding always do.

    Bytes with NULs are looked at without them: what they read then (UTF-16) holds all that they read before.
    """
    if data.find(0, 0, size) >= 0:
        data = data[:size].translate(None, b"\0")
        size = len(data)
    return (
        data[:size:8].translate(HEX_MARKS).find(_EIGHT) >= 0
        or data.find(PLAIN_KEY, 0, size) >= 0
        or data.find(COMMAND, 0, size) >= 0
        or data.find(MANIFEST, 0, min(size, HEAD)) >= 0
    )


def runs(data: bytes, marks: bytes, least: int) -> "Iterator[tuple[int, int]]":
    """Yield (start, end) of each run of at least `least` bytes that the translate table `marks` marks."""
    marked, run = data.translate(marks), bytes([MARK]) * least
    begin = marked.find(run)
    while begin >= 0:
        end = marked.find(0, begin)
        end = len(data) if end < 0 else end
        yield begin, end
        begin = marked.find(run, end)


def key_kind(path: str) -> str:
    """Return the rules that a file's name calls for, or none.

    `yaml` (config*.y*ml), `env` (.env*) or `pin` (pin.hash); the first two with `.template` where a part of the name
    says that the file is to be filled in.
    """
    name = path[path.rfind("/") + 1 :]
    if "\\" in name:  # between folders on Windows; elsewhere part of an odd name, looked at all the same
        name = name[name.rfind("\\") + 1 :]
    if name[:1] not in "cC.pP":
        return ""
    name = name.lower()
    if name.startswith("config"):
        is_yaml = name.endswith("ml") and 0 < name.find(".y", 6) <= len(name) - 4
        return "yaml" + _template(name) if is_yaml else ""
    if name.startswith(".env"):
        return "env" + _template(name)
    return "pin" if name == "pin.hash" else ""


def _template(name: str) -> str:
    parts = name.replace("-", ".").replace("_", ".").split(".")
    return ".template" if any(word in parts for word in TEMPLATES) else ""
