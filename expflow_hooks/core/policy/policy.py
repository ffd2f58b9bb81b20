"""The policy, `expflow.yaml`: where it is found, and what the rest of the house reads from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from expflow_hooks.core.audit import rules as audit
from expflow_hooks.core.errors import PolicyError
from expflow_hooks.core.files import folders_up
from expflow_hooks.core.metrics.gates import Gate
from expflow_hooks.core.metrics.standard import Metric, Metrics
from expflow_hooks.core.ranking.query import GroupBy

FILE = "expflow.yaml"


@dataclass(frozen=True)
class Leaderboard:
    """Where experiments come from and how they are ranked."""

    source: str | None = None
    project: str | None = None
    tags: tuple[str, ...] = ()
    sort_by: str | None = None
    gates: tuple[Gate, ...] = ()
    group_by: GroupBy | None = None
    paths: tuple[str, ...] = ()
    top: int | None = None


@dataclass(frozen=True)
class Audit:
    """The rules, which experiments they are for, and the branches where a failure blocks."""

    rules: tuple[audit.Rule, ...] = audit.RULE_SETS["competition"]
    tags: tuple[str, ...] = ()
    protect: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Policy:
    """A policy that was checked; without a file, everything is at its default."""

    path: str | None = None
    metrics: Metrics = field(default_factory=Metrics)
    leaderboard: Leaderboard = Leaderboard()
    audit: Audit = Audit()
    scan_allow: Mapping[str, str] = field(default_factory=dict)  # blob id -> reason
    allow_force: bool = True
    sections: frozenset[str] = frozenset()  # the top-level keys that the file states


def parse_policy(text: str, file: str = FILE) -> Policy:
    """Return the policy that YAML text holds; raise PolicyError, naming file, line and path, for what is not one."""
    # Here, since most folders have no policy: YAML and the schema are a tenth of a command's start.
    from expflow_hooks.core.policy.keys import check_policy

    return _build(check_policy(text, file), file)


def _build(found: Mapping[str, Any], file: str) -> Policy:
    board = dict(found.get("leaderboard", {}))
    if "group_by" in board:
        board["group_by"] = GroupBy(**_tuples(board["group_by"]))
    rules = found.get("audit", {})
    allow = found.get("scan", {}).get("allow", [])
    return Policy(
        path=file,
        metrics=_metrics(found.get("metrics", {})),
        leaderboard=Leaderboard(**_tuples(board)),
        audit=Audit(
            rules=tuple(rules.get("rules", Audit.rules)),
            tags=tuple(rules.get("applies_to", {}).get("tags", ())),
            protect=tuple(rules["protect"]) if "protect" in rules else None,
        ),
        scan_allow={entry["blob"]: entry["reason"] for entry in allow},
        allow_force=found.get("guard", {}).get("allow_force", True),
        sections=frozenset(found),
    )


def _tuples(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}


def _metrics(found: Mapping[str, Mapping[str, Any]]) -> Metrics:
    """Return the standard metrics with the policy's; a standard one keeps what is not said anew."""
    extra, standard = [], Metrics()
    for name, entry in found.items():
        base = standard.get(name) or Metric(name, "Other", entry["higher_is_better"], "", "")
        said = {"source" if key == "from" else key: value for key, value in entry.items() if key != "trust_zero"}
        extra.append(base._replace(**said))
    return Metrics(extra, (name for name, entry in found.items() if entry.get("trust_zero")))


def read_policy(path: str) -> Policy:
    """Return the policy in a file; raise PolicyError if it cannot be read or is not one."""
    from expflow_hooks.core.policy.strict_yaml import LARGEST

    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(LARGEST + 1)
    except UnicodeDecodeError:
        raise PolicyError(f"{path}:1: not UTF-8 text") from None
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from None
    return parse_policy(text, path)


def find_policy(start: str = ".") -> str | None:
    """Return the path of the nearest `expflow.yaml` from `start` up to the repository's root, or None."""
    paths = (os.path.join(folder, FILE) for folder in folders_up(start))
    return next((path for path in paths if os.path.lexists(path)), None)


def load_policy(start: str = ".") -> Policy:
    """Return the policy that governs `start`: its file's, or the defaults where there is none."""
    path = find_policy(start)
    return Policy() if path is None else read_policy(path)
