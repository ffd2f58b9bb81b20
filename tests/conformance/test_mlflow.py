"""MLflow's own ways: pages, logins, names, servers that fail, files that are damaged or still written."""

from __future__ import annotations

import copy
import sqlite3

import pytest

from conformance.runs import PROJECT, RUNS
from expflow_hooks.core.errors import UndecidedError, UnreadableError, UsageError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.sources.base import LAST
from expflow_hooks.sources.mlflow import client as mlflow_client
from expflow_hooks.sources.mlflow.client import Client, ServerError, find_keys
from expflow_hooks.sources.mlflow.read import open_mlflow


def read(at, project=PROJECT, client=None, reading=LAST):
    query = make_query(Policy(), Selection(project), sort_by="pde_mean")
    source = open_mlflow(str(at), Policy(), query, reading, client)
    return list(source.experiments(None)), source


def quick(server, **options):
    return Client(server.url, timeouts=(1.0, 1.0), sleep=lambda seconds: None, **options)


def many(server, count):
    one = next(run for run in server.runs if run["info"]["lifecycle_stage"] == "active")
    server.runs[:] = []
    for number in range(count):
        run = copy.deepcopy(one)
        run["info"] |= {"run_id": f"{number:032x}", "run_uuid": f"{number:032x}", "start_time": number}
        server.runs.append(run)


@pytest.mark.parametrize(("count", "requests"), [(0, 2), (1, 2), (1000, 2), (2000, 2), (2001, 3), (20_000, 11)])
def test_one_look_up_and_one_request_a_page_read_every_run(mlflow_server, count, requests):
    many(mlflow_server, count)
    found, _ = read(mlflow_server.url)
    assert (len(found), len(mlflow_server.calls)) == (count, requests)


def test_a_run_that_is_deleted_or_begins_between_two_pages_hides_no_other(mlflow_server, monkeypatch):
    monkeypatch.setattr(mlflow_client, "PAGE", 100)
    many(mlflow_server, 250)

    def change():
        mlflow_server.before_page = lambda: None
        mlflow_server.runs[0]["info"]["lifecycle_stage"] = "deleted"
        new = copy.deepcopy(mlflow_server.runs[1])
        new["info"] |= {"run_id": "f" * 32, "start_time": 10_000}
        mlflow_server.runs.insert(0, new)

    pages = iter([lambda: None, change])
    mlflow_server.before_page = lambda: next(pages, lambda: None)()
    found = {one.experiment_id for one in read(mlflow_server.url)[0]}
    assert found >= {f"{number:032x}" for number in range(1, 250)}


def test_without_a_project_every_active_experiment_is_read_and_nested_runs_are_runs_of_their_own(mlflow_server):
    found, source = read(mlflow_server.url, None)
    assert len(found) == len(RUNS) + 1
    nested = next(one for one in found if one.name == "nested")
    assert (nested.project, nested.metrics) == ("other", {})
    where = f"/#/experiments/{mlflow_server.runs[-1]['info']['experiment_id']}/runs/{nested.experiment_id}"
    assert (source.url(nested.experiment_id) or "").endswith(where)
    assert source.url("unknown") is None


@pytest.mark.parametrize("where", ["mlflow_server", "mlflow_database", "mlruns"])
def test_an_experiment_that_is_not_there_is_an_error_with_the_nearest_name(request, where):
    place = request.getfixturevalue(where)
    at = getattr(place, "url", place)
    with pytest.raises(UndecidedError, match=r"did you mean PDE/Bench 100%\?"):
        read(at, "PDE/Bench 100")


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({"MLFLOW_TRACKING_USERNAME": "me", "MLFLOW_TRACKING_PASSWORD": "word"}, "Basic bWU6d29yZA=="),
        ({"MLFLOW_TRACKING_TOKEN": "a-token"}, "Bearer a-token"),
    ],
)
def test_the_keys_of_mlflows_own_variables_are_sent_and_never_shown(mlflow_server, monkeypatch, environment, header):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    mlflow_server.wanted = header
    assert len(read(mlflow_server.url)[0]) == len(RUNS)
    mlflow_server.wanted = "another"
    with pytest.raises(ServerError) as caught:
        read(mlflow_server.url)
    assert "it wants a login; set MLFLOW_TRACKING_USERNAME" in str(caught.value)
    told = str(caught.value) + repr(find_keys())
    assert not any(value in told for name, value in environment.items() if name != "MLFLOW_TRACKING_USERNAME")


