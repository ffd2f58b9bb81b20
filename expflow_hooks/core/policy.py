"""The policy, `expflow.yaml`: its schema as a table, and what the rest of the house reads from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from expflow_hooks.core import audit, schema
from expflow_hooks.core.errors import PolicyError, UsageError
from expflow_hooks.core.gates import Gate, parse_gate
from expflow_hooks.core.grouping import AGGREGATES, GroupBy
from expflow_hooks.core.metrics import Metric, Metrics
from expflow_hooks.core.values import value_status

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


_TEXT = schema.scalar((str,), "text", "task1")
_COUNT = schema.scalar((int,), "a whole number", "20")
_BOOL = schema.scalar((bool,), "true or false", "true")
_NUMBER = schema.scalar((int, float), "a number", "18.09")


def _positive(node: yaml.Node, at: schema.At) -> int:
    value: int = _COUNT(node, at)
    if value < 1:
        raise at.error(f"must be 1 or more, not {value}")
    return value


def _finite(node: yaml.Node, at: schema.At) -> float:
    value: float = _NUMBER(node, at)
    if (status := value_status(value)) is not None:
        raise at.error(f"must be a finite number, not {status}; such as 18.09")
    return value


def _version(node: yaml.Node, at: schema.At) -> int:
    value: int = _COUNT(node, at)
    if value != 1:
        raise at.error(f"version {value} is not known here; this is version 1")
    return value


def _blob(node: yaml.Node, at: schema.At) -> str:
    value: str = _TEXT(node, at)
    if len(value) not in (40, 64) or not set(value) <= set("0123456789abcdef"):
        raise at.error("must be a whole object id in lower-case hex, as `git rev-parse HEAD:path` prints it")
    return value


def _rule(node: yaml.Node, at: schema.At) -> audit.Rule:
    if isinstance(node, yaml.ScalarNode) and node.value == "clean":
        return audit.CLEAN
    if not isinstance(node, yaml.MappingNode) or len(node.value) != 1:
        raise at.error(f"must be one rule, not {schema.kind(node)}; such as gate: pde_mean:lt:18.09")
    rule: audit.Rule = next(iter(_RULE_KEYS(node, at).values()))
    return rule


_RULE_KEYS = schema.mapping(
    {
        "reported": schema.parsed(audit.reported),
        "gate": schema.parsed(audit.gate),
        "param": schema.parsed(audit.param),
    }
)

_METRIC = schema.mapping(
    {
        "group": _TEXT,
        "higher_is_better": _BOOL,
        "unit": _TEXT,
        "description": _TEXT,
        "threshold": _finite,
        "from": _TEXT,
        "trust_zero": _BOOL,
    }
)

_SCHEMA = schema.mapping(
    {
        "version": _version,
        "metrics": schema.mapping(others=_METRIC),
        "leaderboard": schema.mapping(
            {
                "source": _TEXT,
                "project": _TEXT,
                "tags": schema.list_of(_TEXT),
                "sort_by": _TEXT,
                "gates": schema.list_of(schema.parsed(parse_gate)),
                "group_by": schema.mapping(
                    {
                        "ignore": schema.list_of(_TEXT),
                        "aggregate": schema.choice(*AGGREGATES),
                        "min_runs": _positive,
                    }
                ),
                "paths": schema.list_of(_TEXT),
                "top": _positive,
            }
        ),
        "audit": schema.mapping(
            {
                "rules": schema.either(
                    (yaml.ScalarNode, schema.parsed(audit.rule_set)),
                    (yaml.SequenceNode, schema.list_of(_rule)),
                    name="a rule set's name or a list of rules",
                ),
                "applies_to": schema.mapping({"tags": schema.list_of(_TEXT)}),
                "protect": schema.list_of(_TEXT),
            }
        ),
        "scan": schema.mapping({"allow": schema.list_of(schema.mapping({"blob": _blob, "reason": _TEXT}))}),
        "guard": schema.mapping({"allow_force": _BOOL}),
    }
)


def parse_policy(text: str, file: str = FILE) -> Policy:
    """Return the policy that YAML text holds; raise PolicyError, naming file, line and path, for what is not one."""
    root, at = schema.parse(text, file)
    if root is None or (isinstance(root, yaml.ScalarNode) and schema.plain(root) is None):
        raise at.error("is empty; a policy starts with version: 1")
    found = _SCHEMA(root, at)
    if "version" not in found:
        raise at.error("has no version; add version: 1")
    return _build(found, at)


def _build(found: Mapping[str, Any], at: schema.At) -> Policy:
    try:
        metrics = _metrics(found.get("metrics", {}))
    except UsageError as error:
        raise at.error(str(error)) from None
    board = dict(found.get("leaderboard", {}))
    if "group_by" in board:
        board["group_by"] = GroupBy(**_tuples(board["group_by"]))
    rules = found.get("audit", {})
    allow = found.get("scan", {}).get("allow", [])
    if any(not entry.get("reason") or "blob" not in entry for entry in allow):
        raise at.error("scan.allow: each entry needs blob and reason")
    return Policy(
        path=at.file,
        metrics=metrics,
        leaderboard=Leaderboard(**_tuples(board)),
        audit=Audit(
            rules=tuple(rules.get("rules", Audit.rules)),
            tags=tuple(rules.get("applies_to", {}).get("tags", ())),
            protect=tuple(rules["protect"]) if "protect" in rules else None,
        ),
        scan_allow={entry["blob"]: entry["reason"] for entry in allow},
        allow_force=found.get("guard", {}).get("allow_force", True),
    )


def _tuples(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}


def _metrics(found: Mapping[str, Mapping[str, Any]]) -> Metrics:
    """Return the standard metrics with the policy's: new ones need a direction, standard ones keep what is not said."""
    standard = Metrics()
    extra = []
    for name, entry in found.items():
        base = standard.get(name)
        if base is None:
            if "higher_is_better" not in entry:
                raise UsageError(f"metrics.{name}: a new metric needs higher_is_better: true or false")
            base = Metric(name, "Other", entry["higher_is_better"], "", "")
        elif entry.get("higher_is_better", base.higher_is_better) != base.higher_is_better:
            raise UsageError(f"metrics.{name}: the direction of a standard metric cannot be turned round")
        renamed = {"source" if key == "from" else key: value for key, value in entry.items() if key != "trust_zero"}
        extra.append(base._replace(**renamed))
    return Metrics(extra, (name for name, entry in found.items() if entry.get("trust_zero")))


def read_policy(path: str) -> Policy:
    """Return the policy in a file; raise PolicyError if it cannot be read or is not one."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(schema.LARGEST + 1)
    except UnicodeDecodeError:
        raise PolicyError(f"{path}:1: not UTF-8 text") from None
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from None
    return parse_policy(text, path)


def find_policy(start: str = ".") -> str | None:
    """Return the path of the `expflow.yaml` in `start` or a folder above, up to the repository's root; or None."""
    folder = os.path.abspath(start)
    while True:
        candidate = os.path.join(folder, FILE)
        if os.path.lexists(candidate):
            return candidate
        parent = os.path.dirname(folder)
        if os.path.exists(os.path.join(folder, ".git")) or parent == folder:
            return None
        folder = parent


def load_policy(start: str = ".") -> Policy:
    """Return the policy that governs `start`: its file's, or the defaults where there is none."""
    path = find_policy(start)
    return Policy() if path is None else read_policy(path)
