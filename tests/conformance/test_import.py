"""`import SPEC`: every source's experiments come into the registry once, rank as they did, and stay up to date."""

from __future__ import annotations

import json
import sqlite3

import pytest

from conformance.conftest import SPECS
from expflow_hooks import compare_scores
from expflow_hooks.cli import main

HERE = ("--into", "experiments.jsonl")


def lines(work):
    return [json.loads(line) for line in (work / "experiments.jsonl").read_text().splitlines()]


@pytest.fixture
def run(work, capsys):
    """Return a function that runs the command line here and gives exit code, output and errors."""

    def call(*arguments):
        code = main(list(arguments))
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return code, told.out, told.err

    return call


def ranked(source):
    found = compare_scores(source, sort_by="pde_mean", ascending=True, gates=["pde_mean:lt:18.09"])
    return [(row["rank"], row["experiment_id"], row["value"], row["value_status"]) for row in found["ranking"]]


@pytest.mark.parametrize("name", [name for name in SPECS if name != "mlflow sqlite URI"])
def test_what_was_imported_ranks_as_it_did_and_is_imported_once(spec_of, run, work, name):
    spec = spec_of(name)
    code, out, _ = run("import", spec, *HERE)
    assert code == 0 and "0 changed, 0 unchanged" in out
    count = len(lines(work))
    assert run("import", spec, *HERE)[1].startswith(f"experiments.jsonl: 0 new, 0 changed, {count} unchanged")
    assert len(lines(work)) == count
    assert sorted(ranked("experiments.jsonl"), key=str) == sorted(ranked(spec), key=str)
    assert run("run", "verify", "--source", "experiments.jsonl")[0] == 0


def test_a_line_says_where_it_comes_from(mlflow_server, run, work):
    run("import", f"mlflow:{mlflow_server.url}", "--project", "other", *HERE)
    (line,) = lines(work)
    origin = line["origin"]
    assert (origin["source"], origin["id"]) == (f"mlflow:{mlflow_server.url}", line["experiment_id"])
    assert origin["url"].endswith(f"/runs/{line['experiment_id']}")


def test_a_sync_brings_what_changed_at_the_origin_and_nothing_new(mlflow_database, run, work):
    run("import", f"mlflow:{mlflow_database}", "--project", "PDE/Bench 100%", *HERE)
    before = len(lines(work))
    with sqlite3.connect(mlflow_database) as connection:
        connection.execute("UPDATE runs SET status = 'FINISHED' WHERE name = 'running'")
    connection.close()
    code, out, _ = run("run", "sync", "--source", "experiments.jsonl")
    assert code == 0 and f"1 brought up to date from mlflow:{mlflow_database}" in out
    assert len(lines(work)) == before + 1 and lines(work)[-1]["status"] == "completed"
    with sqlite3.connect(mlflow_database) as connection:
        connection.execute("UPDATE runs SET lifecycle_stage = 'deleted' WHERE name = 'running'")
    connection.close()
    assert "1 experiment is not there any more" in run("run", "sync", "--source", "experiments.jsonl")[2]


def test_a_sync_asks_no_server_that_only_a_line_names(mlflow_server, run, registry, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "a-token")
    run("import", f"mlflow:{mlflow_server.url}", "--project", "other", *HERE)
    mlflow_server.calls.clear()
    code, _, err = run("run", "sync", "--source", "experiments.jsonl")
    assert code == 0 and "not asked, since MLFLOW_TRACKING_URI does not name this server" in err
    assert mlflow_server.calls == []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"{mlflow_server.url}/")
    assert run("run", "sync", "--source", "experiments.jsonl")[0] == 0 and mlflow_server.calls


def test_what_was_deleted_here_stays_so_and_what_is_another_experiment_is_left_alone(csv_file, run, registry, work):
    registry({"experiment_id": "plain", "metrics": {"pde_mean": 1.0}})
    assert run("import", f"csv:{csv_file}", *HERE)[2].startswith("expflow-hooks: plain: 1 experiment is already in")
    assert lines(work)[0]["metrics"] == {"pde_mean": 1.0}
    assert run("run", "delete", "edge", "--source", "experiments.jsonl")[0] == 0
    assert "0 new, 0 changed" in run("import", f"csv:{csv_file}", *HERE)[1]
    assert lines(work)[-1]["status"] == "deleted"


def test_a_source_that_cannot_be_read_writes_nothing(run, work, tmp_path):
    assert run("import", f"optuna:{tmp_path / 'nowhere.db'}", *HERE)[0] == 4
    assert run("import", "nowhere:x", *HERE)[0] == 2
    assert not (work / "experiments.jsonl").exists()