def test_a_certificate_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", "/nowhere/ca.pem")
    with pytest.raises(UnreadableError, match="no such CA file"):
        read("https://localhost:1")


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b"<html>", "the answer is not JSON; MLFLOW_TRACKING_URI must name the tracking server"),
        (200, b"[1]", "the answer is not JSON"),
        (404, b"<html>", "no such address"),
        (302, b"", "the server answered 302"),
        (500, b'{"error_code": "INTERNAL_ERROR", "message": "no\\nluck"}', "500: no luck"),
    ],
)
def test_an_answer_that_is_none_is_an_error_of_one_line(mlflow_server, status, body, told):
    mlflow_server.faults = [(status, body)]
    with pytest.raises(UnreadableError) as caught:
        read(mlflow_server.url)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_what_passes_is_tried_again(mlflow_server):
    mlflow_server.faults = [(503, b""), (502, b"<html>")]
    assert len(read(mlflow_server.url, client=quick(mlflow_server))[0]) == len(RUNS)


def test_a_dead_server_and_an_address_that_is_none_are_errors():
    with pytest.raises(UnreadableError, match="connection refused"):
        dead = "http://127.0.0.1:9"
        read(dead, client=Client(dead, timeouts=(1.0, 1.0), sleep=lambda seconds: None))
    with pytest.raises(UsageError, match="cannot be read; right ones are"):
        read("databricks://x")
    with pytest.raises(UsageError, match="no MLflow server: set MLFLOW_TRACKING_URI"):
        read("")
    with pytest.raises(UnreadableError, match="no such file or folder"):
        read("nowhere.db")


def test_the_address_may_come_from_the_environment(mlflow_server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server.url)
    assert len(read("")[0]) == len(RUNS)


def test_a_database_is_read_while_it_is_written_and_never_changed(mlflow_database):
    writer = sqlite3.connect(mlflow_database, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE runs SET status = 'FAILED'")
    before = mlflow_database.read_bytes()
    states = {one.state for one in read(mlflow_database)[0]}
    assert "completed" in states and mlflow_database.read_bytes() == before
    writer.execute("COMMIT")
    assert {one.state for one in read(mlflow_database)[0]} == {"failed"}
    writer.close()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.write_bytes(b"no database at all, but long enough to look at" * 50), "not a database"),
        (lambda path: path.write_bytes(path.read_bytes()[:9000]), "damaged|not a database|no table"),
        (lambda path: path.write_bytes(b""), "no table experiments"),
        (lambda path: sqlite3.connect(path).execute("DROP TABLE latest_metrics"), "no table latest_metrics"),
    ],
)
def test_a_file_that_is_no_database_of_mlflow_is_an_error(mlflow_database, spoil, told):
    spoil(mlflow_database)
    with pytest.raises(UnreadableError, match=told) as caught:
        read(mlflow_database)
    assert str(mlflow_database) in str(caught.value)


def test_one_damaged_run_of_a_folder_hides_no_other(mlruns):
    meta = sorted(mlruns.glob("*/*/meta.yaml"))
    meta[0].write_text("status: [")
    found, source = read(mlruns, None)
    assert len(source.unreadable()) == 1 and len(found) == len(RUNS)


def test_a_torn_last_line_and_a_link_in_a_folder_are_left_out(mlruns, tmp_path):
    (tmp_path / "secret").write_text("1 99.0 99\n")
    for metrics in mlruns.glob("*/*/metrics/pde_mean"):
        with metrics.open("a") as file:
            file.write("1795579681944 7.")
        (metrics.parent / "linked").symlink_to(tmp_path / "secret")
    found = {one.name: one.metrics for one in read(mlruns)[0]}
    assert (found["plain"] or {})["pde_mean"] == 15.0 and "linked" not in (found["plain"] or {})


def test_a_folder_that_is_none_of_mlflow_is_an_error(tmp_path):
    with pytest.raises(UnreadableError, match="is no folder of MLflow"):
        read(tmp_path, None)


def test_no_library_of_mlflow_is_imported(mlflow_database):
    import sys

    read(mlflow_database)
    assert not any(name.split(".")[0] == "mlflow" for name in sys.modules)
