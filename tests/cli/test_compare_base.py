"""`compare-scores` with gates that mean groups: bounds, the base, and the exit codes of what is undecided."""

import json

import pytest

BASE = ("old", [16.0, 16.2, 15.9])
BETTER = ("new", [15.0, 15.1, 14.9])
SAME = ("same", [16.1, 15.9, 16.0])
COMMON = ("--source", "experiments.jsonl", "--sort-by", "pde_mean", "--group-ignore", "seed")


def lines(*groups):
    return [
        {"experiment_id": f"{name}-{n}", "metrics": {"pde_mean": value}, "params": {"net": name, "seed": str(n)}}
        for name, values in groups
        for n, value in enumerate(values)
    ]


@pytest.fixture
def compare(cli, registry):
    def run(*options, groups=(BASE, BETTER, SAME)):
        registry(*lines(*groups))
        return cli("compare-scores", *COMMON, *options)

    return run


def test_a_gate_against_an_experiments_group(compare):
    options = ("--gate", "pde_mean~base:lt:0", "--base", "old-1", "--fail-on", "any-fail")
    done = compare(*options, "--format", "json")
    assert done.returncode == 3
    rows = {row["experiment_id"]: row for row in json.loads(done.stdout)["ranking"]}
    assert {name: row["gates"][0]["outcome"] for name, row in rows.items()} == {
        "new-0": "holds",
        "same-0": "undecided",
        "old-0": "not-comparable",
    }
    told = rows["new-0"]["gates"][0]["comparison"]
    assert told["base"] == {"experiment_id": "old-0", "value": pytest.approx(16.0333333), "n": 3}
    assert (told["method"], told["n"]) == ("paired t", 3)
    assert "would decide" in rows["same-0"]["reason"]
    text = compare(*options).stdout
    assert "pde_mean~base < 0 is not comparable: this is the base itself" in text
    assert "2 below the line: 1 undecided, 1 not comparable" in text


def test_a_gate_against_the_registry_of_a_commit_or_of_the_default_branch(compare, repo, work):
    compare(groups=[BASE])
    repo("add", "experiments.jsonl")
    repo("commit", "--quiet", "--message", "the base")
    options = ("--gate", "pde_mean~base:lt:0", "--fail-on", "none-pass", "--format", "json")
    by_commit = compare(*options, "--base", "HEAD")
    assert by_commit.returncode == 0, by_commit.stderr
    assert json.loads(by_commit.stdout)["ranking"][0]["experiment_id"] == "new-0"
    alone = compare(*options)
    assert alone.returncode == 2
    assert "no base is known: add --base" in alone.stderr
    repo("update-ref", "refs/remotes/origin/main", "HEAD")
    repo("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert compare(*options).stdout == by_commit.stdout


def test_a_base_without_a_group_that_ranks_is_compared_with_by_none(compare, repo):
    compare(groups=[("old", [None, 16.2, 15.9])])
    repo("add", "experiments.jsonl")
    repo("commit", "--quiet", "--message", "the base")
    done = compare("--gate", "pde_mean~base:lt:0", "--base", "HEAD", "--fail-on", "none-pass", "--format", "csv")
    assert done.returncode == 3
    assert "not comparable: the base has no group that ranks" in done.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--gate", "pde_mean~base:lt:0"), "no base is known: add --base"),
        (("--gate", "pde_mean~base:lt:0", "--base", "nowhere"), "base 'nowhere' is neither an experiment of"),
        (("--gate", "pde_mean@ucl59:lt:0"), "has no aggregate 'ucl59'; did you mean ucl95?"),
        (("--gate", "pde_mean@lcl95:lt:18"), "judges the lenient bound: lt goes with @ucl95"),
        (("--gate", "loss@ucl95:lt:18"), "unknown metric 'loss'"),
    ],
)
def test_what_cannot_be_compared_is_one_line(compare, options, says):
    done = compare(*options)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_base_in_a_line_that_nobody_can_read_is_not_passed_over(compare, repo, work):
    compare(groups=[BASE])
    with open(work / "experiments.jsonl", "a") as file:
        file.write("{broken\n")
    repo("add", "experiments.jsonl")
    repo("commit", "--quiet", "--message", "the base")
    done = compare("--gate", "pde_mean~base:lt:0", "--base", "HEAD")
    assert done.returncode == 4
    assert "experiments.jsonl of " in done.stderr


