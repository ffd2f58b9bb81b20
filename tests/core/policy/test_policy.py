"""The policy: what it holds, and the one-line error, with file, line and path, for what it may not."""

import pytest

from expflow_hooks.core.audit.rule_sets import RULE_SETS
from expflow_hooks.core.errors import PolicyError, UsageError
from expflow_hooks.core.policy.diff import diff_policies
from expflow_hooks.core.policy.load import load_policy, parse_policy
from expflow_hooks.core.ranking.query import GroupBy

FULL = """\
version: 1
metrics:
  energy_kwh: {group: Cost, higher_is_better: false, unit: kWh, threshold: 12}
  pde_mean: {from: "val/pde_loss", trust_zero: true}
leaderboard:
  source: experiments.jsonl
  project: PDEBench
  tags: [task1]
  sort_by: pde_mean
  gates: [pde_mean:lt:18.09, train_time_min:lt:60]
  group_by: {ignore: [seed], aggregate: mean, min_runs: 3}
  paths: ["src/**", "configs/**"]
  top: 20
  fail_on: any-fail
  require_candidate: always
  claims: {tags: [submission]}
audit:
  rules:
    - reported: seg_total
    - gate: pde_mean:lt:18.09
    - param: sub_step:gt:0
    - clean
  applies_to: {tags: [submission]}
  protect: [main]
scan:
  allow: [{blob: 0123456789abcdef0123456789abcdef01234567, reason: "retired PIN, 2026"}]
guard:
  allow_force: false
"""


def test_every_key_of_the_contract_is_read():
    policy = parse_policy(FULL)
    board = policy.leaderboard
    assert (board.source, board.project, board.tags, board.sort_by) == (
        "experiments.jsonl",
        "PDEBench",
        ("task1",),
        "pde_mean",
    )
    assert [gate.text for gate in board.gates] == ["pde_mean:lt:18.09", "train_time_min:lt:60"]
    assert board.group_by == GroupBy(("seed",), "mean", 3)
    assert (board.paths, board.top) == (("src/**", "configs/**"), 20)
    assert (board.fail_on, board.require_candidate, board.claims) == ("any-fail", "always", ("submission",))
    assert [rule.kind for rule in policy.audit.rules] == ["reported", "gate", "param", "clean"]
    assert (policy.audit.tags, policy.audit.protect) == (("submission",), ("main",))
    assert list(policy.scan_allow.values()) == ["retired PIN, 2026"]
    assert policy.allow_force is False
    energy = policy.metrics.get("energy_kwh")
    assert (energy.group, energy.higher_is_better, energy.unit, energy.threshold) == ("Cost", False, "kWh", 12)
    assert policy.metrics.source("pde_mean") == "val/pde_loss"
    assert policy.metrics.get("pde_mean").threshold == 18.09
    assert policy.metrics.trust_zero == {"pde_mean"}


