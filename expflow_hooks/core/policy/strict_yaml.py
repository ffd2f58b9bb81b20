"""Read YAML strictly: only plain mappings, lists and scalars, each value checked at its place.

Tags, anchors, aliases, duplicate and unknown keys are refused, so a document means what it reads and costs what it
weighs. Every error names file, line and path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import yaml

from expflow_hooks.core.errors import PolicyError, UsageError
from expflow_hooks.core.metrics.values import parse_decimal
from expflow_hooks.core.suggest import did_you_mean

LARGEST = 1 << 20  # bytes: a policy is a page, not a book
DEEPEST = 20  # levels of nesting; the policy itself has five
_TOO_DEEP = f"nested deeper than {DEEPEST} levels"

_JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class At(NamedTuple):
    """A place in the document: the file's name, the line and the path of keys."""

    file: str
    line: int
    path: str

    def child(self, name: str, node: yaml.Node) -> At:
        """Return the place of a key or an item below this one."""
        dot = "" if not self.path or name.startswith("[") else "."
        return At(self.file, node.start_mark.line + 1, f"{self.path}{dot}{name}")

    def error(self, message: str) -> PolicyError:
        """Return the one-line error for this place."""
        where = f" {self.path}:" if self.path else ""
        return PolicyError(f"{self.file}:{self.line}:{where} {message}")


class NodeCheck:
    """A check: called with a node and its place, it returns the value or raises PolicyError; has its JSON Schema."""

    def __init__(self, read: Callable[[yaml.Node, At], Any], schema: Mapping[str, Any]) -> None:
        self._read = read
        self.schema = schema

    def __call__(self, node: yaml.Node, at: At) -> Any:
        """Return the node's value."""
        return self._read(node, at)


class Key(NamedTuple):
    """A key of a mapping: the check of its value, and what it means, in a sentence."""

    check: NodeCheck
    meaning: str


def parse(text: str, file: str) -> tuple[yaml.Node | None, At]:
    """Return the document's root node (None if it is empty) and its place; raise PolicyError for what is refused."""
    at = At(file, 1, "")
    if len(text) > LARGEST:
        raise at.error(f"larger than {LARGEST} characters")
    try:
        _refuse_by_event(text, at)
        return yaml.compose(text, Loader=_LOADER), at
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        here = at._replace(line=mark.line + 1) if mark else at
        if mark and _brackets_open(text, mark) > DEEPEST:
            raise here.error(_TOO_DEEP) from None
        raise here.error(f"not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise at.error(f"not YAML: {str(error).splitlines()[0]}") from None


def _refuse_by_event(text: str, at: At) -> None:
    depth = documents = 0
    event: Any
    for event in yaml.parse(text, Loader=_LOADER):
        here = at._replace(line=event.start_mark.line + 1)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise here.error("a second document; the policy is one")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise here.error("anchors and aliases are not used here; write the value out")
        if getattr(event, "tag", None):
            raise here.error(f"the tag {_shown(str(event.tag), 60)} is not used here; write a plain value")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise here.error(_TOO_DEEP)


def _brackets_open(text: str, mark: yaml.Mark) -> int:
    """Return the number of brackets open before a mark in its line.

    The parser in C reads up to 1,024 characters of a line ahead of its events and has a limit of its own for brackets:
    its refusal of deep nesting can come before the depth shows in events.
    """
    lines = text.split("\n")
    before = lines[mark.line][: mark.column] if mark.line < len(lines) else ""  # a mark may stand behind the end
    return before.count("[") + before.count("{") - before.count("]") - before.count("}")


def plain(node: yaml.Node) -> Any:
    """Return a scalar node's value: text, int, float, bool or None.

    Numbers are ASCII decimals. What else YAML has for them (`0x1f`, `017`, `1_000`, `1:30`) stays the text it is: its
    value is a surprise, and working it out may take time that grows with the square of its length.
    """
    if not isinstance(node, yaml.ScalarNode):
        return None
    read = _SCALARS.get(node.tag.rpartition(":")[2])
    try:
        return read(node.value) if read else node.value
    except ValueError:
        return node.value


def _int(text: str) -> int:
    if len(text) > _DIGITS or not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _float(text: str) -> float:
    return float(text.replace(".", "", 1)) if text.lstrip("+-").lower() in (".inf", ".nan") else parse_decimal(text)


_HASH = re.compile(r"[0-9A-Fa-f]{64,}")
_DIGITS = 20
"""More than any count of ours has, with its sign."""
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() in ("yes", "true", "on"),
    "int": _int,
    "float": _float,
}


