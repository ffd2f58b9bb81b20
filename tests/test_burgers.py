"""The newcomer's tour, on a fresh clone of the example: train, rank over seeds, audit, show, and keep the PIN."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from expflow_hooks.cli import main
from expflow_hooks.hooks import audit, pin_hash, policy, registry
from expflow_hooks.sources.clearml.marks import clean_mark, zero_mark

pytest.importorskip("numpy", reason="the example trains with numpy")
pytest.importorskip("clearml", reason="the example reports through the ClearML SDK")

EXAMPLE = Path(__file__).parent.parent / "examples" / "burgers"


@pytest.fixture
def here(capfd, monkeypatch):
    """Return a function that runs the command line in this process: a tour has many commands."""
    monkeypatch.setattr("expflow_hooks.core.pin.guard.time.sleep", lambda seconds: None)

    def call(*arguments):
        code = main(list(arguments))
        return code, capfd.readouterr().out

    return call


def test_the_tour_trains_ranks_audits_and_renders(here, work, repo, capfd):
    skipped = shutil.ignore_patterns("__pycache__", "sessions", "experiments")
    shutil.copytree(EXAMPLE, work, dirs_exist_ok=True, ignore=skipped)
    repo("add", "--all")
    repo("commit", "--quiet", "-m", "start")
    repo("switch", "--quiet", "-c", "surrogates")
    trained = subprocess.run([sys.executable, "train.py"], cwd=work, capture_output=True, text=True, timeout=300)
    assert trained.returncode == 0, trained.stderr

    board = json.loads(here("compare-scores", "--format", "json")[1])
    rows = {row["name"].rsplit("-", 1)[0]: row for row in board["ranking"]}
    assert {name: row["n"] for name, row in rows.items()} == dict.fromkeys(["linear", "quadratic", "random", "mlp"], 3)
    assert rows["linear"]["rank"] is None and "pde_mean < 18.09 fails" in rows["linear"]["reason"]
    assert sorted(row["rank"] for name, row in rows.items() if name != "linear") == [1, 2, 3]
    assert rows["mlp"]["value"] > 80 and rows["quadratic"]["value"] > 95

    head = repo("rev-parse", "HEAD")
    record = json.loads(here("run", "show", "mlp-s1", "--format", "json")[1])[0]
    assert (record["commit"], record["dirty"], record["status"]) == (head, False, "completed")
    assert here("audit", "validate", "mlp-s1")[0] == 0
    assert here("audit", "validate", "linear-s1")[0] == 1
    assert here("compare-scores", "--format", "markdown")[1].startswith("| rank | name |")

    # The SDK's own sessions tell the same as the registry.
    sessions = json.loads(here("run", "list", "--source", "sessions/offline", "--format", "json")[1])
    recorded = {r["clearml_task_id"]: r for r in json.loads(here("run", "list", "--format", "json")[1])}
    assert len(sessions) == 12
    for session in sessions:
        same = recorded[session["experiment_id"]]
        assert session["metrics"] == pytest.approx(same["metrics"], rel=1e-12)
        assert (session["name"], session["params"]) == (same["name"], {k: str(v) for k, v in same["params"].items()})
        zeros = {zero_mark(name, session["experiment_id"]) for name, value in same["metrics"].items() if value == 0}
        marks = {"submission", "expflow-reported", clean_mark(same["commit"], session["experiment_id"])}
        assert set(session["tags"]) == marks | zeros
    again = json.loads(here("compare-scores", "--source", "sessions/offline", "--format", "json")[1])
    assert [row["name"] for row in again["ranking"]] == [row["name"] for row in board["ranking"]]
    one = next(str(path.relative_to(work)) for path in (work / "sessions" / "offline").glob("*.zip"))
    assert here("audit", "validate", Path(one).stem, "--source", one)[0] in (0, 1)

    # The hooks: on the protected branch the diverged runs block the commit, on another they are reported.
    repo("switch", "--quiet", "main")
    repo("add", "experiments")
    assert [hook.main([]) for hook in (audit, registry, pin_hash)] == [1, 0, 0]
    assert policy.main(["expflow.yaml"]) == 0
    repo("switch", "--quiet", "surrogates")
    capfd.readouterr()
    assert [hook.main([]) for hook in (audit, registry, pin_hash)] == [0, 0, 0]
    assert "linear-s1: pde_mean < 18.09" in "".join(capfd.readouterr())
    repo("commit", "--quiet", "-m", "results")

    # The comment, as it would stand on the pull request.
    code, comment = here("action", "--dry-run")
    assert code == 1
    assert comment.startswith("## ❌ Expflow: 1 of 4 candidate groups fails\n\n- `linear-s0`: `pde_mean < 18.09 fails")
    assert "▶ `random-s0` is rank 1 of 3 by `seg_total`" in comment
    assert "<summary>Audit: 3 of 12 fail</summary>" in comment

    assert here("pin", "init", "4711")[0] == 0
    assert here("run", "delete", "linear-s0", "--pin", "0000")[0] == 5
    assert here("run", "delete", "linear-s0", "--pin", "4711")[0] == 0
    assert here("run", "verify")[0] == 0


def test_the_readme_shows_only_commands_that_are_there(cli):
    text = (EXAMPLE / "README.md").read_text()
    commands = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ expflow-hooks")]
    assert len(commands) >= 4
    for command in commands:
        words = command.split()[1:]
        depth = 2 if words[0] in ("run", "audit", "pin", "clearml") else 1
        assert cli(*words[:depth], "--help").returncode == 0, command


def test_no_trained_artefact_and_no_secret_is_part_of_the_example():
    for folder, _, names in os.walk(EXAMPLE):
        assert not {"sessions", "experiments"} & set(folder.split(os.sep))
        assert not {"experiments.jsonl", "pin.hash", ".env"} & set(names)


def test_online_it_reports_to_the_server_of_the_clearml_conf_that_clearml_init_writes(work, repo, home):
    from fakes.clearml_server import ACCESS, SECRET, Server

    skipped = shutil.ignore_patterns("__pycache__", "sessions", "experiments")
    shutil.copytree(EXAMPLE, work, dirs_exist_ok=True, ignore=skipped)
    repo("add", "--all")
    repo("commit", "--quiet", "-m", "start")
    with Server() as server:
        hosts = "".join(f"{name}_server: {server.url}\n" for name in ("api", "web", "files"))
        keys = f"credentials {{ access_key: {ACCESS}, secret_key: {SECRET} }}"
        development = "sdk { development { report_use_subprocess: false } }"
        (home / "clearml.conf").write_text(f"api {{\n{hosts}{keys}\n}}\n{development}\n")
        command = [sys.executable, "train.py", "--online", "--model", "quadratic", "--seed", "1"]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        (task,) = server.tasks
    assert (task["name"], task["status"]) == ("quadratic-s1", "completed")
    assert "expflow-reported" in task["tags"] and SECRET not in done.stdout + done.stderr
    assert not (work / "sessions").exists()
