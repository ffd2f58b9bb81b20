"""The YAML rule: where a configuration file sets `pin.hash`, in whatever YAML form.

What the parser refuses is judged by its words alone, and fails closed.
"""

from expflow_hooks.core.pin.placeholders import is_placeholder
from expflow_hooks.core.pin.yamltree import DISGUISES, KEY, WORDS, hashes, read, words

_LINE = 4096  # bytes before an escape that are its line, at most


def places(data: bytes, template: bool = False) -> "list[tuple[int, int, str]]":
    """Return (line, column, code) of every value of `pin.hash`: EXP002, or EXP007 if it is no YAML and may hold one."""
    seen = words(data)
    if not seen >= KEY and b"expflow_pin_hash" not in seen:
        return []
    root, readable = read(data)
    found = hashes(root)
    if found or readable or not _has_sign(data):
        values = [node for node in found if not is_placeholder(node.text.encode("utf-8", "replace"), template)]
        return [(node.line, node.column, "EXP002") for node in values]
    return [(*_second_word(data), "EXP007")]


def _has_sign(data: bytes) -> bool:
    """Return whether text that is no YAML shows the words of the key, plainly or by an escape in double quotes.

    Elsewhere a backslash is one, as at the end of a shell's line.
    """
    if {word.lower() for word in WORDS.findall(data)} >= KEY:
        return True
    quotes, seen = 0, 0  # counted once along the text: there may be an escape at every second byte
    for found in DISGUISES.finditer(data):
        quotes += data.count(b'"', seen, found.start())
        seen = found.start()
        begin = data.rfind(b"\n", max(0, seen - _LINE), seen) + 1
        if not found[0].startswith(b"\\") or quotes % 2 or data.count(b'"', begin or max(0, seen - _LINE), seen):
            return True
    return False


def _second_word(data: bytes) -> "tuple[int, int]":
    """Return line and column of the word that completes the key, or of the start if there is none."""
    starts = [match.start() for match in WORDS.finditer(data) if match[0].lower() == b"hash"]
    at = starts[0] if starts else 0
    return data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)
