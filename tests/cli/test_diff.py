"""`expflow-hooks diff`: two experiments side by side, or one beside the base's best."""

import json

import pytest

from expflow_hooks.cli import main


def run(name, pde, **more):
    return {"experiment_id": name, "metrics": {"pde_mean": pde, "seg_total": 50}, **more}


@pytest.fixture
def two(registry):
    return str(
        registry(
            run("a", 16.0, params={"lr": "0.1", "depth": 4}, tags=["t"]),
            run("b", 14.0, params={"lr": "0.2", "depth": "4"}, tags=["t"]),
            run("broken", float("nan")),
        )
    )


def differ(capsys, *arguments):
    code = main(["diff", *arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out or "null")


def test_what_differs_stands_first_with_the_better_side_in_words(two, capsys):
    code, found = differ(capsys, "a", "b", "--source", two)
    assert code == 0
    first, second = found["metrics"]
    assert (first["name"], first["difference"], first["percent"], first["verdict"]) == (
        "pde_mean",
        -2.0,
        -12.5,
        "better",
    )
    assert (second["name"], second["verdict"]) == ("seg_total", "same")
    assert [(row["name"], row["first"], row["second"]) for row in found["params"]] == [
        ("lr", "0.1", "0.2"),
        ("depth", 4, "4"),
    ]


def test_the_other_way_round_is_worse(two, capsys):
    assert differ(capsys, "b", "a", "--source", two)[1]["metrics"][0]["verdict"] == "worse"


def test_a_value_that_does_not_count_is_compared_with_nothing(two, capsys):
    row = differ(capsys, "a", "broken", "--source", two)[1]["metrics"][0]
    assert (row["second"], row["second_status"], row["difference"], row["verdict"]) == (None, "nan", None, None)


def test_text_counts_what_is_the_same(two, capsys):
    assert main(["diff", "a", "b", "--source", two]) == 0
    text = capsys.readouterr().out
    assert "better by -2 (-12.5%)" in text
    assert "the same: 1 metric, " in text
    assert "depth" not in text


def test_an_unknown_id_is_refused_with_the_nearest(two, capsys):
    assert main(["diff", "a", "broke", "--source", two]) == 2
    assert "did you mean broken" in capsys.readouterr().err


def test_groups_are_compared_whole_where_the_policy_groups(work, registry, capsys):
    path = registry(
        *(run(f"a{i}", 16.0 + i, params={"lr": "0.1", "seed": i}) for i in range(3)),
        *(run(f"b{i}", 13.0 + i, params={"lr": "0.2", "seed": i}) for i in range(3)),
    )
    (work / "expflow.yaml").write_text("version: 1\nleaderboard: {group_by: {ignore: [seed]}}\n")
    found = differ(capsys, "a0", "b2", "--source", str(path))[1]
    assert found["first"]["runs"] == ["a0", "a1", "a2"]
    assert (found["metrics"][0]["first"], found["metrics"][0]["second"]) == (17.0, 14.0)
    assert found["metrics"][0]["spreads"] == [1.0, 1.0]


def test_files_are_those_that_git_tells(work, repo, capsys):
    def commit(text):
        (work / "train.py").write_text(text)
        repo("add", "train.py")
        repo("-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "--quiet", "--message", "x")
        return repo("rev-parse", "HEAD")

    commits = {"a": commit("1"), "b": commit("2"), "c": "f" * 40}
    lines = [json.dumps(run(name, 15.0, commit=made)) + "\n" for name, made in commits.items()]
    (work / "r.jsonl").write_text("".join(lines))
    assert differ(capsys, "a", "b", "--source", "r.jsonl")[1]["files"] == ["train.py"]
    found = differ(capsys, "a", "c", "--source", "r.jsonl")[1]
    assert found["files"] is None
    assert "is not in this repository" in found["code_unknown"]


def test_a_group_alone_shows_its_help_and_is_no_success(capsys):
    for arguments in ([], ["run"], ["pin"]):
        assert main(arguments) == 2
        out = capsys.readouterr()
        assert out.out.startswith("Usage: expflow-hooks")
        assert out.err == ""
