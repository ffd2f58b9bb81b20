"""What the workflow's author asked for: every input of `action.yml`, read and checked in one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.gates import Gate, parse_gate
from expflow_hooks.core.policy.choices import FAIL_ON, REQUIRE_CANDIDATE
from expflow_hooks.core.registry.location import ENV_REGISTRY
from expflow_hooks.core.suggest import did_you_mean

COMMENT_MODES = ("on-change", "always", "never")
STATUS_MODES = ("auto", "never")
REPORT_MODES = ("auto", "never")
UNDECIDED_MODES = ("neutral", "fail")
DIRECTIONS: dict[str, bool | None] = {"": None, "ascending": False, "descending": True}
"""Input `direction` -> whether higher is better; None is the metric's own direction."""

_KEY = re.compile(r"[A-Za-z0-9._-]{1,60}")


@dataclass(frozen=True)
class Inputs:
    """The inputs, checked. The token is never shown."""

    policy: str = "expflow.yaml"
    source: str | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    sort_by: str | None = None
    higher_is_better: bool | None = None
    gates: tuple[Gate, ...] = ()
    top: int | None = None
    fail_on: str | None = None
    require_candidate: str | None = None
    undecided: str = "neutral"
    comment: str = "on-change"
    leaderboard: str | None = None
    comment_key: str = "default"
    status: str = "auto"
    report: str = "never"
    token: str = field(default="", repr=False)

    @property
    def board(self) -> str:
        """Return a digest of what makes this another leaderboard: which experiments, by which policy and metric."""
        chosen = [self.policy, self.source, self.project, self.tags, self.sort_by, self.higher_is_better]
        chosen += [self.leaderboard] if self.leaderboard else []
        return sha256(repr(tuple(chosen)).encode("utf-8", "backslashreplace")).hexdigest()[:8]

    @property
    def strictness(self) -> str:
        """Return what makes the same leaderboard stricter, as text."""
        return repr(([gate.text for gate in self.gates], self.fail_on, self.require_candidate))


def read_inputs(environment: Mapping[str, str]) -> Inputs:
    """Return the inputs from `INPUT_*`; raise UsageError that names the input and shows a right value."""
    found: dict[str, Any] = {}
    for name, clean in _CLEAN.items():
        text = environment.get("INPUT_" + name.upper().replace("-", "_"), "").strip()
        if text:
            try:
                found[_FIELDS.get(name, name.replace("-", "_"))] = clean(text)
            except UsageError as error:
                raise UsageError(f"input {name}: {error}") from None
    if "source" not in found and (source := environment.get(ENV_REGISTRY)):
        found["source"] = source
    if "leaderboard" in found and found.get("comment_key") in (None, Inputs.comment_key):
        found["comment_key"] = found["leaderboard"]
    return Inputs(**found)


def clean_path(text: str) -> str:
    """Return a path inside the repository, with `/`."""
    path = text.replace("\\", "/").removeprefix("./")
    if path.startswith("/") or ".." in path.split("/") or not path.isprintable():
        raise UsageError(f"{text[:80]!r} must be a path inside the repository, such as expflow.yaml")
    return path


def clean_list(text: str) -> tuple[str, ...]:
    """Return the items of a list, separated by commas or lines."""
    return tuple(item for part in text.splitlines() for item in map(str.strip, part.split(",")) if item)


def clean_gates(text: str) -> tuple[Gate, ...]:
    """Return the gates, one a line; empty lines and lines that start with `#` are passed over."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(parse_gate(line) for line in lines if line and not line.startswith("#"))


def clean_top(text: str) -> int:
    """Return how many rows to show."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 1000):
        raise UsageError(f"{text[:40]!r} must be a whole number from 1 to 1000, such as 20")
    return int(text)


def clean_direction(text: str) -> bool | None:
    """Return whether higher is better."""
    return DIRECTIONS[clean_choice("ascending", "descending")(text)]


def clean_key(text: str) -> str:
    """Return a comment's key, which is part of its marker and of the status's name."""
    if not _KEY.fullmatch(text):
        raise UsageError(f"{text[:80]!r} must be letters, digits, '.', '_' and '-', 60 at most, such as task1")
    return text


def clean_choice(*allowed: str) -> Callable[[str], str]:
    """Return a function that takes one of a few words."""

    def clean(text: str) -> str:
        if text not in allowed:
            raise UsageError(f"must be one of {', '.join(allowed)}, not {text[:80]!r}{did_you_mean(text, allowed, 1)}")
        return text

    return clean


_CLEAN: dict[str, Callable[[str], Any]] = {
    "policy": clean_path,
    "source": str,
    "project": str,
    "tags": clean_list,
    "sort-by": str,
    "direction": clean_direction,
    "gates": clean_gates,
    "top": clean_top,
    "fail-on": clean_choice(*FAIL_ON),
    "require-candidate": clean_choice(*REQUIRE_CANDIDATE),
    "undecided": clean_choice(*UNDECIDED_MODES),
    "comment": clean_choice(*COMMENT_MODES),
    "leaderboard": clean_key,
    "comment-key": clean_key,
    "status": clean_choice(*STATUS_MODES),
    "report": clean_choice(*REPORT_MODES),
    "github-token": str,
}
_FIELDS = {"direction": "higher_is_better", "github-token": "token"}
