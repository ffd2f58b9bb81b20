"""What `expflow.yaml` may hold, as a table: every key, its type, its check, what it means, and what is built of it.

The policy, the JSON Schema that editors read and the reference page are all made from this table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import yaml

from expflow_hooks.core.audit import rule_sets
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.metrics.gates import AGGREGATES, parse_gate
from expflow_hooks.core.metrics.standard import Metric, Metrics
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.policy import strict_yaml as schema
from expflow_hooks.core.policy.choices import BOARD_KEY, CONFIRM, FAIL_ON, REQUIRE_CANDIDATE
from expflow_hooks.core.policy.policy import Audit, Leaderboard, Policy
from expflow_hooks.core.policy.rule_keys import RULE_LIST, RULES, NamedRules, own_set
from expflow_hooks.core.policy.scalars import BOOL, COUNT, NUMBER, POSITIVE, TEXT, TEXTS
from expflow_hooks.core.policy.strict_yaml import Key
from expflow_hooks.core.ranking.query import GroupBy


def _finite(value: float) -> str | None:
    status = value_status(value)
    return status and f"must be a finite number, not {status}; such as 18.09"


def _version(value: int) -> str | None:
    return None if value == 1 else f"version {value} is not known here; this is version 1"


def _object_id(value: str) -> str | None:
    right = len(value) in (40, 64) and set(value) <= set("0123456789abcdef")
    return None if right else "must be a whole object id in lower-case hex, as `git rev-parse HEAD:path` prints it"


_GATE = schema.parsed(parse_gate)
_METRIC_KEYS = schema.mapping(
    {
        "group": Key(TEXT, "The group it is shown under."),
        "higher_is_better": Key(BOOL, "Its direction; a new metric needs it, a standard one keeps its own."),
        "unit": Key(TEXT, "Its unit."),
        "description": Key(TEXT, "What it is."),
        "threshold": Key(schema.refined(NUMBER, _finite), "The threshold that `metrics show` prints."),
        "from": Key(TEXT, "The name under which experiments report it, where that differs."),
        "aggregate": Key(
            schema.choice("last", "min", "max"), "Which of the values over a ClearML task's training counts."
        ),
        "splits": Key(TEXTS, "The metrics that it sums up: where one of them does not count, it does not either."),
        "trust_zero": Key(BOOL, "Take an exact 0.0 from ClearML for a value, not for a NaN that was uploaded as 0.0."),
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
        "blob": Key(schema.refined(TEXT, _object_id), "The object's whole id."),
        "reason": Key(TEXT, "Why it is excused."),
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


_SHARED_KEYS = {
    "source": Key(TEXT, "Where experiments come from: a registry's path, or `clearml`."),
    "paths": Key(TEXTS, "A change that touches none of these needs no candidate."),
}
_BOARD_KEYS: dict[str, Key] = {
    "project": Key(TEXT, "Only experiments of this project."),
    "tags": Key(TEXTS, "Only experiments with all of these tags."),
    "sort_by": Key(TEXT, "The metric to rank by."),
    "gates": Key(schema.list_of(_GATE), "Gates such as `pde_mean:lt:18.09`; all must hold."),
    "group_by": Key(
        schema.built(
            lambda found: GroupBy(**found),
            schema.mapping(
                {
                    "ignore": Key(TEXTS, "Runs that differ in these parameters only are one."),
                    "aggregate": Key(schema.choice(*AGGREGATES), "What a group's values are reduced to."),
                    "min_runs": Key(POSITIVE, "A group of fewer runs does not rank."),
                }
            ),
        ),
        "One row for the runs of one configuration.",
    ),
    "confirm": Key(
        schema.choice(*CONFIRM),
        "`fresh-seeds`: bounds judge a change's runs whose seeds no earlier line has.",
    ),
    "top": Key(POSITIVE, "How many ranked rows are shown."),
    "fail_on": Key(schema.choice(*FAIL_ON), "When the numbers of a change's experiments fail it."),
    "require_candidate": Key(
        schema.choice(*REQUIRE_CANDIDATE),
        "Which changes need an experiment; `auto` are those that touch `paths`.",
    ),
    "claims": Key(
        schema.built(
            lambda found: found.get("tags", ()),
            schema.mapping({"tags": Key(TEXTS, "Only experiments with all of these tags.")}),
        ),
        "Which experiments of a change are judged; default: all.",
    ),
}
_OWN_BOARD = schema.mapping(_BOARD_KEYS)


def _board(node: yaml.Node, at: schema.At) -> dict[str, Any]:
    """Check one of several leaderboards, whose name is its comment's key."""
    if not BOARD_KEY.fullmatch(at.path.removeprefix("leaderboards.")):
        raise at.error("a leaderboard's name is letters, digits, '.', '_' and '-', 60 at most, such as resnet")
    found: dict[str, Any] = _OWN_BOARD(node, at)
    return found


def _boards(found: Mapping[str, Any]) -> dict[str, Leaderboard]:
    """Return the leaderboards, each with what the shared section says where it says nothing itself."""
    shared = found.get("leaderboard", Leaderboard())
    return {name: replace(shared, **board) for name, board in found.get("leaderboards", {}).items()}


_SECTIONS = schema.mapping(
    {
        "version": Key(schema.refined(COUNT, _version, const=1), "The form of this file: 1."),
        "metrics": Key(
            schema.built(_metrics, schema.mapping(others=schema.NodeCheck(_metric, _METRIC_KEYS.schema))),
            "Metrics of your own, by name, and other people's names for the standard ones.",
        ),
        "leaderboard": Key(
            schema.built(lambda found: Leaderboard(**found), schema.mapping({**_SHARED_KEYS, **_BOARD_KEYS})),
            "What is ranked, by what, and the gates.",
        ),
        "leaderboards": Key(
            schema.mapping(others=schema.NodeCheck(_board, _OWN_BOARD.schema)),
            "Several leaderboards, by name; what one leaves out is what `leaderboard` says.",
        ),
        "audit": Key(
            schema.built(
                _audit,
                schema.mapping(
                    {
                        "rules": Key(RULES, "A rule set's name, or a list of rules."),
                        "applies_to": Key(
                            schema.mapping({"tags": Key(TEXTS, "Experiments with all of these tags.")}),
                            "Which completed experiments are audited; default: all.",
                        ),
                        "protect": Key(
                            TEXTS, "The branches where a failure blocks; default: the remote's default branch."
                        ),
                    }
                ),
            ),
            "The rules of a competition or of the team.",
        ),
        "rule_sets": Key(
            schema.mapping(others=schema.NodeCheck(own_set, RULE_LIST.schema)),
            "Rule sets of your own, by name, for `audit.rules` and `audit validate --rules`.",
        ),
        "evaluator": Key(
            schema.built(
                lambda found: found.get("paths", ()),
                schema.mapping({"paths": Key(TEXTS, "The files that make the numbers, as patterns.")}),
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
            schema.mapping({"allow_force": Key(BOOL, "Whether `--force` skips the PIN on `run`.")}),
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
    if isinstance(named := found.get("audit", Audit()).rules, NamedRules):
        try:
            chosen = rule_sets.rule_set(named.name, found.get("rule_sets", {}))
        except UsageError as error:
            raise named.at.error(str(error)) from None
        given["audit"] = replace(found["audit"], rules=chosen)
    return Policy(
        path=file,
        leaderboards=_boards(found),
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
