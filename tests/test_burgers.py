"""The newcomer's tour, on a fresh clone of the example: train, rank over seeds, audit, show, and keep the PIN."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="the example trains with numpy")
pytest.importorskip("clearml", reason="the example reports through the ClearML SDK")

EXAMPLE = Path(__file__).parent.parent / "examples" / "burgers"


def test_the_tour_trains_ranks_audits_and_renders(cli, work, repo, home):
    skipped = shutil.ignore_patterns("__pycache__", "sessions", "experiments.jsonl")
    shutil.copytree(EXAMPLE, work, dirs_exist_ok=True, ignore=skipped)
    repo("add", "--all")
    repo("commit", "--quiet", "-m", "start")
    trained = subprocess.run([sys.executable, "train.py"], cwd=work, capture_output=True, text=True, timeout=300)
    assert trained.returncode == 0, trained.stderr

    board = json.loads(cli("compare-scores", "--format", "json").stdout)
    rows = {row["name"].rsplit("-", 1)[0]: row for row in board["ranking"]}
    assert {name: row["n"] for name, row in rows.items()} == dict.fromkeys(["linear", "quadratic", "random", "mlp"], 3)
    assert rows["linear"]["rank"] is None and "pde_mean < 18.09 fails" in rows["linear"]["reason"]
    assert sorted(row["rank"] for name, row in rows.items() if name != "linear") == [1, 2, 3]
    assert rows["mlp"]["value"] > 80 and rows["quadratic"]["value"] > 95

    head = repo("rev-parse", "HEAD")
    record = json.loads(cli("run", "show", "mlp-s1", "--format", "json").stdout)[0]
    assert (record["commit"], record["dirty"], record["status"]) == (head, False, "completed")
    assert cli("audit", "validate", "mlp-s1").returncode == 0
    assert cli("audit", "validate", "linear-s1").returncode == 1
    assert cli("compare-scores", "--format", "markdown").stdout.startswith("| rank | name |")

    # The SDK's own sessions tell the same as the registry.
    sessions = json.loads(cli("run", "list", "--source", "sessions/offline", "--format", "json").stdout)
    recorded = {r["clearml_task_id"]: r for r in json.loads(cli("run", "list", "--format", "json").stdout)}
    assert len(sessions) == 12
    for session in sessions:
        same = recorded[session["experiment_id"]]
        assert session["metrics"] == pytest.approx(same["metrics"], rel=1e-12)
        assert (session["name"], session["params"]) == (same["name"], {k: str(v) for k, v in same["params"].items()})
        assert set(session["tags"]) == {"submission", "expflow-reported"}
    again = json.loads(cli("compare-scores", "--source", "sessions/offline", "--format", "json").stdout)
    assert [row["name"] for row in again["ranking"]] == [row["name"] for row in board["ranking"]]
    one = next(str(path.relative_to(work)) for path in (work / "sessions" / "offline").glob("*.zip"))
    assert cli("audit", "validate", Path(one).stem, "--source", one).returncode in (0, 1)

    assert cli("pin", "init", "4711").returncode == 0
    assert cli("run", "delete", "linear-s0", "--pin", "0000").returncode == 5
    assert cli("run", "delete", "linear-s0", "--pin", "4711").returncode == 0
    assert cli("run", "verify").returncode == 0


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
        assert "sessions" not in folder.split(os.sep)
        assert not {"experiments.jsonl", "pin.hash", ".env"} & set(names)
