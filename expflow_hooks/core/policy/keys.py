"""What `expflow.yaml` may hold, as a table: every key, its type and its check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from expflow_hooks.core.audit import rules as audit
from expflow_hooks.core.metrics.gates import AGGREGATES, parse_gate
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.policy import strict_yaml as schema

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


def check_policy(text: str, file: str) -> Mapping[str, Any]:
    """Return what YAML text says, checked; raise PolicyError, naming file, line and path, for what is not a policy."""
    root, at = schema.parse(text, file)
    if root is None or (isinstance(root, yaml.ScalarNode) and schema.plain(root) is None):
        raise at.error("is empty; a policy starts with version: 1")
    found: Mapping[str, Any] = _SCHEMA(root, at)
    if "version" not in found:
        raise at.error("has no version; add version: 1")
    return found
