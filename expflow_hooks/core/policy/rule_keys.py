"""The keys of rules and rule sets, as the policy's table has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import yaml

from expflow_hooks.core.audit import rule_sets, rules
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.policy import strict_yaml as schema
from expflow_hooks.core.policy.scalars import COUNT, POSITIVE, TEXT
from expflow_hooks.core.policy.strict_yaml import Key


def _rule(node: yaml.Node, at: schema.At) -> rules.Rule:
    if isinstance(node, yaml.ScalarNode) and node.value == "clean":
        return rules.CLEAN
    if not isinstance(node, yaml.MappingNode) or len(node.value) != 1:
        raise at.error(f"must be one rule, not {schema.kind(node)}; such as gate: pde_mean:lt:18.09")
    rule: rules.Rule = next(iter(_RULE_KEYS(node, at).values()))
    return rule


def _made(make: Callable[..., Any], keys: Mapping[str, Key], *needed: str) -> schema.NodeCheck:
    """Return a check for a mapping that `make` takes as its arguments; its UsageError becomes this place's error."""
    base = schema.mapping(keys)

    def check(node: yaml.Node, at: schema.At) -> Any:
        found = base(node, at)
        if missing := [name for name in needed if name not in found]:
            raise at.error(f"needs {missing[0]}: {keys[missing[0]].meaning[0].lower()}{keys[missing[0]].meaning[1:]}")
        try:
            return make(**found)
        except UsageError as error:
            raise at.error(str(error)) from None

    return schema.NodeCheck(check, {**base.schema, "required": list(needed)})


_ALPHA = Key(schema.scalar((float,), "a level between 0 and 1", "0.01"), "The one-sided level; default: 0.05.")
_RUNS = schema.either(
    (yaml.ScalarNode, schema.built(rules.runs, POSITIVE)),
    (
        yaml.MappingNode,
        _made(
            rules.runs,
            {
                "by": Key(TEXT, "The parameter whose value says how many, such as `benchmark`."),
                "exactly": Key(schema.mapping(others=POSITIVE), "How many, by the parameter's value."),
            },
            "by",
            "exactly",
        ),
    ),
    name="a number of runs, or by and exactly",
)
_UNCONVERGED = _made(
    rules.unconverged,
    {
        "metric": Key(TEXT, "The metric that a run which converged has a value of."),
        "at_most": Key(schema.refined(COUNT, lambda n: None if n >= 0 else "must be 0 or more"), "How many may not."),
    },
    "metric",
)
_SIGNIFICANT = _made(
    rules.significant, {"gate": Key(TEXT, "The gate, such as `pde_mean:lt:18.09`."), "alpha": _ALPHA}, "gate"
)
_RECORD = _made(
    rules.record,
    {
        "metric": Key(TEXT, "The metric of the record."),
        "gain": Key(schema.scalar((int, float, str), "a gain", "1%"), "By how much at least: `0.5`, or `1%` of it."),
        "alpha": _ALPHA,
    },
    "metric",
)
_RULE_KEYS = schema.mapping(
    {
        "reported": Key(schema.parsed(rules.reported), "The metric was reported with a value that counts."),
        "gate": Key(schema.parsed(rules.gate), "The gate holds, such as `pde_mean:lt:18.09`."),
        "param": Key(schema.parsed(rules.param), "The parameter compares, such as `sub_step:gt:0`."),
        "runs": Key(_RUNS, "The group has exactly so many runs, whatever became of them."),
        "unconverged": Key(_UNCONVERGED, "At most so many runs of the group did not converge."),
        "fresh_seeds": Key(schema.built(rules.fresh_seeds, POSITIVE), "So many runs have seeds of their own."),
        "significant": Key(_SIGNIFICANT, "The group's mean is inside the gate, at a one-sided p below alpha."),
        "record": Key(_RECORD, "The group beats the best earlier one by more than the gain, at p below alpha."),
    }
)
_RULE = schema.NodeCheck(_rule, {"anyOf": [{"const": "clean"}, {**_RULE_KEYS.schema, "maxProperties": 1}]})


class NamedRules(NamedTuple):
    """A rule set by name, which may be defined further down in the file."""

    name: str
    at: schema.At


RULE_LIST = schema.list_of(_RULE)
RULES = schema.either(
    (yaml.ScalarNode, schema.NodeCheck(lambda node, at: NamedRules(TEXT(node, at), at), {"type": "string"})),
    (yaml.SequenceNode, RULE_LIST),
    name="a rule set's name or a list of rules",
)


def own_set(node: yaml.Node, at: schema.At) -> Any:
    if at.path.removeprefix("rule_sets.") in rule_sets.RULE_SETS:
        raise at.error("is built in and cannot be another set; choose a name of your own")
    found = RULE_LIST(node, at)
    if not found:
        raise at.error("holds no rule, so that nothing would pass; such as [{reported: seg_total}]")
    return found
