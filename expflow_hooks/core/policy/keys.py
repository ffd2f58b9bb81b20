"""What `expflow.yaml` may hold, as a table: every key, its type, its check, what it means, and what is built of it.

The policy, the JSON Schema that editors read and the reference page are all made from this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import yaml

from expflow_hooks.core.audit import rule_sets, rules
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.gates import AGGREGATES, parse_gate
from expflow_hooks.core.metrics.standard import Metric, Metrics
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.policy import strict_yaml as schema
from expflow_hooks.core.policy.choices import CONFIRM, FAIL_ON, REQUIRE_CANDIDATE
from expflow_hooks.core.policy.policy import Audit, Leaderboard, Policy
from expflow_hooks.core.policy.strict_yaml import Key
from expflow_hooks.core.ranking.query import GroupBy

_TEXT = schema.scalar((str,), "text", "task1")
_COUNT = schema.scalar((int,), "a whole number", "20")
_BOOL = schema.scalar((bool,), "true or false", "true")
_NUMBER = schema.scalar((int, float), "a number", "18.09")
_TEXTS = schema.list_of(_TEXT)


def _positive(value: int) -> str | None:
    return None if value >= 1 else f"must be 1 or more, not {value}"


def _finite(value: float) -> str | None:
    status = value_status(value)
    return status and f"must be a finite number, not {status}; such as 18.09"


def _version(value: int) -> str | None:
    return None if value == 1 else f"version {value} is not known here; this is version 1"


def _object_id(value: str) -> str | None:
    right = len(value) in (40, 64) and set(value) <= set("0123456789abcdef")
    return None if right else "must be a whole object id in lower-case hex, as `git rev-parse HEAD:path` prints it"


_POSITIVE = schema.refined(_COUNT, _positive, minimum=1)


def _rule(node: yaml.Node, at: schema.At) -> rules.Rule:
    if isinstance(node, yaml.ScalarNode) and node.value == "clean":
        return rules.CLEAN
    if not isinstance(node, yaml.MappingNode) or len(node.value) != 1:
        raise at.error(f"must be one rule, not {schema.kind(node)}; such as gate: pde_mean:lt:18.09")
    rule: rules.Rule = next(iter(_RULE_KEYS(node, at).values()))
    return rule


_GATE = schema.parsed(parse_gate)


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


_ALPHA = Key(schema.scalar((float,), "a level between 0 and 1", "0.01"), "The one-sided level; 0.05 unless said.")
_RUNS = schema.either(
    (yaml.ScalarNode, schema.built(rules.runs, _POSITIVE)),
    (
        yaml.MappingNode,
        _made(
            rules.runs,
            {
                "by": Key(_TEXT, "The parameter whose value says how many, such as `benchmark`."),
                "exactly": Key(schema.mapping(others=_POSITIVE), "How many, by the parameter's value."),
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
        "metric": Key(_TEXT, "The metric that a run which converged has a value of."),
        "at_most": Key(schema.refined(_COUNT, lambda n: None if n >= 0 else "must be 0 or more"), "How many may not."),
    },
    "metric",
)
_SIGNIFICANT = _made(
    rules.significant, {"gate": Key(_TEXT, "The gate, such as `pde_mean:lt:18.09`."), "alpha": _ALPHA}, "gate"
)
_RECORD = _made(
    rules.record,
    {
        "metric": Key(_TEXT, "The metric of the record."),
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
        "fresh_seeds": Key(schema.built(rules.fresh_seeds, _POSITIVE), "So many runs have seeds of their own."),
        "significant": Key(_SIGNIFICANT, "The group's mean is inside the gate, at a one-sided p below alpha."),
        "record": Key(_RECORD, "The group beats the best earlier one by more than the gain, at p below alpha."),
    }
)
_RULE = schema.NodeCheck(_rule, {"anyOf": [{"const": "clean"}, {**_RULE_KEYS.schema, "maxProperties": 1}]})


class _Named(NamedTuple):
    """A rule set by its name, which may stand further down in the file."""

    name: str
    at: schema.At


_RULE_LIST = schema.list_of(_RULE)
_RULES = schema.either(
    (yaml.ScalarNode, schema.NodeCheck(lambda node, at: _Named(_TEXT(node, at), at), {"type": "string"})),
    (yaml.SequenceNode, _RULE_LIST),
    name="a rule set's name or a list of rules",
)


def _own_set(node: yaml.Node, at: schema.At) -> Any:
    if at.path.removeprefix("rule_sets.") in rule_sets.RULE_SETS:
        raise at.error("is built in and cannot be another set; choose a name of your own")
    found = _RULE_LIST(node, at)
    if not found:
        raise at.error("holds no rule, so that nothing would pass; such as [{reported: seg_total}]")
    return found


_METRIC_KEYS = schema.mapping(
    {
        "group": Key(_TEXT, "The group it is shown under."),
        "higher_is_better": Key(_BOOL, "Its direction; a new metric needs it, a standard one keeps its own."),
        "unit": Key(_TEXT, "Its unit."),
        "description": Key(_TEXT, "What it is."),
        "threshold": Key(schema.refined(_NUMBER, _finite), "The threshold that `metrics show` tells."),
        "from": Key(_TEXT, "The name under which experiments report it, where that differs."),
        "aggregate": Key(
            schema.choice("last", "min", "max"), "Which of the values over a ClearML task's training counts."
        ),
        "splits": Key(_TEXTS, "The metrics that it sums up: where one of them does not count, it does not either."),
        "trust_zero": Key(_BOOL, "Take an exact 0.0 from ClearML for a value, not for a NaN that was uploaded as 0.0."),
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


def _allowed(node: yaml.Node, at: schema.At) -> tuple[str, str]:
    entry: dict[str, str] = _ALLOWED_KEYS(node, at)
    if not entry.get("reason") or "blob" not in entry:
        raise at.error("needs blob and reason, so that whoever reads it knows why")
    return entry["blob"], entry["reason"]


_ALLOWED_KEYS = schema.mapping(
    {
        "blob": Key(schema.refined(_TEXT, _object_id), "The object's whole id."),
        "reason": Key(_TEXT, "Why it is excused."),
    }
)


# What is built of each mapping


def _metrics(found: Mapping[str, Mapping[str, Any]]) -> Metrics:
    """Return the standard metrics with the policy's; a standard one keeps what the policy leaves out."""
    extra = []
    for name, entry in found.items():
        base = _STANDARD.get(name) or Metric(name, "Other", entry["higher_is_better"], "", "")
        fields = {"source" if key == "from" else key: value for key, value in entry.items() if key != "trust_zero"}
        extra.append(base._replace(**fields))
    return Metrics(extra, (name for name, entry in found.items() if entry.get("trust_zero")))


