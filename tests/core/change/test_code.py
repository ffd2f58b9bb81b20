"""The digest over the code's files."""

from __future__ import annotations

import pytest

from expflow_hooks.core.change.code import code_id, code_patterns, differing_paths, policy_patterns
from expflow_hooks.core.policy.path_patterns import matcher
from expflow_hooks.core.policy.policy import Leaderboard, Policy

FILES = [("100644", "a" * 40, "src/a.py"), ("100755", "b" * 40, "run.sh"), ("120000", "c" * 40, "link")]
ALL = ("**",)


def test_the_order_of_the_entries_and_the_folders_between_do_not_matter():
    folders = [("040000", "d" * 40, "src"), ("40000", "d" * 40, "src")]
    assert code_id(FILES, ALL) == code_id([*folders, *reversed(FILES)], ALL)


@pytest.mark.parametrize(
    "other",
    [
        [("100755", "a" * 40, "src/a.py"), *FILES[1:]],
        [("100644", "e" * 40, "src/a.py"), *FILES[1:]],
        [("100644", "a" * 40, "src/b.py"), *FILES[1:]],
        FILES[1:],
        [*FILES, ("160000", "f" * 40, "library")],
    ],
    ids=["mode", "contents", "name", "one less", "a submodule"],
)
def test_mode_contents_and_name_of_every_file_count(other):
    assert code_id(other, ALL) != code_id(FILES, ALL)


def test_no_file_that_matches_is_no_code():
    assert code_id(FILES, ("none/**",)) == ""


def test_a_name_that_is_not_utf8_counts():
    assert code_id([("100644", "a" * 40, "\udcff.py")], ALL) != code_id([("100644", "a" * 40, "\udcfe.py")], ALL)


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("train.py", True),
        ("configs/a.yaml", True),
        (".gitattributes", True),
        ("experiments/run.py", True),
        ("licenses.py", True),
        ("experiments.jsonl", False),
        ("experiments/topic.jsonl", False),
        ("results/log.jsonl", False),
        ("expflow.yaml", False),
        ("README.md", False),
        ("src/notes.rst", False),
        ("docs/conf.py", False),
        (".github/workflows/ci.yml", False),
        ("src/LICENSE.txt", False),
    ],
)
def test_what_counts_where_the_policy_names_no_paths(path, counts):
    assert matcher(code_patterns(registry="results/log.jsonl"))(path) is counts


@pytest.mark.parametrize(
    ("arguments", "path", "counts"),
    [
        ((["**"], "runs/all.jsonl"), "runs/all.jsonl", False),
        ((["**"], "runs/"), "runs/topic.jsonl", False),
        ((["**"], "runs/"), "runs/deep/er.jsonl", True),
        ((["**"], "runs/"), "runs/a.py", True),
        ((["**"],), "runs/all.jsonl", True),
        ((["src/**"], "", "project"), "project/src/a.py", True),
        ((["src/**"], "", "project"), "src/a.py", False),
        ((["**", "!/old/**"], "", "project/"), "project/old/a.py", False),
        (([], "", "project"), "project/README.md", False),
        (([], "", "project"), "other/train.py", False),
        ((["src/**"],), "src/__pycache__/a.cpython-312.pyc", False),
    ],
)
def test_the_policys_paths_are_below_its_own_folder_and_the_registry_is_never_code(arguments, path, counts):
    assert matcher(code_patterns(*arguments))(path) is counts


@pytest.mark.parametrize(
    ("source", "folder", "path", "counts"),
    [
        (None, "", "experiments.jsonl", False),
        ("runs/", "", "runs/main.jsonl", False),
        ("./runs/all.jsonl", "", "runs/all.jsonl", False),
        ("clearml", "", "experiments.jsonl", True),
        ("mlflow:http://localhost", "", "experiments.jsonl", True),
        ("../all.jsonl", "project", "all.jsonl", False),  # above the project: not its code, nor its registry
        ("runs/", "project", "project/runs/main.jsonl", False),
        ("/elsewhere/runs.jsonl", "", "runs.jsonl", True),
        ("no-registry", "", "train.py", True),
    ],
)
def test_the_registry_that_the_policy_names_is_no_code(source, folder, path, counts):
    policy = Policy(leaderboard=Leaderboard(source=source, paths=("**",)))
    assert matcher(policy_patterns(policy, folder))(path) is counts


def test_the_paths_that_differ_are_those_that_match():
    other = [("100644", "9" * 40, "src/a.py"), FILES[1], ("100644", "9" * 40, "notes")]
    assert differing_paths(FILES, other, ("src/**", "link")) == ("link", "src/a.py")
