"""Taking a PIN's hash out of the text of a `config.yaml` or an `.env`, and nothing else.

Comments and order stay; that only the key went is checked by reading both texts again. No message quotes the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.pin import dotenv, yamltree
from expflow_hooks.setup.yamltext import root_of, values

_MOST = 8
"""Times that a key may stand in a file that is edited here: each costs a reading of it."""


def without_env_key(text: str, file: str) -> str:
    """Return the text of an `.env` without the key; raise UsageError if that cannot be done safely."""
    before = text.encode("utf-8", "surrogateescape")
    after = dotenv.without_key(before)
    kept = [(found.name, found.value) for found in dotenv.assignments(before) if found.name != dotenv.KEY]
    if [(found.name, found.value) for found in dotenv.assignments(after)] != kept:
        raise UsageError(f"{file}: {dotenv.KEY.decode()} cannot be taken out safely; delete it by hand")
    return after.decode("utf-8", "surrogateescape")


def without_yaml_key(text: str, file: str) -> str:
    """Return the text of a `config.yaml` without `pin.hash`; raise UsageError if that cannot be done safely."""
    new, times = text, len(_places(text, file))
    if times > _MOST:
        raise UsageError(f"{file}: pin.hash is there {times} times; delete it by hand")
    for _ in range(times):
        new = _cut(new, *_places(new, file)[0])
    if _outline(new) != _outline(text) or _places(new, file):
        raise UsageError(f"{file}: pin.hash cannot be taken out safely (anchors, merges or tags?); delete it by hand")
    return new


REMOVERS: dict[str, Callable[[str, str], str]] = {".env": without_env_key, "config.yaml": without_yaml_key}
"""File name -> what takes the key out of its text."""


def _outline(text: str) -> Any:
    """Return a document's content besides `pin.hash` in comparable form, duplicate keys one after the other."""
    root, whole = yamltree.read(text.encode())
    if not whole:
        return object()
    try:
        return [_shape(document, ("pin", "hash")) for document in root.children]
    except RecursionError:
        return object()


def _shape(node: yamltree.Node, left_out: tuple[str, ...]) -> Any:
    if node.kind == "scalar":
        return node.text, node.filled
    if node.kind == "sequence":
        return [_shape(child, ()) for child in node.children]
    pairs = node.pairs()
    return {
        "keys": [
            (_shape(key, ()), _shape(value, left_out[1:] if key.text in left_out[:1] else ()))
            for key, value in pairs
            if left_out != ("hash",) or key.text != "hash"
        ]
    }


def _places(text: str, file: str) -> list[tuple[yaml.Node, yaml.Node, yaml.Node, yaml.Node]]:
    """Return every `hash` below a `pin`: the outer key, its mapping, the key and its value."""
    found = []
    for name, pin in values(root_of(text, file), "pin"):
        for key, value in values(pin, "hash"):
            if pin.start_mark.index < name.end_mark.index or value.start_mark.index < key.end_mark.index:
                raise UsageError(f"{file}: pin.hash is an alias of a value elsewhere; delete it by hand")
            found.append((name, pin, key, value))
    return found


def _cut(text: str, name: yaml.Node, pin: yaml.Node, key: yaml.Node, found: yaml.Node) -> str:
    assert isinstance(pin, yaml.MappingNode)
    if pin.flow_style:
        return _cut_flow(text, pin, key, found)
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    stop = found.end_mark.index
    if getattr(found, "style", None) in ("|", ">"):  # its mark is where the next thing starts, lines below
        stop = text.rfind("\n", 0, stop) if stop < len(text) else stop
    end = _line_end(text, stop)
    rest = text[stop:end]
    indent = text[start : key.start_mark.index]
    left = f"{indent}{comment}{rest[len(rest.rstrip()) :]}" if (comment := _comment(rest)) else ""
    text = text[:start] + left + text[end:]
    if len(pin.value) > 1:
        return text
    colon = text.index(":", name.end_mark.index) + 1
    return f"{text[:colon]} {{}}{text[colon:]}"


def _cut_flow(text: str, pin: yaml.MappingNode, key: yaml.Node, found: yaml.Node) -> str:
    at = next(number for number, (name, _) in enumerate(pin.value) if name is key)
    if at + 1 < len(pin.value):  # up to the next key, comma and all
        return text[: key.start_mark.index] + text[pin.value[at + 1][0].start_mark.index :]
    start = pin.value[at - 1][1].end_mark.index if at else key.start_mark.index
    return text[:start] + text[found.end_mark.index :]


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _comment(rest: str) -> str:
    """Return the comment behind a value, from its `#` on."""
    found = re.search(r"(?:^|[ \t])(#[^\r\n]*)", rest)
    return found[1] if found else ""
