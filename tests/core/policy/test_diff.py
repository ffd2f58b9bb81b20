"""What a pull request changes in the policy, and which changes loosen it."""

import pytest

from expflow_hooks.core.policy.diff import diff_policies
from expflow_hooks.core.policy.load import parse_policy

BASE = """\
version: 1
metrics:
  energy: {group: Cost, higher_is_better: false}
leaderboard:
  source: experiments.jsonl
  sort_by: pde_mean
  gates: [pde_mean:lt:18.09, seg_total:ge:50]
  group_by: {ignore: [seed], aggregate: mean, min_runs: 3}
  paths: ["src/**", "configs/**"]
  top: 20
audit:
  rules:
  - reported: seg_total
  - gate: train_time_min:lt:60
  - clean
  applies_to: {tags: [submission]}
  protect: [main]
guard:
  allow_force: false
"""


@pytest.mark.parametrize(
    ("old", "new", "key", "loosens"),
    [
        ("pde_mean:lt:18.09", "pde_mean:lt:20", "leaderboard.gates", True),
        ("pde_mean:lt:18.09", "pde_mean:lt:18", "leaderboard.gates", False),
        ("pde_mean:lt:18.09", "pde_mean:le:18.09", "leaderboard.gates", True),
        ("seg_total:ge:50", "seg_total:gt:50", "leaderboard.gates", False),
        ("seg_total:ge:50", "seg_total:ge:49", "leaderboard.gates", True),
        (", seg_total:ge:50", "", "leaderboard.gates", True),
        ("[pde_mean:lt:18.09", "[pde_mean:lt:18.09, pde_seg1:lt:9", "leaderboard.gates", False),
        ("sort_by: pde_mean", "sort_by: seg_total", "leaderboard.sort_by", True),
        ("source: experiments.jsonl", "source: other.jsonl", "leaderboard.source", True),
        ("  top: 20", "  top: 5", "leaderboard.top", False),
        ("  top: 20", "  top: 20\n  project: Easy", "leaderboard.project", True),
        ("  top: 20", "  top: 20\n  tags: [easy]", "leaderboard.tags", True),
        ('["src/**", "configs/**"]', '["src/**"]', "leaderboard.paths", True),
        ('"configs/**"]', '"configs/**", "data/**"]', "leaderboard.paths", False),
        ('"configs/**"]', '"configs/**", "!src/x"]', "leaderboard.paths", True),
        ("  top: 20", "  top: 20\n  fail_on: none-pass", "leaderboard.fail_on", True),
        ("  top: 20", "  top: 20\n  fail_on: any-fail", "leaderboard.fail_on", False),
        ("  top: 20", "  top: 20\n  require_candidate: never", "leaderboard.require_candidate", True),
        ("  top: 20", "  top: 20\n  require_candidate: always", "leaderboard.require_candidate", False),
        ("  top: 20", "  top: 20\n  claims: {tags: [submission]}", "leaderboard.claims", True),
        ("  top: 20", "  top: 20\n  confirm: fresh-seeds", "leaderboard.confirm", False),
        ("min_runs: 3", "min_runs: 2", "leaderboard.group_by.min_runs", True),
        ("min_runs: 3", "min_runs: 5", "leaderboard.group_by.min_runs", False),
        ("aggregate: mean", "aggregate: worst", "leaderboard.group_by.aggregate", False),
        ("aggregate: mean", "aggregate: median", "leaderboard.group_by.aggregate", True),
        ("ignore: [seed]", "ignore: [seed, lr]", "leaderboard.group_by.ignore", True),
        ("higher_is_better: false}", "higher_is_better: true}", "metrics.energy", True),
        ("higher_is_better: false}", 'higher_is_better: false, from: "x"}', "metrics.energy", True),
        ("higher_is_better: false}", "higher_is_better: false, unit: kWh}", "metrics.energy", False),
        ("higher_is_better: false}", "higher_is_better: false, trust_zero: true}", "metrics.energy.trust_zero", True),
        ("higher_is_better: false}", "higher_is_better: false, splits: [a, b]}", "metrics.energy", False),
        ("  - reported: seg_total\n", "", "audit.rules", True),
        ("  - clean\n", "  - clean\n  - reported: pde_mean\n", "audit.rules", False),
        ("train_time_min:lt:60", "train_time_min:lt:90", "audit.rules", True),
        ("tags: [submission]", "tags: [submission, final]", "audit.applies_to.tags", True),
        ("  applies_to: {tags: [submission]}\n", "", "audit.applies_to.tags", False),
        ("protect: [main]", "protect: [other]", "audit.protect", True),
        ("protect: [main]", "protect: [main, release]", "audit.protect", False),
        ("allow_force: false", "allow_force: true", "guard.allow_force", True),
        ("guard:", f"scan:\n  allow: [{{blob: {'a' * 40}, reason: r}}]\nguard:", "scan.allow aaaaaaaaaaaa", True),
    ],
)
def test_one_change(old, new, key, loosens):
    assert old in BASE
    (change,) = diff_policies(parse_policy(BASE), parse_policy(BASE.replace(old, new)))
    assert (change.key, change.loosens) == (key, loosens)


