"""`.pre-commit-config.yaml`: a new one, or our entries put into one that is there, as text.

What stands there keeps its comments and its order; that nothing else changed is checked by parsing both.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

from expflow_hooks.core.errors import UsageError
from expflow_hooks.setup.active import hooks_in, load, missing
from expflow_hooks.setup.frameworks import SINGLE_IDS, flow_entry, repo_entry
from expflow_hooks.setup.origin import Origin
from expflow_hooks.setup.yamltext import end_of, insert, loaded, root_of, same_but, value

FILE = ".pre-commit-config.yaml"
TYPES = ("pre-commit", "pre-merge-commit", "pre-push")
_KEY = "default_install_hook_types"


def with_hooks(text: str | None, origin: Origin) -> str:
    """Return the configuration with all hooks and all three stages; raise UsageError if it cannot be edited."""
    if text is None or all(line.strip()[:1] in ("", "#") for line in text.splitlines()):
        template = resources.files("expflow_hooks.setup").joinpath(f"templates/{FILE.lstrip('.')}")
        return (text or "") + template.read_text("utf-8") + repo_entry(origin)
    root_of(text, FILE)
    absent = missing({hook["id"] for hook in hooks_in(load(text))}, SINGLE_IDS)
    new = _add_types(_add_repo(text, origin, absent) if absent else text)
    if not same_but(text, new, lambda data: _undo(data, loaded(text), origin, absent)):
        raise UsageError(f"{FILE}: cannot be edited safely; add by hand, to repos: {flow_entry(origin, absent)}")
    return new


def _add_repo(text: str, origin: Origin, absent: tuple[str, ...]) -> str:
    repos = value(root_of(text, FILE), "repos")
    if repos is None:
        return insert(text, len(text), "repos:\n" + repo_entry(origin, absent))
    if isinstance(repos, yaml.SequenceNode) and repos.flow_style:
        return _add_to_flow(text, repos, origin, absent)
    if isinstance(repos, yaml.ScalarNode) and not repos.value:  # `repos:` and nothing yet
        return insert(text, end_of(text, repos), repo_entry(origin, absent))
    if not isinstance(repos, yaml.SequenceNode):
        raise UsageError(f"{FILE}:{repos.start_mark.line + 1}: repos must be a list")
    # The dash stands at the column where the sequence starts; our entry is written for two.
    column = repos.start_mark.column
    entry = "".join(f"{' ' * column}{line[2:]}\n" for line in repo_entry(origin, absent).splitlines())
    return insert(text, end_of(text, repos), entry)


def _add_to_flow(text: str, repos: yaml.SequenceNode, origin: Origin, absent: tuple[str, ...]) -> str:
    start, end = repos.start_mark.index, repos.end_mark.index
    if not repos.value:  # `repos: []`: the list starts on lines of its own
        rest = text.find("\n", end)
        rest = len(text) if rest < 0 else rest + 1
        kept = text[:start].rstrip(" ") + text[end:rest]
        return insert(kept, len(kept), repo_entry(origin, absent)) + text[rest:]
    last = repos.value[-1].end_mark.index
    return f"{text[:last]}, {flow_entry(origin, absent)}{text[last:]}"


def _add_types(text: str) -> str:
    root = root_of(text, FILE)
    types = value(root, _KEY)
    if types is None:
        return insert(text, _first_key(text, root), f"{_KEY}: [{', '.join(TYPES)}]\n")
    present = {node.value for node in types.value} if isinstance(types, yaml.SequenceNode) else set(TYPES)
    for absent in (name for name in TYPES if name not in present):
        text = _add_type(text, absent)
    return text


def _add_type(text: str, absent: str) -> str:
    types = value(root_of(text, FILE), _KEY)
    assert isinstance(types, yaml.SequenceNode)
    if types.flow_style:
        last = types.value[-1].end_mark.index if types.value else types.start_mark.index + 1
        return f"{text[:last]}{', ' if types.value else ''}{absent}{text[last:]}"
    return insert(text, end_of(text, types), f"{' ' * types.start_mark.column}- {absent}\n")


def _first_key(text: str, root: yaml.MappingNode) -> int:
    """Return the start of the first key's line: an insertion there follows the file's opening comments."""
    first: int = root.value[0][0].start_mark.index if root.value else len(text)
    return first if root.flow_style is False else len(text)


def _undo(data: Any, before: Any, origin: Origin, absent: tuple[str, ...]) -> Any:
    """Take out what was put in; what then differs from before was not ours to change."""
    if absent:
        added = data["repos"].pop()
        ours = {"repo": origin.url, "rev": origin.revision, "hooks": [{"id": name} for name in absent]}
        if added != ours:
            raise ValueError
        if not data["repos"] and not before.get("repos"):
            data = {**data, "repos": before.get("repos")} if "repos" in before else _without(data, "repos")
    if set(data[_KEY]) < set(TYPES):
        raise ValueError
    if _KEY in before:
        data[_KEY] = before[_KEY] if data[_KEY][: len(before[_KEY])] == before[_KEY] else None
    else:
        del data[_KEY]
    return data


def _without(data: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != key}
