"""Taking a PIN's hash out of the text of a `config.yaml` or an `.env`, and nothing else.

Comments and order stay; that only the key went is checked by reading both texts again. No message quotes the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.pin.places import ENV_HASH
from expflow_hooks.setup.yamltext import root_of, same_but, values

_ENV_LINE = re.compile(rf"[ \t]*(?:export[ \t]+)?{ENV_HASH}[ \t]*=(?P<value>.*)")


def without_env_key(text: str, file: str) -> str:
    """Return the text of an `.env` without the lines that set the key; a comment behind a value keeps its line."""
    kept = []
    for line in text.splitlines(keepends=True):
        found = _ENV_LINE.match(line)
        if found is None:
            kept.append(line)
        elif comment := _comment(found["value"]):
            kept.append(comment + line[len(line.rstrip("\r\n")) :])
    return "".join(kept)


def without_yaml_key(text: str, file: str) -> str:
    """Return the text of a `config.yaml` without `pin.hash`; raise UsageError if that cannot be done safely."""
    new = text
    while (found := _find(new, file)) is not None:
        shorter = _cut(new, *found)
        if len(shorter) >= len(new):  # whatever that is, it must not be tried for ever
            break
        new = shorter
    if not same_but(new, text, _without_key):
        raise UsageError(f"{file}: pin.hash cannot be taken out safely (anchors, merges or tags?); delete it by hand")
    return new


REMOVERS: dict[str, Callable[[str, str], str]] = {".env": without_env_key, "config.yaml": without_yaml_key}
"""File name -> what takes the key out of its text."""


def _without_key(data: Any) -> Any:
    del data["pin"]["hash"]
    return data


def _find(text: str, file: str) -> tuple[yaml.Node, yaml.Node, yaml.Node, yaml.Node] | None:
    """Return the first `hash` below `pin`: the outer key, its mapping, the key and its value."""
    for name, pin in values(root_of(text, file), "pin"):
        for key, found in values(pin, "hash"):
            if pin.start_mark.index < name.end_mark.index or found.start_mark.index < key.end_mark.index:
                raise UsageError(f"{file}: pin.hash is an alias of what stands elsewhere; delete it by hand")
            return name, pin, key, found
    return None


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
