"""Editing YAML as text, by the parser's marks, so that comments and order stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from expflow_hooks.core.errors import UsageError

_LARGEST = 1 << 17  # characters: the parser whose marks count characters is the slow one
_EVENTS: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_ALIASES = 30  # each may double what two texts are compared by


def root_of(text: str, file: str) -> yaml.MappingNode:
    """Return the root mapping of a document; raise UsageError if it is no YAML, several documents, or no mapping."""
    if len(text) > _LARGEST:
        raise UsageError(f"{file}: larger than {_LARGEST} characters, so it is not edited here")
    try:
        aliases = sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader))
        if aliases > _MOST_ALIASES:
            raise UsageError(f"{file}: {aliases} aliases, so it is not edited here; write the values out")
        # The parser in Python: its marks count characters of the text, whatever they are.
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except UsageError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{file}:{line}: not YAML that can be edited; repair it first") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise UsageError(f"{file}: not YAML that can be edited; repair it first") from None
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{file}: holds no keys; right is `key: value`")
    return node


def values(node: yaml.Node | None, key: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Yield (key, value) for every entry of a mapping with this key, duplicates included."""
    for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if isinstance(name, yaml.ScalarNode) and name.value == key:
            yield name, value


def value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    """Return the value of a key, or None."""
    return next((found for _, found in values(node, key)), None)


def newline(text: str) -> str:
    """Return how the text ends its lines."""
    return "\r\n" if "\r\n" in text else "\n"


def end_of(text: str, node: yaml.Node) -> int:
    """Return the index after the last line of a node's own text; a block's mark is where the next thing starts."""
    end: int = node.end_mark.index
    kept = text[:end].split("\n")
    if kept[-1].strip():  # a flow collection or a scalar ends inside its line
        rest = text.find("\n", end)
        return len(text) if rest < 0 else rest + 1
    while len(kept) > 1 and (not kept[-1].strip() or kept[-1].lstrip().startswith("#")):
        kept.pop()
    return min(len("\n".join(kept)) + 1, len(text))


def insert(text: str, at: int, lines: str) -> str:
    """Return the text with lines put in at an index where a line starts; a last line without an end gets one."""
    end = newline(text)
    before = text[:at] + (end if at == len(text) and text and not text.endswith("\n") else "")
    return before + lines.replace("\n", end) + text[at:]


def quoted(text: str) -> str:
    """Return text as a YAML scalar on one line, plain where that is safe."""
    return text if re.fullmatch(r"[A-Za-z/]([\w./:@~+-]*[\w/])?", text) else "'" + text.replace("'", "''") + "'"


def loaded(text: str) -> Any:
    """Return what a document holds, every scalar as the text it is; raise ValueError for a tag, which may mean more."""
    if any(getattr(event, "tag", None) for event in yaml.parse(text, Loader=_EVENTS)):
        raise ValueError("a tag")
    return yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))


def same_but(before: str, after: str, undo: Any) -> bool:
    """Return whether `after` holds what `before` holds, once `undo` has taken out of it what was put in."""
    try:
        return bool(loaded(before) == undo(loaded(after)))
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