def test_a_gate_that_is_turned_round_is_one_gone_and_one_new():
    found = diff_policies(parse_policy(BASE), parse_policy(BASE.replace("seg_total:ge:50", "seg_total:lt:50")))
    assert [(change.old, change.loosens) for change in found] == [("seg_total ≥ 50", True), (None, False)]


def test_the_same_policy_changes_nothing():
    assert diff_policies(parse_policy(BASE), parse_policy(BASE + "# a comment\n")) == []


def test_a_gate_is_shown_as_it_was_and_as_it_is_to_be():
    (change,) = diff_policies(parse_policy(BASE), parse_policy(BASE.replace("18.09", "20")))
    assert (change.old, change.new) == ("pde_mean < 18.09", "pde_mean < 20")


def test_taking_the_audit_out_is_one_change_that_loosens():
    without = BASE[: BASE.index("audit:")] + BASE[BASE.index("guard:") :]
    (change,) = diff_policies(parse_policy(BASE), parse_policy(without))
    assert (change.key, change.new, change.loosens) == ("audit", None, True)


@pytest.mark.parametrize(
    ("old", "new", "loosens"),
    [
        ("pde_mean@ucl95:lt:18.09", "pde_mean@mean:lt:18.09", True),
        ("pde_mean@ucl95:lt:18.09", "pde_mean:lt:18.09", True),
        ("pde_mean@mean:lt:18.09", "pde_mean@ucl95:lt:18.09", False),
        ("pde_mean:lt:18.09", "pde_mean@ucl95:lt:18.09", False),
        ("pde_mean:lt:18.09", "pde_mean@mean:lt:18.09", False),
        ("pde_mean:lt:18.09", "pde_mean@ucl95:lt:19", True),
        ("pde_mean:lt:18.09", "pde_mean@worst:lt:18.09", False),
        ("pde_mean@worst:lt:18.09", "pde_mean@mean:lt:18.09", True),
        ("pde_mean@worst:lt:18.09", "pde_mean@ucl95:lt:18.09", True),
        ("pde_mean~base:lt:0", "pde_mean@mean~base:lt:0", True),
        ("pde_mean@mean~base:lt:0", "pde_mean~base:lt:0", False),
        ("pde_mean~base:lt:-0.5", "pde_mean~base:lt:0", True),
        ("pde_mean~base:lt:0", "pde_mean@ucl95~base:lt:0", False),
    ],
)
def test_a_gate_that_judges_less_strictly_loosens(old, new, loosens):
    assert "pde_mean:lt:18.09, " in BASE
    before, after = (parse_policy(BASE.replace("pde_mean:lt:18.09", gate, 1)) for gate in (old, new))
    (change,) = diff_policies(before, after)
    assert (change.key, change.loosens) == ("leaderboard.gates", loosens)


def test_a_gate_against_the_base_is_no_successor_of_one_on_the_value():
    policies = [BASE, BASE.replace("pde_mean:lt:18.09", "pde_mean~base:lt:0", 1)]
    found = diff_policies(*map(parse_policy, policies))
    assert [(change.old, change.new, change.loosens) for change in found] == [
        ("pde_mean < 18.09", None, True),
        (None, "pde_mean~base < 0", False),
    ]


def test_no_confirmation_any_more_loosens():
    confirmed = BASE.replace("  top: 20", "  top: 20\n  confirm: fresh-seeds")
    (change,) = diff_policies(parse_policy(confirmed), parse_policy(BASE))
    assert (change.key, change.loosens) == ("leaderboard.confirm", True)