def test_the_least_policy_has_the_defaults():
    policy = parse_policy("version: 1\n")
    assert policy.leaderboard.gates == ()
    assert [rule.show() for rule in policy.audit.rules] == [
        "seg_total reported",
        "pde_mean < 18.09",
        "train_time_min < 60",
        "parameter sub_step > 0",
    ]
    assert policy.allow_force is True


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "version: 1"),
        ("null\n", 1, "version: 1"),
        ("[]\n", 1, "must be a mapping"),
        ("text\n", 1, "must be a mapping"),
        ("leaderboard: {}\n", 1, "version"),
        ("version: 2\n", 1, "version: version 2"),
        ("version: '1'\n", 1, "whole number"),
        ("version: true\n", 1, "whole number"),
        ("version: 1\nleaderbord: {}\n", 2, "did you mean leaderboard"),
        ("version: 1\nleaderboard:\n  gate: []\n", 3, "leaderboard.gate: unknown key; did you mean gates"),
        ("version: 1\nleaderboard:\n  gates: pde_mean:lt:18.09\n", 3, "leaderboard.gates: must be a list"),
        (
            "version: 1\nleaderboard:\n  gates:\n  - pde_mean:lt:18.09\n  - pde:less:1\n",
            5,
            "leaderboard.gates[1]: gate",
        ),
        ("version: 1\nleaderboard: {top: 0}\n", 2, "leaderboard.top: must be 1 or more"),
        ("version: 1\nleaderboard: {top: -1}\n", 2, "leaderboard.top"),
        ("version: 1\nleaderboard: {top: 2.5}\n", 2, "leaderboard.top"),
        ("version: 1\nleaderboard: {group_by: {aggregate: avg}}\n", 2, "one of mean, median, worst"),
        ("version: 1\nleaderboard: {fail_on: sometimes}\n", 2, "one of never, none-pass, candidate-fail, any-fail"),
        ("version: 1\nleaderboard: {require_candidate: true}\n", 2, "one of never, auto, always"),
        ("version: 1\nleaderboard: {claims: [submission]}\n", 2, "leaderboard.claims: must be"),
        ("version: 1\nleaderboard: {tags: task1}\n", 2, "leaderboard.tags: must be a list"),
        ("version: 1\nleaderboard: {tags: [1]}\n", 2, "leaderboard.tags[0]: must be text"),
        ("version: 1\naudit: {rules: competiton}\n", 2, "did you mean competition"),
        ("version: 1\naudit: {rules: {}}\n", 2, "audit.rules"),
        ("version: 1\naudit:\n  rules:\n  - gat: x:lt:1\n", 4, "audit.rules[0].gat: unknown key"),
        ("version: 1\naudit:\n  rules:\n  - dirty\n", 4, "audit.rules[0]: must be one rule"),
        ("version: 1\naudit:\n  rules:\n  - {gate: a:lt:1, param: b:gt:0}\n", 4, "audit.rules[0]: must be one rule"),
        ("version: 1\nmetrics: {mine: {group: A}}\n", 2, "metrics.mine: a new metric needs higher_is_better"),
        ("version: 1\nmetrics: {mine: {higher_is_better: yes please}}\n", 2, "true or false"),
        ("version: 1\nmetrics: {mine: {higher_is_better: true, threshold: .nan}}\n", 2, "finite number, not nan"),
        ("version: 1\nmetrics: {pde_mean: {higher_is_better: true}}\n", 2, "cannot be turned round"),
        ("version: 1\nscan: {allow: [{blob: abc, reason: x}]}\n", 2, "whole object id"),
        (f"version: 1\nleaderboard: {{top: 0x{'f' * 5000}}}\n", 2, "a whole number, not the text '0x[hidden]'"),
        (f"version: 1\nleaderboard: {{top: {'9' * 5000}}}\n", 2, "a whole number, not the text '[hidden]'"),
        ("version: 1\nleaderboard: {top: 1_0}\n", 2, "a whole number, not the text '1_0'"),
        ("version: 1\nleaderboard: {top: 1:30}\n", 2, "a whole number, not the text '1:30'"),
        ("version: 1\nleaderboard: {top: 017}\n", 2, "a whole number, not the text '017'"),
        ("version: 1\nscan: {allow: [{blob: 0123456789abcdef0123456789abcdef01234567}]}\n", 2, "blob and reason"),
        ("version: 1\nguard: {allow_force: 0}\n", 2, "guard.allow_force: must be true or false"),
        ("version: 1\nversion: 1\n", 2, "version: this key is given twice"),
        (
            "version: 1\nguard: {allow_force: true, allow_force: false}\n",
            2,
            "guard.allow_force: this key is given twice",
        ),
        ("version: &a 1\n", 1, "anchors and aliases"),
        ("version: 1\nguard: &g {}\nscan: *g\n", 2, "anchors and aliases"),
        ("version: !!int 1\n", 1, "tag"),
        ("version: 1\nguard: !!python/object/apply:os.system [x]\n", 2, "tag"),
        ("version: 1\n---\nversion: 1\n", 2, "second document"),
        ("version: 1\n<<: {guard: {}}\n", 2, "unknown key"),
        ("version: 1\n? [a]\n: b\n", 2, "a key must be text"),
        ("version: 1\n1: b\n", 2, "a key must be text"),
        ("version: [1\n", 2, "not YAML"),
        ("version: [", 2, "not YAML"),
        ("version: 1\n\tguard: {}\n", 2, "not YAML"),
        ("version: 1\nguard: \x07\n", 1, "not YAML"),
        ("version: 1\nguard: " + "[" * 21 + "\n", 2, "nested deeper"),
        ("version: 1\nguard: " + "[" * 5000 + "\n", 2, "nested deeper"),
        ("version: 1\nguard: " + "{a: " * 5000 + "\n", 2, "nested deeper"),
        ("version: 1\n" + "".join(" " * i + "a:\n" for i in range(1000)), 22, "nested deeper"),
        ("version: 1\nguard:\n  " + "- " * 5000 + "\n", 3, "nested deeper"),
        ("version: 1\nscan: " + "x" * (1 << 20) + "\n", 1, "larger than"),
        ("version: 2026-11-23\n", 1, "whole number"),
    ],
)
def test_what_is_no_policy_is_one_line_with_file_line_and_path(text, line, says):
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "expflow.yaml")
    message = str(caught.value)
    assert message.startswith(f"expflow.yaml:{line}:")
    assert says in message
    assert "\n" not in message
    assert len(message) < 400


def test_the_policy_is_sought_up_to_the_repositorys_root_and_no_further(work, monkeypatch):
    root, inner = work / "repository", work / "repository" / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    (work / "expflow.yaml").write_text("version: 9\n")
    assert load_policy().path is None
    (root / ".git").mkdir()
    assert load_policy().path is None
    (root / "expflow.yaml").write_text("version: 1\n")
    assert load_policy().path == str(root / "expflow.yaml")


def test_a_bad_policy_stops_every_command_that_would_use_it(cli, work):
    (work / "expflow.yaml").write_bytes(b"version: 1\nguard: \xff\n")
    for command in (["compare-scores"], ["metrics", "list"], ["run", "list"]):
        done = cli(*command)
        assert (done.returncode, done.stdout) == (2, "")
        assert "expflow.yaml:1: not UTF-8 text" in done.stderr