def _audit(found: Mapping[str, Any]) -> Audit:
    return Audit(
        rules=found.get("rules", Audit.rules),  # a name still, which `check_policy` looks up
        tags=found.get("applies_to", {}).get("tags", ()),
        protect=found.get("protect"),
    )


def _excused(entries: Iterable[tuple[str, str]]) -> dict[str, str]:
    return dict(entries)


_SECTIONS = schema.mapping(
    {
        "version": Key(schema.refined(_COUNT, _version, const=1), "The form of this file: 1."),
        "metrics": Key(
            schema.built(_metrics, schema.mapping(others=schema.NodeCheck(_metric, _METRIC_KEYS.schema))),
            "Metrics of your own, by name, and other people's names for the standard ones.",
        ),
        "leaderboard": Key(
            schema.built(
                lambda found: Leaderboard(**found),
                schema.mapping(
                    {
                        "source": Key(_TEXT, "Where experiments come from: a registry's path, or `clearml`."),
                        "project": Key(_TEXT, "Only experiments of this project."),
                        "tags": Key(_TEXTS, "Only experiments with all of these tags."),
                        "sort_by": Key(_TEXT, "The metric to rank by."),
                        "gates": Key(schema.list_of(_GATE), "Gates such as `pde_mean:lt:18.09`; all must hold."),
                        "group_by": Key(
                            schema.built(
                                lambda found: GroupBy(**found),
                                schema.mapping(
                                    {
                                        "ignore": Key(_TEXTS, "Runs that differ in these parameters only are one."),
                                        "aggregate": Key(
                                            schema.choice(*AGGREGATES), "What stands for a group's values."
                                        ),
                                        "min_runs": Key(_POSITIVE, "A group of fewer runs does not rank."),
                                    }
                                ),
                            ),
                            "One row for the runs of one configuration.",
                        ),
                        "confirm": Key(
                            schema.choice(*CONFIRM),
                            "`fresh-seeds`: bounds judge a change's runs whose seeds no earlier line has.",
                        ),
                        "paths": Key(_TEXTS, "A change that touches none of these needs no candidate."),
                        "top": Key(_POSITIVE, "How many ranked rows are shown."),
                        "fail_on": Key(schema.choice(*FAIL_ON), "When the numbers of a change's experiments fail it."),
                        "require_candidate": Key(
                            schema.choice(*REQUIRE_CANDIDATE),
                            "Which changes need an experiment; `auto` are those that touch `paths`.",
                        ),
                        "claims": Key(
                            schema.built(
                                lambda found: found.get("tags", ()),
                                schema.mapping({"tags": Key(_TEXTS, "Only experiments with all of these tags.")}),
                            ),
                            "Which experiments of a change are judged; all unless said.",
                        ),
                    }
                ),
            ),
            "What is ranked, by what, and the gates.",
        ),
        "audit": Key(
            schema.built(
                _audit,
                schema.mapping(
                    {
                        "rules": Key(_RULES, "A rule set's name, or a list of rules."),
                        "applies_to": Key(
                            schema.mapping({"tags": Key(_TEXTS, "Experiments with all of these tags.")}),
                            "Which completed experiments are audited; default: all.",
                        ),
                        "protect": Key(
                            _TEXTS, "The branches where a failure blocks; default: the remote's default branch."
                        ),
                    }
                ),
            ),
            "The rules of a competition or of the team.",
        ),
        "rule_sets": Key(
            schema.mapping(others=schema.NodeCheck(_own_set, _RULE_LIST.schema)),
            "Rule sets of your own, by name, for `audit.rules` and `audit validate --rules`.",
        ),
        "evaluator": Key(
            schema.built(
                lambda found: found.get("paths", ()),
                schema.mapping({"paths": Key(_TEXTS, "The files that make the numbers, as patterns.")}),
            ),
            "What makes the numbers: a change of it waits until the base's best was measured again.",
        ),
        "scan": Key(
            schema.mapping(
                {
                    "allow": Key(
                        schema.built(_excused, schema.list_of(schema.NodeCheck(_allowed, _ALLOWED_KEYS.schema))),
                        "Historic objects that the scan excuses, by id.",
                    )
                }
            ),
            "What the scan for PIN hashes excuses.",
        ),
        "guard": Key(
            schema.mapping({"allow_force": Key(_BOOL, "Whether `--force` goes round the PIN on `run`.")}),
            "The PIN's guard.",
        ),
    }
)


def check_policy(text: str, file: str) -> Policy:
    """Return the policy that YAML text holds; raise PolicyError, naming file, line and path, for what is not one."""
    root, at = schema.parse(text, file)
    if root is None or (isinstance(root, yaml.ScalarNode) and schema.plain(root) is None):
        raise at.error("is empty; a policy starts with version: 1")
    found: Mapping[str, Any] = _SECTIONS(root, at)
    if "version" not in found:
        raise at.error("has no version; add version: 1")
    given = {key: found[key] for key in ("metrics", "leaderboard", "audit", "evaluator", "rule_sets") if key in found}
    if isinstance(named := found.get("audit", Audit()).rules, _Named):
        try:
            chosen = rule_sets.rule_set(named.name, found.get("rule_sets", {}))
        except UsageError as error:
            raise named.at.error(str(error)) from None
        given["audit"] = replace(found["audit"], rules=chosen)
    return Policy(
        path=file,
        scan_allow=found.get("scan", {}).get("allow", {}),
        allow_force=found.get("guard", {}).get("allow_force", True),
        sections=frozenset(found),
        **given,
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `expflow.yaml`, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "expflow.yaml, the policy",
        **_SECTIONS.schema,
        "required": ["version"],
    }
