"""Writing a registry that is a folder: a file a branch, one history over all of them."""

from __future__ import annotations

import json
import os

import pytest
from gitrepo import Repo

from expflow_hooks.core.registry.folder_writer import FolderWriter
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import verify
from expflow_hooks.core.registry.writer import Append
from expflow_hooks.sources.writing import open_writer


@pytest.fixture
def folder(tmp_path):
    """A registry folder, and the file that is appended to, which a test may change."""
    own = ["main.jsonl"]
    return FolderWriter(f"{tmp_path}/experiments/", lambda: own[0]), own


def add(writer, name, **fields):
    writer.append({"experiment_id": name, "status": "completed", **fields})


def files(writer):
    found = {}
    for name in sorted(os.listdir(writer.path)):
        with open(os.path.join(writer.path, name), "rb") as file:
            found[name.removesuffix(".jsonl")] = [json.loads(line)["experiment_id"] for line in file]
    return found


def heads(path):
    result = verify(Registry(path).lines)
    assert (result.problems, result.uncovered) == ([], [])
    return len(result.heads)


def test_each_branch_appends_to_its_own_file_and_names_the_heads_of_all(folder):
    writer, own = folder
    add(writer, "a")
    own[0] = "feature.jsonl"
    add(writer, "b")
    add(writer, "c")
    own[0] = "main.jsonl"
    add(writer, "d")
    assert files(writer) == {"main": ["a", "d"], "feature": ["b", "c"]}
    assert heads(writer.path) == 1
    assert [e.experiment_id for e in Registry(writer.path).experiments()] == ["a", "b", "c", "d"]


def test_what_another_process_appended_is_named_too(folder):
    writer, _ = folder
    add(writer, "a")
    other = FolderWriter(writer.path, lambda: "other.jsonl")
    add(other, "b")
    add(writer, "c")
    assert heads(writer.path) == 1


def test_an_unfinished_experiment_stays_in_the_file_that_it_began_in(folder):
    writer, own = folder
    writer.append({"experiment_id": "run", "status": "running"})
    own[0] = "feature.jsonl"
    add(writer, "b")
    writer.update("run", lambda before: {**before, "status": "completed"})
    assert files(writer) == {"main": ["run", "run"], "feature": ["b"]}
    writer.update("run", lambda before: {**before, "metrics": {"pde_mean": 1.0}})
    assert files(writer) == {"main": ["run", "run"], "feature": ["b", "run"]}
    assert writer.present("run")["metrics"] == {"pde_mean": 1.0}
    assert heads(writer.path) == 1


def test_the_present_record_is_the_last_of_all_files(folder):
    writer, own = folder
    add(writer, "run", n=1)
    own[0] = "a.jsonl"
    add(writer, "run", n=2)
    own[0] = "zz.jsonl"
    add(writer, "run", n=3)
    fresh = FolderWriter(writer.path, lambda: "b.jsonl")
    assert fresh.present("run")["n"] == 3
    seen = []
    fresh.update("run", lambda before: seen.append(before["n"]) or {**before, "n": 4})
    assert (seen, fresh.present("run")["n"], writer.present("run")["n"]) == ([3], 4, 4)


def test_several_lines_at_once_go_where_each_belongs(folder):
    writer, own = folder
    writer.append({"experiment_id": "run", "status": "running"})
    own[0] = "feature.jsonl"
    changes = [Append(name, lambda before, name=name: {"experiment_id": name}) for name in ("x", "run", "y")]
    writer.update_all(changes)
    assert files(writer) == {"main": ["run", "run"], "feature": ["x", "y"]}
    assert heads(writer.path) == 1


def test_a_file_that_a_checkout_took_away_or_put_back_is_seen(folder):
    writer, own = folder
    add(writer, "a")
    own[0] = "feature.jsonl"
    add(writer, "b")
    path = os.path.join(writer.path, "feature.jsonl")
    with open(path, "rb") as file:
        kept = file.read()
    os.unlink(path)
    own[0] = "main.jsonl"
    add(writer, "c")
    with open(path, "wb") as file:
        file.write(kept)
    add(writer, "d")
    assert heads(writer.path) == 1
    assert [len(record["prev"]) for record in Registry(writer.path).records()][-1] == 2


@pytest.mark.parametrize("begun", [True, False])
def test_two_branches_that_both_record_merge_on_a_server_and_verify(tmp_path, begun):
    """No attributes, no merge driver: what a plain merge on a server does."""
    repo = Repo(tmp_path / "r")
    repo.commit("train.py", "1\n")
    writer = open_writer(f"{repo.path}/experiments/")

    def record_and_commit(*names):
        for name in names:
            add(writer, name)
        repo.git("add", "--all")
        repo.git("commit", "--quiet", "--message", "results")

    if begun:
        record_and_commit("base")
    for branch in ("feature/One", "feature-one"):
        repo.git("checkout", "--quiet", "-b", branch, "main")
        record_and_commit(f"{branch}-1", f"{branch}-2")
    repo.git("checkout", "--quiet", "--detach", "main")
    record_and_commit("detached")
    detached = repo.git("rev-parse", "HEAD")
    tree = repo.git("merge-tree", "--write-tree", "feature/One", "feature-one")
    merged = repo.git("commit-tree", tree, "-p", "feature/One", "-p", "feature-one", "-m", "merge")
    tree = repo.git("merge-tree", "--write-tree", merged, detached)
    merged = repo.git("commit-tree", tree, "-p", merged, "-p", detached, "-m", "merge")
    repo.git("checkout", "--quiet", "-B", "main", merged)
    registry = Registry(writer.path)
    assert len(list(registry.experiments())) == 5 + begun
    assert heads(writer.path) == 3
    record_and_commit("after")
    assert heads(writer.path) == 1
    assert {"detached.jsonl", "feature-one.jsonl"} <= set(os.listdir(writer.path))


def test_a_folder_outside_a_repository_has_one_file(tmp_path):
    writer = open_writer(f"{tmp_path}/shared/")
    add(writer, "a")
    add(open_writer(f"{tmp_path}/shared/"), "b")
    assert files(writer) == {"experiments": ["a", "b"]}
