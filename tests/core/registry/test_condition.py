"""Conditions of `--where` and `--since`: what is missing or no number matches nothing."""

from datetime import datetime, timezone

import pytest

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.registry.condition import parse_condition, parse_since
from expflow_hooks.core.registry.experiment import from_mapping

RUN = from_mapping(
    {
        "experiment_id": "exp-1",
        "name": "FNO 64",
        "status": "completed",
        "tags": ["task1", "fno-wide"],
        "metrics": {"pde_mean": 15.0, "broken": float("nan"), "none": None},
        "params": {"Args/--lr": "0.005", "Args/seed": 3},
        "commit": "935007a0c1",
        "timestamp": "2026-11-20T12:00:00Z",
    }
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("lr<0.01", True),
        ("lr<0.005", False),
        ("Args/--lr<=0.005", True),
        ("seed=3", True),
        ("seed=3.0", True),
        ("seed!=4", True),
        ("pde_mean>=15", True),
        ("pde_mean>15", False),
        ("tags~fno", True),
        ("tags=fno", False),
        ("tags=task1", True),
        ("tags!=task1", False),
        ("tags!=task2", True),
        ("commit=935007a", True),
        ("commit!=935007a", False),
        ("name~fno", True),
        ("status=completed", True),
        # what is missing, or does not count, matches nothing in either direction
        ("missing<1", False),
        ("missing>1", False),
        ("missing!=1", False),
        ("broken<1", False),
        ("broken>1", False),
        ("none<1", False),
        ("none!=1", False),
        ("name<1", False),
    ],
)
def test_a_condition_compares_one_value(text, holds):
    assert parse_condition(text).holds(RUN) is holds


@pytest.mark.parametrize("text", ["", "lr", "<3", "lr<", "lr<abc", "lr<nan", "lr>1_000", "lr ! 3"])
def test_what_is_no_condition_is_refused_with_a_right_one(text):
    with pytest.raises(UsageError, match=r"lr<0\.01"):
        parse_condition(text)


NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "holds"),
    [("6d", True), ("5d", True), ("4d", False), ("2w", True), ("2026-11-20", True), ("2026-11-21", False)],
)
def test_since_is_an_age_or_a_time(text, holds):
    assert parse_since(text, NOW).holds(RUN) is holds


def test_an_experiment_without_a_time_is_not_since_any():
    assert not parse_since("2w", NOW).holds(from_mapping({"experiment_id": "x"}))


@pytest.mark.parametrize("text", ["", "7", "7y", "soon", "-1d", "99999999d", "999999w"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError, match="such as 7d"):
        parse_since(text, NOW)


def test_the_options_choose_in_list_and_ranking(cli, registry):
    registry(
        *(
            {"experiment_id": f"e{i}", "metrics": {"pde_mean": 10.0 + i}, "params": {"lr": str(i / 10)}, "tags": ["t"]}
            for i in range(4)
        )
    )
    listed = cli("run", "list", "--source", "experiments.jsonl", "--where", "lr>=0.2", "--format", "csv")
    assert [line.split(",")[0] for line in listed.stdout.splitlines()[1:]] == ["e2", "e3"]
    ranked = cli(
        "compare-scores",
        "--source",
        "experiments.jsonl",
        "--sort-by",
        "pde_mean",
        "--where",
        "lr<0.3",
        "--where",
        "pde_mean>10",
        "--format",
        "csv",
    )
    assert [line.split(",")[1] for line in ranked.stdout.splitlines()[1:]] == ["e1", "e2"]
    refused = cli("run", "list", "--source", "experiments.jsonl", "--status", "complete")
    assert refused.returncode == 2 and "did you mean completed" in refused.stderr
