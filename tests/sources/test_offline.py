"""Offline sessions of the SDK as a source: folder, zip, and a folder of them."""

from __future__ import annotations

import json
import shutil
import zipfile

import pytest

from expflow_hooks.api import compare_scores
from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.sources.clearml.marks import zero_mark


def session(folder, name, *events, closed=True, **fields):
    """Write a session in the form that the SDK gives it: a list of events a line; its zip when it was closed."""
    path = folder / f"offline-{name}"
    path.mkdir(parents=True)
    args = {"seed": {"section": "Args", "name": "seed", "type": "int", "value": "1"}}
    task = {"id": path.name, "name": name, "project_name": "burgers", "tags": ["t"], "hyperparams": {"Args": args}}
    task["script"] = {"version_num": "a" * 40, "branch": "main", "diff": ""}
    (path / "task.json").write_text(json.dumps(task | fields))
    scalar = {"type": "training_stats_scalar"}
    rows = [
        {**scalar, "timestamp": 1_795_454_008_729 + i, "iter": i, "metric": title, "variant": series, "value": value}
        for i, (title, series, value) in enumerate(events)
    ]
    (path / "metrics.jsonl").write_text("".join(json.dumps([row, {"type": "log"}]) + "\n" for row in rows))
    if closed:
        with zipfile.ZipFile(f"{path}.zip", "w") as archive:
            for file in path.iterdir():
                archive.write(file, file.name)
    return path


def rows(source, **options):
    return {row["name"]: row for row in compare_scores(str(source), **options)["ranking"]}


def test_a_zip_a_folder_and_a_folder_of_sessions_are_read(work):
    path = session(work / "s", "a", ("Score", "seg_total", 1.5), ("Score", "seg_total", 2.5))
    session(work / "s", "b", ("Score", "seg_total", 9.0))
    assert rows(path)["a"]["value"] == 2.5
    assert rows(f"{path}.zip")["a"]["value"] == 2.5
    assert {name: row["rank"] for name, row in rows(work / "s").items()} == {"b": 1, "a": 2}


def test_a_zip_without_its_folder_is_enough(work):
    shutil.rmtree(session(work / "s", "a", ("Score", "seg_total", 1.5)))
    assert rows(work / "s", project="burgers", tags=["t"])["a"]["value"] == 1.5


def test_a_session_that_was_not_closed_is_unfinished(work):
    session(work / "s", "a", ("Score", "seg_total", 1.5), closed=False)
    assert (rows(work / "s")["a"]["rank"], rows(work / "s")["a"]["status"]) == (None, "running")


def test_a_zero_is_suspect_here_too(work):
    session(work / "s", "a", ("PDE", "pde_mean", 0.0))
    session(work / "s", "b", ("PDE", "pde_mean", 0.0), tags=[zero_mark("pde_mean", "offline-b")])
    found = rows(work / "s", sort_by="pde_mean")
    assert (found["a"]["value_status"], found["b"]["value_status"]) == ("suspect-zero", "ok")


def test_a_name_under_two_titles_is_an_error(work):
    path = session(work / "s", "a", ("x", "loss", 1.0), ("y", "loss", 2.0))
    with pytest.raises(UsageError, match="x/loss and y/loss"):
        rows(path, sort_by="loss", ascending=True)
    assert rows(path, sort_by="y/loss", ascending=True)["a"]["value"] == 2.0


def test_a_broken_session_hides_no_other(work, cli):
    session(work / "s", "a", ("Score", "seg_total", 1.5))
    (work / "s" / "offline-b.zip").write_bytes(b"PK broken")
    (session(work / "s", "c", closed=False) / "metrics.jsonl").write_text("[{]\n")
    done = cli("compare-scores", "--source", "s")
    assert done.returncode == 0 and "offline-a" in done.stdout
    assert "offline-b.zip: BadZipFile" in done.stderr and "offline-c" in done.stderr


def test_a_folder_without_sessions_is_told(work):
    (work / "empty").mkdir()
    with pytest.raises(UnreadableError, match="the folder holds no"):
        compare_scores("empty")
    with pytest.raises(UsageError, match="a source is a"):
        compare_scores("missing")