def _shown(text: str, most: int) -> str:
    """Return text as an error quotes it: cut, and what may be a hash hidden first, since a part of one is enough."""
    return _HASH.sub("[hidden]", text)[:most]


def kind(node: yaml.Node) -> str:
    """Return what a node is, in the words of an error."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    value = plain(node)
    names = {bool: "true or false", int: "a number", float: "a number", type(None): "empty"}
    return names.get(type(value), f"the text {_shown(str(value), 40)!r}")


def scalar(types: tuple[type, ...], name: str, right: str) -> NodeCheck:
    """Return a check for a scalar of the given types; `name` and `right` are for the error."""

    def check(node: yaml.Node, at: At) -> Any:
        value = plain(node)
        if type(value) not in types:
            raise at.error(f"must be {name}, not {kind(node)}; such as {right}")
        return value

    return NodeCheck(check, {"type": [_JSON_TYPES[name] for name in types]})


def refined(base: NodeCheck, wrong: Callable[[Any], str | None], **schema: Any) -> NodeCheck:
    """Return a check that is stricter than another: `wrong` returns what is wrong with a value, or None."""

    def check(node: yaml.Node, at: At) -> Any:
        value = base(node, at)
        if (problem := wrong(value)) is not None:
            raise at.error(problem)
        return value

    return NodeCheck(check, {**base.schema, **schema})


def built(make: Callable[[Any], Any], base: NodeCheck) -> NodeCheck:
    """Return a check whose value is what `make` builds of another's."""
    return NodeCheck(lambda node, at: make(base(node, at)), base.schema)


def choice(*allowed: str) -> NodeCheck:
    """Return a check for one of a few words."""

    def check(node: yaml.Node, at: At) -> Any:
        value = plain(node)
        if not isinstance(value, str) or value not in allowed:
            near = did_you_mean(str(value), allowed, 1)
            raise at.error(f"must be one of {', '.join(allowed)}, not {kind(node)}{near}")
        return value

    return NodeCheck(check, {"enum": list(allowed)})


def list_of(item: NodeCheck) -> NodeCheck:
    """Return a check for a list, each item by `item`."""

    def check(node: yaml.Node, at: At) -> tuple[Any, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise at.error(f"must be a list, not {kind(node)}; such as [a, b]")
        return tuple(item(child, at.child(f"[{i}]", child)) for i, child in enumerate(node.value))

    return NodeCheck(check, {"type": "array", "items": item.schema})


def mapping(keys: Mapping[str, Key] | None = None, *, others: NodeCheck | None = None) -> NodeCheck:
    """Return a check for a mapping: the known keys, and any other key by `others` if given."""
    known = {name: key.check for name, key in (keys or {}).items()}
    properties = {name: {**key.check.schema, "description": key.meaning} for name, key in (keys or {}).items()}

    def check(node: yaml.Node, at: At) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise at.error(f"must be a mapping, not {kind(node)}; such as key: value")
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = plain(key_node)
            here = at.child(_shown(str(key), 80), key_node)
            if not isinstance(key, str) or not key:
                raise here.error(f"a key must be text, not {kind(key_node)}")
            if key in found:
                raise here.error("this key is given twice")
            item = known.get(key, others)
            if item is None:
                hint = did_you_mean(key, known) or f"; known here: {', '.join(known)}"
                raise here.error(f"unknown key{hint}")
            found[key] = item(value_node, here._replace(line=value_node.start_mark.line + 1))
        return found

    rest = others.schema if others else False
    return NodeCheck(check, {"type": "object", "properties": properties, "additionalProperties": rest})


def either(*checks: tuple[type[yaml.Node], NodeCheck], name: str) -> NodeCheck:
    """Return a check that depends on the kind of node."""

    def check(node: yaml.Node, at: At) -> Any:
        for node_type, item in checks:
            if isinstance(node, node_type):
                return item(node, at)
        raise at.error(f"must be {name}, not {kind(node)}")

    return NodeCheck(check, {"anyOf": [item.schema for _, item in checks]})


def parsed(function: Callable[[Any], Any], schema: Mapping[str, Any] | None = None) -> NodeCheck:
    """Return a check that hands the scalar to a parser of ours, whose UsageError becomes this place's error."""

    def check(node: yaml.Node, at: At) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            raise at.error(f"must be a single value, not {kind(node)}")
        try:
            return function(plain(node))
        except UsageError as error:
            raise at.error(str(error)) from None

    return NodeCheck(check, schema or {"type": "string"})
