"""The YAML rule: where a configuration file gives `pin.hash` a value, however the YAML says it.

The events of the parser are kept as a small graph in which an alias is a reference, so an alias bomb is as small as its
text, and each node is looked at once in each role. Nothing is constructed and nothing recurses. What the parser refuses
is judged by its words alone, and fails closed.
"""

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LIMIT = 1 << 20
"""Bytes of YAML that are parsed; the parser in C takes half a second for them. More is judged by its words alone."""
_SLOW_LIMIT = 1 << 17
_LINE = 4096  # bytes before an escape that are its line, at most
_DEPTH = 200  # the parser's time grows with the square of the depth

_WORDS = re.compile(rb"(?<![A-Za-z0-9_-])(?:pin|hash|EXPFLOW_PIN_HASH)(?![A-Za-z0-9_-])", re.IGNORECASE)
_DISGUISES = re.compile(rb"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|\r?\n)|!!binary|2002:binary|%TAG", re.IGNORECASE)
KEY = frozenset((b"pin", b"hash"))
_EMPTY = ("", "~", "null", "Null", "NULL")
_ELSEWHERE, _UNDER_PIN, _IS_HASH = 0, 1, 2


def places(data: bytes) -> "list[tuple[int, int, str]]":
    """Return (line, column, code) of every value of `pin.hash`: EXP002, or EXP007 if it is no YAML and may hold one."""
    if not words(data) >= KEY:
        return []
    root = _Node("sequence", 1, 1)
    readable = _read(data, root)
    found = [(node.line, node.column, "EXP002") for node in _values(root)]
    return found if found or readable or not _has_sign(data) else [(*_second_word(data), "EXP007")]


def words(data: bytes) -> "set[bytes]":
    """Return which words of the key stand in `data`, in lower case; where they may be disguised, both."""
    return {*KEY} if _DISGUISES.search(data) else {word.lower() for word in _WORDS.findall(data)}


def _has_sign(data: bytes) -> bool:
    """Return whether text that is no YAML shows the words of the key, plainly or by an escape in double quotes.

    Elsewhere a backslash is one, as at the end of a shell's line.
    """
    if {word.lower() for word in _WORDS.findall(data)} >= KEY:
        return True
    quotes, seen = 0, 0  # counted once along the text: there may be an escape at every second byte
    for found in _DISGUISES.finditer(data):
        quotes += data.count(b'"', seen, found.start())
        seen = found.start()
        begin = data.rfind(b"\n", max(0, seen - _LINE), seen) + 1
        if not found[0].startswith(b"\\") or quotes % 2 or data.count(b'"', begin or max(0, seen - _LINE), seen):
            return True
    return False


class _Node:
    """A scalar, a sequence or a mapping (whose children are key, value, key, value...)."""

    __slots__ = ("children", "column", "filled", "kind", "line", "text")

    def __init__(self, kind: str, line: int, column: int, text: str = "", filled: bool = True) -> None:
        self.kind, self.line, self.column, self.text, self.filled = kind, line, column, text, filled
        self.children: list[_Node] = []


def _read(data: bytes, root: _Node) -> bool:
    """Hang every document of `data` under `root` as far as it can be read; return whether all of it could."""
    try:
        import yaml
    except ImportError:
        return False
    loader = getattr(yaml, "CSafeLoader", None)
    if len(data) > (LIMIT if loader else _SLOW_LIMIT):
        return False
    text = data.decode("utf-8", "replace")
    try:
        return _build(yaml.parse(text, Loader=loader or yaml.SafeLoader), root)
    except Exception:  # a parser fed hostile text may raise anything; whatever it is, the text was not read
        return False


def _build(events: "Iterator[Any]", root: _Node) -> bool:
    anchors: dict[str, _Node] = {}
    stack = [root]
    for event in events:
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            anchors.clear()
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            stack.pop()
        elif kind == "AliasEvent":
            # An alias to nothing is an error to a loader; here it is a value, to be on the safe side.
            stack[-1].children.append(anchors.get(event.anchor) or _node(event, "scalar"))
        elif kind in _KINDS:
            node = _node(event, _KINDS[kind])
            stack[-1].children.append(node)
            if event.anchor:
                anchors[event.anchor] = node
            if node.kind != "scalar":
                stack.append(node)
            if len(stack) > _DEPTH:
                return False
    return True


_KINDS = {"ScalarEvent": "scalar", "MappingStartEvent": "mapping", "SequenceStartEvent": "sequence"}


def _node(event: "Any", kind: str) -> _Node:
    mark = event.start_mark
    text = getattr(event, "value", "")
    tag = getattr(event, "tag", None) or ""
    plain = not getattr(event, "style", None) and tag in ("", "!")
    filled = bool(text.strip()) and not (plain and text in _EMPTY) and not tag.endswith(":null")
    if tag.endswith(":binary"):
        text = _decoded(text)
    return _Node(kind, mark.line + 1, mark.column + 1, text, filled or type(event).__name__ == "AliasEvent")


def _decoded(text: str) -> str:
    import binascii

    try:
        return binascii.a2b_base64(text).decode("utf-8", "replace")
    except ValueError:
        return text


def _values(root: _Node) -> "list[_Node]":
    """Return the filled scalars that are the value of a `pin.hash`, in the order of the file."""
    found: list[_Node] = []
    seen: set[tuple[int, int]] = set()
    todo = [(root, _ELSEWHERE)]
    while todo:
        node, role = todo.pop()
        if (id(node), role) in seen:
            continue
        seen.add((id(node), role))
        if node.kind == "scalar":
            if role == _IS_HASH and node.filled:
                found.append(node)
        elif node.kind == "sequence" or role == _IS_HASH:
            todo += [(child, role) for child in node.children]
        else:
            for key, value in zip(node.children[::2], node.children[1::2], strict=False):
                todo += [(key, _ELSEWHERE), (value, _role(key, role))]
    return sorted(found, key=lambda node: (node.line, node.column))


def _role(key: _Node, role: int) -> int:
    """Return what the value of `key` is, in a mapping of the given role; a dotted key is a path, `<<` merges."""
    if key.text == "<<":
        return role
    for part in key.text.lower().split("."):
        word = part.strip(" \t\"'")
        if role == _IS_HASH:
            break
        if role == _UNDER_PIN and word == "hash":
            role = _IS_HASH
        else:
            role = _UNDER_PIN if word == "pin" else _ELSEWHERE
    return role


def _second_word(data: bytes) -> "tuple[int, int]":
    """Return line and column of the word that completes the key, or of the start if there is none."""
    starts = [match.start() for match in _WORDS.finditer(data) if match[0].lower() == b"hash"]
    at = starts[0] if starts else 0
    return data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)