def test_a_bound_without_groups_says_how_to_make_them(cli, registry):
    registry(*lines(BASE))
    done = cli("compare-scores", "--source", "experiments.jsonl", "--gate", "pde_mean@ucl95:lt:18.09")
    assert done.returncode == 2
    assert "judges groups of runs: add --group-ignore seed" in done.stderr


@pytest.mark.parametrize(
    ("values", "fail_on", "code"),
    [
        ([15.0, 15.1, 14.9], "any-fail", 0),
        ([15.0, 15.1, 14.9], "none-pass", 0),
        ([15.0, 15.1], "none-pass", 3),
        ([15.0, 15.1], "any-fail", 3),
        ([15.0, 15.1], "never", 0),
        ([17.0, 18.5, 17.2], "none-pass", 3),
        ([20.0, 20.1, 19.9], "none-pass", 1),
        ([20.0, 20.1, 19.9], "any-fail", 1),
    ],
)
def test_undecided_is_neither_yes_nor_no(compare, values, fail_on, code):
    done = compare("--gate", "pde_mean@ucl95:lt:18.09", "--fail-on", fail_on, groups=[("a", values)])
    assert done.returncode == code, done.stdout


def test_standard_input_is_read_once(cli, registry):
    text = registry(*lines(BASE, BETTER)).read_text()
    options = ("--source", "-", "--sort-by", "pde_mean", "--group-ignore", "seed", "--gate", "pde_mean~base:lt:0")
    done = cli("compare-scores", *options, "--base", "old-2", stdin=text)
    assert done.returncode == 0, done.stderr
    assert "1 ranked, 1 below the line: 1 not comparable" in done.stdout


def test_an_audit_by_a_rule_set_of_a_name(cli, registry):
    metrics = {"seg_total": 1.0, "pde_mean": 15.0, "train_time_min": 30}
    registry({"experiment_id": "a", "metrics": metrics, "params": {}})
    validate = ("audit", "validate", "a", "--source", "experiments.jsonl")
    assert cli(*validate, "--rules", "competition").returncode == 1
    wrong = cli(*validate, "--rules", "competitoin")
    assert wrong.returncode == 2
    assert "unknown rule set 'competitoin'; did you mean competition?" in wrong.stderr
    assert cli(*validate, "--rules", "competition", "-c").returncode == 2


def test_an_audit_by_a_rule_set_of_the_policys_own_judges_the_group(cli, registry, work):
    (work / "expflow.yaml").write_text(
        "version: 1\nrule_sets: {ours: [{runs: 3}, {gate: pde_mean@ucl95:lt:18.09}]}\naudit: {rules: ours}\n"
    )
    registry(*lines(BETTER))
    validate = ("audit", "validate", "new-0", "--source", "experiments.jsonl")
    done = cli(*validate)
    assert done.returncode == 0, done.stdout
    assert "3 of exactly 3" in done.stdout and "pde_mean@ucl95 < 18.09" in done.stdout
    assert cli(*validate, "--rules", "our").returncode == 2
    assert "did you mean ours" in cli(*validate, "--rules", "our").stderr
    registry(*lines(("new", [15.0, 15.1])))
    assert cli(*validate).returncode == 1


def test_one_of_several_leaderboards(cli, registry, work):
    (work / "expflow.yaml").write_text(
        "version: 1\nleaderboards:\n  old: {sort_by: pde_mean, gates: [pde_mean:lt:16.1]}\n  new: {sort_by: pde_mean}\n"
    )
    registry(*lines(BASE))
    compare = ("compare-scores", "--source", "experiments.jsonl")
    assert "2 ranked, 1 below" in cli(*compare, "--leaderboard", "old").stdout
    assert "3 ranked, 0 below" in cli(*compare, "--leaderboard", "new").stdout
    unnamed, wrong = cli(*compare), cli(*compare, "--leaderboard", "ol")
    assert (unnamed.returncode, wrong.returncode) == (2, 2)
    assert "has the leaderboards old, new" in unnamed.stderr and "did you mean old" in wrong.stderr
