"""The bypass drill: each way round the gate, tried as an attacker would, and what catches it. SECURITY.md has the list.

Where nothing catches it, the test says so, so that nobody believes otherwise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from expflow_hooks.core.registry.chain import digest_of

REGISTRY = "experiments.jsonl"
SOURCE = ("--source", REGISTRY)


def hook(name, repo, *arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-m", f"expflow_hooks.hooks.{name}", *arguments],
        cwd=repo.path,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def add(cli, **record):
    assert cli("run", "add", "-", *SOURCE, stdin=json.dumps(record)).returncode == 0


def last(work):
    return json.loads((work / REGISTRY).read_text().splitlines()[-1])


def ranking(cli, *options):
    done = cli("compare-scores", *SOURCE, "--sort-by", "pde_mean", "--format", "json", *options)
    return done.returncode, json.loads(done.stdout)["ranking"]


@pytest.mark.parametrize("way", ["--no-verify", "SKIP=", "removed by the next commit"])
def test_a_hash_that_was_committed_past_the_hook_is_found_in_the_range(git_repo, digest, way):
    base = git_repo.commit("a.txt", "clean\n")
    git_repo.commit("notes.txt", f"{digest}\n")  # as `--no-verify` and `SKIP=expflow-pin-hash` leave it
    if way == "removed by the next commit":
        git_repo.commit("notes.txt", "clean\n")
    code, said = hook("pin_hash", git_repo, "--rev", f"{base}..HEAD")
    assert (code, "EXP001" in said) == (1, True)


def test_force_is_in_the_history_with_who_when_and_why(cli, work):
    add(cli, experiment_id="a", status="running")
    cli("pin", "init", "4711")
    assert cli("run", "cancel", "a", *SOURCE, "--force", "--reason", "in a hurry").returncode == 0
    event = last(work)["event"]
    assert (event["authorised"], event["reason"]) == ("force", "in a hurry")
    assert event["by"]
    assert event["at"]


@pytest.mark.parametrize("way", ["the store removed", "another home", "another machine's registry"])
def test_an_operation_with_no_pin_is_in_the_history_as_unguarded(cli, work, home, tmp_path_factory, way):
    add(cli, experiment_id="a", status="running")
    cli("pin", "init", "4711")
    environment = {}
    if way == "the store removed":
        (home / ".expflow" / "pin.hash").unlink()
    else:
        environment = {"HOME": str(tmp_path_factory.mktemp("other"))}
    assert cli("run", "cancel", "a", *SOURCE, env=environment).returncode == 0
    assert last(work)["event"]["authorised"] == "unguarded"


def test_a_pin_of_ones_own_in_the_environment_does_not_go_before_the_store(cli, work, digest):
    add(cli, experiment_id="a", status="running")
    cli("pin", "init", "4711")
    done = cli("run", "cancel", "a", *SOURCE, "--pin", "4071", env={"EXPFLOW_PIN_HASH": digest})
    assert done.returncode == 5


@pytest.mark.parametrize(
    ("way", "code", "says"),
    [
        ("a line written by hand", 3, "no chain covers: 4"),
        ("a better number put into a line", 1, "line 2 was edited"),
        ("a line taken out", 1, "was removed"),
        ("an old line said again", 1, "line 4 repeats line 1"),
        ("lines in another order", 1, "inserted"),
    ],
)
def test_a_forged_registry_line_does_not_verify(cli, work, way, code, says):
    for name in "abc":
        add(cli, experiment_id=name, metrics={"pde_mean": 12.5})
    path = work / REGISTRY
    first, second, third = path.read_text().splitlines(keepends=True)
    forged = {
        "a line written by hand": [first, second, third, '{"experiment_id": "x", "metrics": {"pde_mean": 0.1}}\n'],
        "a better number put into a line": [first, second.replace("12.5", "0.1"), third],
        "a line taken out": [first, third],
        "an old line said again": [first, second, third, first],
        "lines in another order": [second, first, third],
    }[way]
    path.write_text("".join(forged))
    done = cli("run", "verify", *SOURCE)
    assert (done.returncode, says in done.stdout) == (code, True), done.stdout
    if code == 1:
        assert "the history does not hold" in cli("run", "list", *SOURCE).stderr


def test_the_last_line_edited_or_cut_is_found_with_the_head_that_was_noted(cli, work):
    for name in "abc":
        add(cli, experiment_id=name, metrics={"pde_mean": 12.5})
    path = work / REGISTRY
    lines = path.read_bytes().splitlines(keepends=True)
    head = digest_of(lines[-1]).hex()
    for forged in ([*lines[:2], lines[2].replace(b"12.5", b"0.1")], lines[:2]):
        path.write_bytes(b"".join(forged))
        assert cli("run", "verify", *SOURCE).returncode == 0, "nothing below it names it yet"
        assert cli("run", "verify", *SOURCE, "--expect-head", head).returncode == 1


def test_a_registry_rewritten_as_a_whole_is_found_where_git_has_the_old_one(git_repo, cli, work):
    git_repo.git("init", "--quiet", "--bare", str(git_repo.path / "../remote.git"))
    git_repo.git("remote", "add", "origin", str(git_repo.path / "../remote.git"))
    add(cli, experiment_id="a", metrics={"pde_mean": 12.5})
    git_repo.commit(REGISTRY, (work / REGISTRY).read_bytes())
    git_repo.git("push", "--quiet", "origin", "main")
    (work / REGISTRY).unlink()
    add(cli, experiment_id="a", metrics={"pde_mean": 0.1})
    assert cli("run", "verify", *SOURCE).returncode == 0, "a chain made anew holds by itself"
    git_repo.commit(REGISTRY, (work / REGISTRY).read_bytes())
    assert hook("registry", git_repo, "--rev", "origin/main..HEAD")[0] == 1


def test_a_better_number_in_a_later_line_is_a_revision_and_listed(cli, work):
    good = {"seg_total": 1, "train_time_min": 5}
    add(cli, experiment_id="a", metrics={**good, "pde_mean": 20.0}, params={"sub_step": "1"})
    add(cli, experiment_id="a", metrics={**good, "pde_mean": 10.0}, params={"sub_step": "1"})
    done = cli("audit", "validate", "a", *SOURCE)
    assert done.returncode == 0
    assert "line 2 changed metrics.pde_mean: 20.0 → 10.0" in done.stdout


def test_the_best_of_many_seeds_is_called_so_and_a_group_takes_it_away(cli, work):
    for seed, value in enumerate((25.0, 30.0, 5.0)):
        add(cli, experiment_id=f"s{seed}", metrics={"pde_mean": value}, params={"lr": "1", "seed": str(seed)})
    _, rows = ranking(cli, "--gate", "pde_mean:lt:18.09")
    assert (rows[0]["experiment_id"], rows[0]["notes"]) == ("s2", ["best of 3"])
    code, rows = ranking(cli, "--gate", "pde_mean:lt:18.09", "--group-ignore", "seed", "--fail-on", "any-fail")
    assert (code, rows[0]["rank"], rows[0]["value"]) == (1, None, 20.0)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "-1e999", "null", '"1"', "true", "[1]"])
def test_what_is_no_number_wins_nothing(cli, work, number):
    add(cli, experiment_id="honest", metrics={"pde_mean": 12.5})
    with (work / REGISTRY).open("a") as file:
        file.write(f'{{"experiment_id": "forged", "metrics": {{"pde_mean": {number}}}}}\n')
    code, rows = ranking(cli, "--gate", "pde_mean:lt:18.09", "--fail-on", "any-fail")
    assert (code, [row["experiment_id"] for row in rows if row["rank"]]) == (1, ["honest"])


def test_nothing_here_catches_numbers_that_were_made_up_from_the_start(cli, work):
    made_up = {"seg_total": 99, "pde_mean": 0.1, "train_time_min": 1}
    add(cli, experiment_id="liar", metrics=made_up, params={"sub_step": "1"})
    assert cli("audit", "validate", "liar", *SOURCE).returncode == 0
    assert cli("run", "verify", *SOURCE).returncode == 0
