"""The policy, `expflow.yaml`: its schema as a table, and what the rest of the house reads from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from expflow_hooks.core import audit, schema
from expflow_hooks.core.errors import PolicyError
from expflow_hooks.core.folders import folders_up
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

_METRIC_KEYS = schema.mapping(
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

_STANDARD = Metrics()


def _metric(node: yaml.Node, at: schema.At) -> dict[str, Any]:
    """Check one metric: a new one needs a direction, a standard one keeps its own."""
    entry: dict[str, Any] = _METRIC_KEYS(node, at)
    base = _STANDARD.get(at.path.removeprefix("metrics."))
    if base is None and "higher_is_better" not in entry:
        raise at.error("a new metric needs higher_is_better: true or false")
    if base is not None and entry.get("higher_is_better", base.higher_is_better) != base.higher_is_better:
        raise at.error("the direction of a standard metric cannot be turned round")
    return entry


def _allowed(node: yaml.Node, at: schema.At) -> dict[str, str]:
    entry: dict[str, str] = _ALLOWED_KEYS(node, at)
    if not entry.get("reason") or "blob" not in entry:
        raise at.error("needs blob and reason, so that whoever reads it knows why")
    return entry


_ALLOWED_KEYS = schema.mapping({"blob": _blob, "reason": _TEXT})

_SCHEMA = schema.mapping(
    {
        "version": _version,
        "metrics": schema.mapping(others=_metric),
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
        "scan": schema.mapping({"allow": schema.list_of(_allowed)}),
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
    board = dict(found.get("leaderboard", {}))
    if "group_by" in board:
        board["group_by"] = GroupBy(**_tuples(board["group_by"]))
    rules = found.get("audit", {})
    allow = found.get("scan", {}).get("allow", [])
    return Policy(
        path=at.file,
        metrics=_metrics(found.get("metrics", {})),
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
    """Return the standard metrics with the policy's; a standard one keeps what is not said anew."""
    extra = []
    for name, entry in found.items():
        base = _STANDARD.get(name) or Metric(name, "Other", entry["higher_is_better"], "", "")
        said = {"source" if key == "from" else key: value for key, value in entry.items() if key != "trust_zero"}
        extra.append(base._replace(**said))
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
    """Return the path of the nearest `expflow.yaml` from `start` up to the repository's root, or None."""
    paths = (os.path.join(folder, FILE) for folder in folders_up(start))
    return next((path for path in paths if os.path.lexists(path)), None)


def load_policy(start: str = ".") -> Policy:
    """Return the policy that governs `start`: its file's, or the defaults where there is none."""
    path = find_policy(start)
    return Policy() if path is None else read_policy(path)
