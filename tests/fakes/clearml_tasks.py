"""Tasks as a ClearML server keeps them, made for tests; and how the server filters and orders them."""

from __future__ import annotations

from hashlib import md5
from typing import Any


class Refused(Exception):
    """What the server says no to: its sub-code, words and HTTP status."""

    def __init__(self, subcode: int, message: str, code: int = 400) -> None:
        super().__init__(message)
        self.subcode, self.code = subcode, code


def digest(name: str) -> str:
    """Return the key under which the server keeps a title or a series."""
    return md5(name.encode(), usedforsecurity=False).hexdigest()


def metrics(**values: Any) -> dict[str, Any]:
    """Return `last_metrics`; a keyword `Title__series` is a value, or (last, min, max)."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        title, _, series = name.partition("__")
        last, low, high = value if isinstance(value, tuple) else (value, value, value)
        entry = {"metric": title, "variant": series, "value": last, "min_value": low, "max_value": high}
        found.setdefault(digest(title), {})[digest(series)] = entry
    return found


def task(number: int, project: str = "p1", **fields: Any) -> dict[str, Any]:
    """Return a completed task of the competition; `fields` go over it."""
    args = {"seed": str(number % 3), "width": str(number // 3), "sub_step": "4"}
    return {
        "id": f"{number:032x}",
        "name": f"run {number}",
        "status": "completed",
        "tags": ["task1"],
        "system_tags": [],
        "project": project,
        "created": f"2026-11-01T09:30:{number % 60:02d}.000000+00:00",
        "started": f"2026-11-01T09:30:{number % 60:02d}.000000+00:00",
        "completed": f"2026-11-01T10:00:{number % 60:02d}.000000+00:00",
        "active_duration": 1800,
        "last_metrics": metrics(
            Score__seg_total=40 + number % 17 + 0.5, PDE__pde_mean=10 + number % 11 + 0.25, Time__train_time_min=30.0
        ),
        "hyperparams": {"Args": {k: {"section": "Args", "name": k, "value": v, "type": ""} for k, v in args.items()}},
        "script": {"version_num": "a" * 40, "branch": "main", "diff": ""},
        **fields,
    }


def at(value: Any, path: str) -> Any:
    """Return what stands at a dotted path, or None."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def ordered(found: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    """Return the tasks sorted by a path, `-` in front for descending; those without a value last both ways."""
    path = order.removeprefix("-")
    having = [one for one in found if at(one, path) is not None]
    having.sort(key=lambda one: (isinstance(at(one, path), str), at(one, path)), reverse=order.startswith("-"))
    return having + [one for one in found if at(one, path) is None]


def tags_match(tags: list[str], asked: list[str]) -> bool:
    """Say whether tags match a query: any of a list, all after `__$all`, none of those with `-`."""
    every, wanted = asked[:1] == ["__$all"], asked[1:] if asked[:1] == ["__$all"] else asked
    if any(word[1:] in tags for word in wanted if word.startswith("-")):
        return False
    positive = [word for word in wanted if not word.startswith("-")]
    return not positive or (all if every else any)(word in tags for word in positive)
