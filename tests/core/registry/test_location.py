"""Which registry is meant, and that what is not spelled right is refused with the right spelling."""

from __future__ import annotations

import pytest

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.registry.location import choose, in_repository, is_part, locate, may_be_part


@pytest.fixture
def root(work, repo):
    (work / "experiments").mkdir()
    for name in ("experiments/main.jsonl", "runs.jsonl"):
        (work / name).write_bytes(b'{"experiment_id": "a"}\n')
    return work


@pytest.mark.parametrize(
    ("source", "inside"),
    [
        ("runs.jsonl", "runs.jsonl"),
        ("./runs.jsonl", "runs.jsonl"),
        ("experiments", "experiments/"),
        ("experiments/", "experiments/"),
        ("later/new.jsonl", "later/new.jsonl"),
        ("../outside.jsonl", ""),
        ("-", ""),
    ],
)
def test_where_a_registry_stands(root, source, inside):
    assert locate(source).inside == inside


def test_a_path_from_anywhere_is_the_same_registry(root):
    assert locate(str(root / "experiments")).inside == "experiments/"
    assert locate(str(root / "runs.jsonl")).inside == "runs.jsonl"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("runs.log", "write 'runs.jsonl'"),
        ("RUNS.JSONL", "write 'RUNS.jsonl'"),
        ("Runs.jsonl", "is spelled 'runs.jsonl'"),
        ("Experiments/", "is spelled 'experiments'"),
        ("Experiments/main.jsonl", "is spelled 'experiments'"),
        ("none", "or 'none/' for a folder"),
        ("..", "write a name such as"),
        ("/", "write a name such as"),
        ("", "write a name such as"),
        ("x" * 300, "…"),
        ("link.jsonl", "'link.jsonl' is a symbolic link"),
        ("linked/main.jsonl", "'linked' is a symbolic link"),
        ("linked/", "'linked' is a symbolic link"),
    ],
)
def test_what_is_not_spelled_right_is_refused_by_commands(root, source, says):
    (root / "link.jsonl").symlink_to("runs.jsonl")
    (root / "linked").symlink_to("experiments")
    with pytest.raises(UsageError) as refused:
        locate(source)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("source", "inside"),
    [
        ("runs.jsonl", "runs.jsonl"),
        ("./a/../runs/", "runs/"),
        ("a\\b.jsonl", "a/b.jsonl"),
        ("../out.jsonl", ""),
        ("/elsewhere/out.jsonl", ""),
        ("clearml", ""),
        ("mlflow:http://127.0.0.1", ""),
        ("s.zip", ""),
    ],
)
def test_where_a_policys_source_stands(source, inside):
    assert in_repository(source, "/repo") == inside


@pytest.mark.parametrize("source", ["/repo/runs.jsonl", "/repo/a/experiments/", "~/runs.jsonl", "runs", "runs.txt"])
def test_a_policys_source_that_hooks_could_not_find_is_refused(source):
    with pytest.raises(UsageError):
        in_repository(source, "/repo")


def test_the_option_goes_before_the_environment_before_the_policy_before_home(monkeypatch, home):
    assert choose(None, None, None) == (str(home / ".expflow" / "experiments.jsonl"), "the default")
    assert choose(None, "/r/expflow.yaml", "runs/") == ("/r/runs/", "/r/expflow.yaml")
    monkeypatch.setenv("EXPFLOW_REGISTRY", "env.jsonl")
    assert choose(None, "/r/expflow.yaml", "runs/") == ("env.jsonl", "EXPFLOW_REGISTRY")
    assert choose("o.jsonl", "/r/expflow.yaml", "runs/") == ("o.jsonl", "--source")


@pytest.mark.parametrize(
    ("path", "belongs"),
    [("e/a.jsonl", True), ("e/b/a.jsonl", False), ("e/a.md", False), ("e", False), ("x/e/a.jsonl", False)],
)
def test_which_files_belong_to_a_folder(path, belongs):
    assert is_part("e/", path) is belongs
    assert not belongs or may_be_part(path)


@pytest.mark.parametrize("command", [["run", "list"], ["run", "verify"], ["compare-scores"], ["run", "show", "a"]])
def test_every_command_refuses_a_link_that_the_policy_names(root, cli, command):
    (root / "expflow.yaml").write_text("version: 1\nleaderboard: {source: linked/}\n")
    (root / "linked").symlink_to("experiments")
    done = cli(*command)
    assert (done.returncode, "is a symbolic link" in done.stderr) == (2, True), done.stderr


def test_a_folder_that_the_policy_names_is_a_registry_whatever_stands_in_it(root, cli):
    (root / "expflow.yaml").write_text("version: 1\nleaderboard: {source: experiments/}\n")
    (root / "experiments" / "task.json").write_text("{}")
    assert "1 experiment in" in cli("run", "list").stdout
