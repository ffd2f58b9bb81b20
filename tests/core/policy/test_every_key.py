"""Each key of the policy is in the schema, on the reference page, and in the difference that a pull request shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from documents import ROOT

from expflow_hooks.core.policy.diff import diff_policies
from expflow_hooks.core.policy.keys import json_schema
from expflow_hooks.core.policy.load import parse_policy

SHOWN_ONLY = {"version", "scan.allow[].reason"}
"""One value is allowed, and words for people."""
UP, MINE = "metrics: {mine: {higher_is_better: true", "metrics: {mine: {higher_is_better: "
GROUP = "leaderboard: {group_by: {"
RULES = {
    "reported": ("seg1", "seg2"),
    "gate": ("pde_mean:lt:18", "pde_mean:lt:19"),
    "param": ("sub_step:gt:0", "sub_step:gt:1"),
    "runs": ("3", "5"),
    "runs.by": ("{by: a, exactly: {x: 3}}", "{by: b, exactly: {x: 3}}"),
    "runs.exactly": ("{by: a, exactly: {x: 3}}", "{by: a, exactly: {x: 5}}"),
    "unconverged.metric": ("{metric: pde_mean, at_most: 1}", "{metric: seg1, at_most: 1}"),
    "unconverged.at_most": ("{metric: pde_mean, at_most: 1}", "{metric: pde_mean, at_most: 2}"),
    "fresh_seeds": ("3", "5"),
    "significant.gate": ("{gate: 'pde_mean:lt:18', alpha: 0.01}", "{gate: 'pde_mean:lt:19', alpha: 0.01}"),
    "significant.alpha": ("{gate: 'pde_mean:lt:18', alpha: 0.01}", "{gate: 'pde_mean:lt:18', alpha: 0.02}"),
    "record.metric": ("{metric: pde_mean, gain: 1%, alpha: 0.01}", "{metric: seg1, gain: 1%, alpha: 0.01}"),
    "record.gain": ("{metric: pde_mean, gain: 1%, alpha: 0.01}", "{metric: pde_mean, gain: 2%, alpha: 0.01}"),
    "record.alpha": ("{metric: pde_mean, gain: 1%, alpha: 0.01}", "{metric: pde_mean, gain: 1%, alpha: 0.02}"),
}
CHANGES = {
    "metrics.<name>.group": (f"{UP}, group: A}}}}", f"{UP}, group: B}}}}"),
    "metrics.<name>.higher_is_better": (f"{MINE}true}}}}", f"{MINE}false}}}}"),
    "metrics.<name>.unit": (f"{UP}, unit: a}}}}", f"{UP}, unit: b}}}}"),
    "metrics.<name>.description": (f"{UP}, description: a}}}}", f"{UP}, description: b}}}}"),
    "metrics.<name>.threshold": (f"{UP}, threshold: 1}}}}", f"{UP}, threshold: 2}}}}"),
    "metrics.<name>.from": (f"{UP}, from: a}}}}", f"{UP}, from: b}}}}"),
    "metrics.<name>.aggregate": (f"{UP}, aggregate: last}}}}", f"{UP}, aggregate: max}}}}"),
    "metrics.<name>.splits": (f"{UP}, splits: [seg1]}}}}", f"{UP}, splits: [seg2]}}}}"),
    "metrics.<name>.trust_zero": (f"{UP}, trust_zero: false}}}}", f"{UP}, trust_zero: true}}}}"),
    "leaderboard.source": ("leaderboard: {source: a.jsonl}", "leaderboard: {source: b.jsonl}"),
    "leaderboard.project": ("leaderboard: {project: a}", "leaderboard: {project: b}"),
    "leaderboard.tags": ("leaderboard: {tags: [a]}", "leaderboard: {tags: [b]}"),
    "leaderboard.sort_by": ("leaderboard: {sort_by: seg1}", "leaderboard: {sort_by: pde_mean}"),
    "leaderboard.gates": ("leaderboard: {gates: ['seg1:gt:1']}", "leaderboard: {gates: ['seg1:gt:2']}"),
    "leaderboard.group_by.ignore": (f"{GROUP}ignore: [a]}}}}", f"{GROUP}ignore: [b]}}}}"),
    "leaderboard.group_by.aggregate": (
        f"{GROUP}ignore: [a], aggregate: mean}}}}",
        f"{GROUP}ignore: [a], aggregate: worst}}}}",
    ),
    "leaderboard.group_by.min_runs": (f"{GROUP}ignore: [a], min_runs: 2}}}}", f"{GROUP}ignore: [a], min_runs: 3}}}}"),
    "leaderboard.confirm": ("leaderboard: {confirm: fresh-seeds}", "leaderboard: {}"),
    "leaderboard.paths": ("leaderboard: {paths: [a]}", "leaderboard: {paths: [b]}"),
    "leaderboard.top": ("leaderboard: {top: 5}", "leaderboard: {top: 6}"),
    "leaderboard.fail_on": ("leaderboard: {fail_on: any-fail}", "leaderboard: {fail_on: never}"),
    "leaderboard.require_candidate": (
        "leaderboard: {require_candidate: always}",
        "leaderboard: {require_candidate: never}",
    ),
    "leaderboard.claims.tags": ("leaderboard: {claims: {tags: [a]}}", "leaderboard: {claims: {tags: [b]}}"),
    "audit.applies_to.tags": ("audit: {applies_to: {tags: [a]}}", "audit: {applies_to: {tags: [b]}}"),
    "audit.protect": ("audit: {protect: [a]}", "audit: {protect: [b]}"),
    "audit.rules": ("audit: {rules: competition}", "audit: {rules: [clean]}"),
    **{
        f"audit.rules[].{key}": tuple(f"audit: {{rules: [{{{key.partition('.')[0]}: {value}}}]}}" for value in pair)
        for key, pair in RULES.items()
    },
    **{
        f"rule_sets.<name>[].{key}": tuple(
            f"audit: {{rules: ours}}\nrule_sets: {{ours: [{{{key.partition('.')[0]}: {value}}}]}}" for value in pair
        )
        for key, pair in RULES.items()
    },
    "evaluator.paths": ("evaluator: {paths: [a]}", "evaluator: {paths: [b]}"),
    "scan.allow[].blob": (
        "scan: {allow: [{blob: " + "1" * 40 + ", reason: r}]}",
        "scan: {allow: [{blob: " + "2" * 40 + ", reason: r}]}",
    ),
    "guard.allow_force": ("guard: {allow_force: false}", "guard: {allow_force: true}"),
}

SHARED = ("leaderboard.source", "leaderboard.paths")
"""What all leaderboards of a policy have in common."""
CHANGES |= {
    key.replace("leaderboard.", "leaderboards.<name>."): tuple(
        text.replace("leaderboard: ", "leaderboards: {bert: ") + "}" for text in pair
    )
    for key, pair in list(CHANGES.items())
    if key.startswith("leaderboard.") and key not in SHARED
}


def keys(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the path of every key that holds no other key."""
    below = [(f"{path}.{name}".lstrip("."), one) for name, one in schema.get("properties", {}).items()]
    for nested, sign in ((schema.get("additionalProperties"), ".<name>"), (schema.get("items"), "[]")):
        below += [(path + sign, nested)] if isinstance(nested, dict) else []
    below += [(path, variant) for variant in schema.get("anyOf", ())]
    scalar = {"const", "enum"} & schema.keys() or schema.get("type") not in ("object", "array", None)
    if scalar and path:
        yield path.removesuffix("[]").replace(".exactly.<name>", ".exactly")
    for where, one in below:
        yield from keys(one, where)


KEYS = set(keys(json_schema())) - {"rule_sets.<name>"}  # the word `clean`, beside the rules' keys


def test_every_key_of_the_schema_has_a_change_here():
    assert set(CHANGES) == KEYS - SHOWN_ONLY


@pytest.mark.parametrize("key", sorted(CHANGES))
def test_a_change_of_each_key_is_shown_on_the_pull_request(key):
    old, new = (parse_policy(f"version: 1\n{text}\n", "expflow.yaml") for text in CHANGES[key])
    assert [change.key for change in diff_policies(old, new)], "a change of it is silent"
    assert diff_policies(old, old) == []


@pytest.mark.parametrize("key", sorted(KEYS))
def test_each_key_stands_on_the_reference_page(key):
    page = (ROOT / "docs" / "reference" / "policy.md").read_text(encoding="utf-8")
    assert f"| `{key}` |" in page
