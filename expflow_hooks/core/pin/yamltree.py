"""YAML as a small graph: the values of `pin.hash` in `config.yaml`, for reading and for the scan.

An alias is a reference, so an alias bomb is as small as its text; each node is looked at once in each role. Nothing is
constructed: no scalar is resolved, nothing is merged, nothing recurses. PyYAML apart, standard library only, and no
`typing`.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LIMIT = 1 << 20
"""Bytes of YAML that are parsed; the parser in C takes half a second for them."""
_SLOW_LIMIT = 1 << 17
_DEPTH = 200  # the parser's time grows with the square of the depth

WORDS = re.compile(rb"(?<![A-Za-z0-9_-])(?:pin|hash|EXPFLOW_PIN_HASH)(?![A-Za-z0-9_-])", re.IGNORECASE)
DISGUISES = re.compile(rb"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|\r?\n)|!!binary|2002:binary|%TAG", re.IGNORECASE)
KEY = frozenset((b"pin", b"hash"))
VARIABLE = "expflow_pin_hash"
_EMPTY = ("", "~", "null", "Null", "NULL")
_ELSEWHERE, _UNDER_PIN, _IS_HASH = 0, 1, 2
_KINDS = {"ScalarEvent": "scalar", "MappingStartEvent": "mapping", "SequenceStartEvent": "sequence"}


class Node:
    """A scalar, a sequence or a mapping (whose children are key, value, key, value...)."""

    __slots__ = ("children", "column", "filled", "kind", "line", "text")

    def __init__(self, kind: str, line: int, column: int, text: str = "", filled: bool = True) -> None:
        self.kind, self.line, self.column, self.text, self.filled = kind, line, column, text, filled
        self.children: list[Node] = []

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """Yield the keys and values of a mapping; none of anything else."""
        if self.kind == "mapping":
            yield from zip(self.children[::2], self.children[1::2], strict=False)


def words(data: bytes) -> set[bytes]:
    """Return the words of the key that occur in `data`, in lower case; both where they may be disguised."""
    return {*KEY} if DISGUISES.search(data) else {word.lower() for word in WORDS.findall(data)}


def read(data: bytes) -> tuple[Node, bool]:
    """Return the documents of `data` as children of a sequence, as far as they can be read, and whether all could."""
    root = Node("sequence", 1, 1)
    try:
        import yaml
    except ImportError:
        return root, False
    loader = getattr(yaml, "CSafeLoader", None)
    if len(data) > (LIMIT if loader else _SLOW_LIMIT):
        return root, False
    text = data.decode("utf-8", "replace")
    try:
        return root, _build(yaml.parse(text, Loader=loader or yaml.SafeLoader), root)
    except Exception:  # a parser fed hostile text may raise anything; whatever it is, the text was not read
        return root, False


def _build(events: Iterator[Any], root: Node) -> bool:
    anchors: dict[str, Node] = {}
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


def _node(event: Any, kind: str) -> Node:
    mark = event.start_mark
    text = getattr(event, "value", "")
    tag = getattr(event, "tag", None) or ""
    plain = not getattr(event, "style", None) and tag in ("", "!")
    filled = bool(text.strip()) and not (plain and text in _EMPTY) and not tag.endswith(":null")
    if tag.endswith(":binary"):
        text = _decoded(text)
    return Node(kind, mark.line + 1, mark.column + 1, text, filled or type(event).__name__ == "AliasEvent")


def _decoded(text: str) -> str:
    import binascii

    try:
        return binascii.a2b_base64(text).decode("utf-8", "replace")
    except ValueError:
        return text


def hashes(root: Node) -> list[Node]:
    """Return the filled scalars that are the value of a `pin.hash` anywhere, in the order of the file."""
    found: list[Node] = []
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
            named = _names_variable(node)
            for key, value in node.pairs():
                todo += [(key, _ELSEWHERE), (value, _IS_HASH if named and _word(key) == "value" else _role(key, role))]
    return sorted(found, key=lambda node: (node.line, node.column))


def _names_variable(node: Node) -> bool:
    """Return whether a mapping is Kubernetes' `name: EXPFLOW_PIN_HASH` beside `value`."""
    return any(_word(key) == "name" and _word(value) == VARIABLE for key, value in node.pairs())


def _word(node: Node) -> str:
    return node.text[:40].strip(" \t\"'").lower()


def _role(key: Node, role: int) -> int:
    """Return what the value of `key` is, in a mapping of the given role; a dotted key is a path, `<<` merges."""
    if key.text == "<<":
        return role
    for part in key.text.lower().split("."):
        word = part.strip(" \t\"'")
        if role == _IS_HASH:
            break
        if (role == _UNDER_PIN and word == "hash") or word == VARIABLE:
            role = _IS_HASH
        else:
            role = _UNDER_PIN if word == "pin" else _ELSEWHERE
    return role


def value_of_hash(root: Node) -> Node | None:
    """Return the value of the one document's own `pin.hash`, the last that has one; None where it is empty.

    Merges are followed, and a key that a later one of its name shadows counts: fail closed.
    """
    found: list[Node] = []
    for document in root.children:
        for pin in _under(document, "pin"):
            found += [value for value in _under(pin, "hash") if value.filled or value.kind != "scalar"]
    return found[-1] if found else None


def _under(node: Node, name: str) -> list[Node]:
    """Return the values of a key in a mapping, also of those that it merges, each mapping once."""
    found, seen, todo = [], set(), [node]
    while todo:
        mapping = todo.pop()
        if id(mapping) in seen:
            continue
        seen.add(id(mapping))
        merged = []
        for key, value in mapping.pairs():
            if key.text == name:
                found.append(value)
            elif key.text == "<<":
                merged += value.children if value.kind == "sequence" else [value]
        todo += merged
    return found