OWN = """\
version: 1
audit: {rules: ours}
rule_sets:
  ours:
  - reported: train_time_min@olympic
  - runs: 5
  - runs: {by: benchmark, exactly: {bert: 10}}
  - unconverged: {metric: train_time_min, at_most: 1}
  - fresh_seeds: 3
  - significant: {gate: "pde_mean:lt:18.09", alpha: 0.01}
  - record: {metric: train_time_min, gain: 1%, alpha: 0.01}
  - gate: pde_mean@worst:lt:18.09
"""


def test_a_policys_own_rule_set_is_used_by_its_name():
    policy = parse_policy(OWN)
    assert policy.audit.rules == policy.rule_sets["ours"]
    assert [rule.show() for rule in policy.audit.rules] == [
        "train_time_min@olympic reported",
        "exactly 5 runs",
        "runs by benchmark: bert 10",
        "train_time_min: at most 1 without convergence",
        "at least 3 fresh seeds",
        "pde_mean < 18.09 at p < 0.01",
        "train_time_min beats the record by 1% at p < 0.01",
        "pde_mean@worst < 18.09",
    ]


@pytest.mark.parametrize("name", ["competition", "mlperf", "speedrun"])
def test_a_built_in_rule_set_is_used_by_its_name(name):
    assert parse_policy(f"version: 1\naudit: {{rules: {name}}}\n").audit.rules == RULE_SETS[name]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("audit: {rules: our}\nrule_sets: {ours: [clean]}", "audit.rules: unknown rule set 'our'; did you mean ours"),
        ("rule_sets: {mlperf: [clean]}", "rule_sets.mlperf: is built in"),
        ("rule_sets: {ours: []}", "rule_sets.ours: holds no rule"),
        ("rule_sets: {ours: [{runs: 0}]}", "must be 1 or more"),
        ("rule_sets: {ours: [{runs: {by: benchmark}}]}", "needs exactly"),
        ("rule_sets: {ours: [{runs: {exactly: {bert: 10}}}]}", "needs by"),
        ("rule_sets: {ours: [{record: {metric: m, gain: much}}]}", "such as 0.5 or 1%"),
        ("rule_sets: {ours: [{record: {metric: m, alpha: 1.5}}]}", "between 0 and 1"),
        ("rule_sets: {ours: [{significant: {alpha: 0.01}}]}", "needs gate"),
        ("rule_sets: {ours: [{gate: pde_mean~base:lt:0}]}", "an audit has no base"),
        ("rule_sets: {ours: [{reported: train_time_min@olympc}]}", "did you mean olympic"),
    ],
)
def test_a_rule_set_that_cannot_be_is_refused_where_it_stands(text, said):
    with pytest.raises(PolicyError) as found:
        parse_policy(f"version: 1\n{text}\n")
    assert said in str(found.value) and "\n" not in str(found.value)


BOARDS = """\
version: 1
leaderboard: {source: experiments/, paths: ["src/**"], gates: [train_time_min:lt:60]}
leaderboards:
  resnet: {tags: [resnet], sort_by: train_time_min}
  bert: {tags: [bert], sort_by: val_mse, gates: [val_mse:lt:1]}
"""


def test_each_leaderboard_has_what_the_shared_section_says_and_its_own():
    policy = parse_policy(BOARDS)
    resnet, bert = (policy.of_board(name).leaderboard for name in ("resnet", "bert"))
    assert (resnet.source, resnet.paths, resnet.tags) == ("experiments/", ("src/**",), ("resnet",))
    assert [gate.text for gate in resnet.gates] == ["train_time_min:lt:60"]
    assert ([gate.text for gate in bert.gates], bert.sort_by) == (["val_mse:lt:1"], "val_mse")


def test_the_one_leaderboard_stays():
    policy = parse_policy("version: 1\nleaderboard: {sort_by: pde_mean}\n")
    assert policy.of_board(None) is policy


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (BOARDS, None, "has the leaderboards resnet, bert: name one"),
        (BOARDS, "resnt", "did you mean resnet"),
        ("version: 1\n", "bert", "the one leaderboard"),
    ],
)
def test_a_leaderboard_that_is_none_is_refused(text, name, said):
    with pytest.raises(UsageError, match=said):
        parse_policy(text).of_board(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leaderboards: {bert: {source: b.jsonl}}", "leaderboards.bert.source: unknown key"),
        ("leaderboards: {a b: {}}", "a leaderboard's name is"),
        ("leaderboards: {bert: {gates: [x]}}", "leaderboards.bert.gates"),
    ],
)
def test_leaderboards_that_cannot_be_are_refused_where_they_stand(text, said):
    with pytest.raises(PolicyError, match=said):
        parse_policy(f"version: 1\n{text}\n")


def test_a_leaderboard_that_goes_loosens_the_policy():
    old, new = parse_policy(BOARDS), parse_policy(BOARDS.rpartition("  bert")[0])
    assert [(change.key, change.loosens) for change in diff_policies(old, new)] == [("leaderboards.bert", True)]
    assert [(change.key, change.loosens) for change in diff_policies(new, old)] == [("leaderboards.bert", False)]
