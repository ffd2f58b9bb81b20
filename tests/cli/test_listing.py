"""`run list` and `compare-scores`: which columns, which order, which digits; what was deleted; what a reader gets."""

import csv
import io
import json

import pytest

RUNS = (
    {
        "experiment_id": "fno-1",
        "timestamp": "2026-11-20T10:00:00Z",
        "metrics": {"pde_mean": 15.123456789, "seg_total": 50.0},
        "params": {"Args/lr": 0.001, "Args/width": "32", "Args/amp": True},
    },
    {
        "experiment_id": "fno-2",
        "timestamp": "2026-11-24T10:00:00Z",
        "metrics": {"pde_mean": 14.2, "seg_total": 40.5},
        "params": {"Args/lr": 0.02},
    },
    {"experiment_id": "fno-3", "status": "running", "params": {"Args/lr": 0.005}},
    {"experiment_id": "gone", "status": "deleted", "metrics": {"pde_mean": 1.0}},
)


@pytest.fixture
def listing(cli, registry):
    path = str(registry(*RUNS))

    def run(command, *options):
        return cli(*command.split(), "--source", path, *options)

    return run


def rows(text):
    return [line.split() for line in text.splitlines()]


def test_the_columns_are_those_that_were_asked_for(listing):
    done = listing("run list", "--columns", "id,lr,pde_mean")
    assert rows(done.stdout)[0] == ["id", "lr", "pde_mean"]
    assert rows(done.stdout)[2:5] == [["fno-1", "0.001", "15.1235"], ["fno-2", "0.02", "14.2000"], ["fno-3", "0.005"]]


def test_precise_shows_every_digit(listing):
    assert "15.123456789" in listing("run list", "--columns", "id,pde_mean", "--precise").stdout
    ranking = ("compare-scores", "--sort-by", "pde_mean")
    assert "15.123456789" in listing(*ranking, "--precise").stdout
    assert "15.1235\n" in listing(*ranking).stdout


@pytest.mark.parametrize(
    ("by", "order"),
    [
        ("pde_mean", ["fno-2", "fno-1", "fno-3"]),
        ("seg_total", ["fno-1", "fno-2", "fno-3"]),
        ("lr", ["fno-1", "fno-3", "fno-2"]),
        ("time", ["fno-2", "fno-1", "fno-3"]),
        ("status", ["fno-1", "fno-2", "fno-3"]),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_the_order_is_the_one_that_was_asked_for(listing, by, order, form):
    done = listing("run list", "--sort-by", by, "--format", form)
    if form == "json":
        assert [record["experiment_id"] for record in json.loads(done.stdout)] == order
    elif form == "csv":
        assert [row["experiment_id"] for row in csv.DictReader(io.StringIO(done.stdout))] == order
    else:
        assert [row[0] for row in rows(done.stdout)[2:5]] == order


@pytest.mark.parametrize("option", ["--columns", "--sort-by"])
def test_an_unknown_name_is_refused_with_the_nearest(listing, option):
    done = listing("run list", option, "pde_maen")
    assert done.returncode == 2 and "did you mean pde_mean" in done.stderr
    done = listing("compare-scores", "--sort-by", "pde_mean", "--columns", "Args/lrr")
    assert done.returncode == 2 and "did you mean Args/lr" in done.stderr


def test_what_was_deleted_is_listed_only_when_asked_for(listing):
    done = listing("run list")
    assert "gone" not in done.stdout and "1 deleted, which --all lists" in done.stdout
    assert all(record["experiment_id"] != "gone" for record in json.loads(listing("run list", "--format=json").stdout))
    for asked in (["--all"], ["--status", "deleted"], ["--where", "status=deleted"]):
        assert "gone" in listing("run list", *asked).stdout


def test_csv_has_a_column_a_metric_and_a_parameter_unrounded(listing):
    table = list(csv.DictReader(io.StringIO(listing("run list", "--format", "csv").stdout)))
    assert table[0]["metrics.pde_mean"] == "15.123456789"
    assert (table[0]["params.Args/width"], table[0]["params.Args/amp"]) == ("32", "True")
    assert table[2]["metrics.pde_mean"] == "" and table[2]["params.Args/lr"] == "0.005"


def test_a_ranking_shows_parameters_and_other_metrics(listing):
    done = listing("compare-scores", "--sort-by", "pde_mean", "--columns", "lr,seg_total")
    assert rows(done.stdout)[2] == ["1", "fno-2", "14.2000", "0.02", "40.5"]
    done = listing("compare-scores", "--sort-by", "pde_mean", "--columns", "lr", "--format", "csv")
    assert [row["lr"] for row in csv.DictReader(io.StringIO(done.stdout))][:2] == ["0.02", "0.001"]


def test_a_group_shows_each_value_of_its_runs_once(cli, registry):
    runs = [
        {"experiment_id": f"a{seed}", "metrics": {"pde_mean": 15.0 + seed}, "params": {"lr": 0.1, "seed": seed}}
        for seed in range(5)
    ]
    done = cli(
        *("compare-scores", "--source", str(registry(*runs)), "--sort-by", "pde_mean"),
        *("--group-ignore", "seed", "--columns", "lr,seed", "--format", "csv"),
    )
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["lr"], row["seed"]) == ("0.1", "0, 1, 2, …")


def test_a_table_is_no_registry_and_that_is_said_once(cli, work):
    (work / "x.csv").write_text("id,pde_mean\n")
    for command in (["run", "list"], ["compare-scores"], ["watch"]):
        done = cli(*command, "--source", "x.csv")
        assert done.returncode == 2 and done.stderr.count("x.csv") <= 2 and done.stderr.count("\n") == 1
