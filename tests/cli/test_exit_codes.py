"""Each exit code that a command decides on, in the case that needs it (`make mutants` turns each into 0)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from expflow_hooks import cli
from expflow_hooks.api import record

GOOD = {"experiment_id": "good", "metrics": {"pde_mean": 15.0, "seg_total": 50.0, "train_time_min": 30.0}}
GOOD["params"] = {"sub_step": 5}
BAD = {"experiment_id": "bad", "metrics": {"pde_mean": 19.0, "seg_total": 50.0, "train_time_min": 30.0}}
RUNNING = {"experiment_id": "runs", "status": "running"}
NO_VALUE = {"experiment_id": "none", "metrics": {"seg_total": 50.0}}
TORN = b"torn"

GATED = ("compare-scores", "--sort-by", "pde_mean", "--gate", "pde_mean:lt:18.09", "--fail-on")
GROUPED = ("--group-ignore", "seed", "--min-runs", "2")
AUDIT = ("audit", "validate", "--competition-rules")


@pytest.mark.parametrize(
    ("lines", "command", "code"),
    [
        ([GOOD, BAD], (*GATED, "none-pass"), 0),
        ([GOOD, BAD], (*GATED, "any-fail"), 1),
        ([BAD], (*GATED, "none-pass"), 1),
        ([BAD], (*GATED, "never"), 0),
        ([], (*GATED, "never"), 3),
        ([RUNNING], (*GATED, "none-pass"), 3),
        ([GOOD, RUNNING], (*GATED, "none-pass"), 0),
        ([GOOD], (*GATED, "any-fail", *GROUPED), 3),
        ([GOOD], (*GATED, "none-pass", *GROUPED), 3),
        ([GOOD, TORN], (*GATED, "any-fail"), 4),
        ([GOOD, TORN], (*GATED, "never"), 0),
        ([GOOD], (*AUDIT, "good"), 0),
        ([BAD], (*AUDIT, "bad"), 1),
        ([RUNNING], (*AUDIT, "runs"), 3),
        ([GOOD, b'{"experiment_id": "good", "met'], (*AUDIT, "good"), 4),
        ([GOOD], (*AUDIT, "nobody"), 2),
        ([GOOD], ("report", "--sort-by", "pde_mean"), 0),
        ([GOOD, TORN], ("report", "--sort-by", "pde_mean"), 4),
        ([], ("run", "verify"), 3),
        ([GOOD], ("run", "verify"), 3),
        ([GOOD], ("run",), 2),
        ([GOOD], ("run", "show"), 2),
        ([GOOD], ("run", "add", "nowhere.json"), 4),
        ([GOOD], ("compare-scores", "--nonsense"), 2),
        ([GOOD], ("run", "cancel", "--where", "lr<5"), 3),
    ],
)
def test_a_registry_of_lines(lines, command, code, work: Path, monkeypatch, capsys):
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    (work / "r.jsonl").write_bytes(b"".join(text + b"\n" for text in texts))
    monkeypatch.setenv("EXPFLOW_REGISTRY", "r.jsonl")
    monkeypatch.setattr("sys.stdin", None)
    assert cli.main(list(command)) == code, capsys.readouterr()


@pytest.mark.parametrize(("change", "code"), [("", 0), ("edited", 1), ("torn", 4)])
def test_a_history(change, code, work: Path, capsys):
    record("a", metrics={"pde_mean": 15.0}, registry="r.jsonl")
    record("b", metrics={"pde_mean": 16.0}, registry="r.jsonl")
    path = work / "r.jsonl"
    data = path.read_bytes()
    path.write_bytes({"": data, "edited": data.replace(b"15", b"14", 1), "torn": data + b"torn\n"}[change])
    assert cli.main(["run", "verify", "--source", "r.jsonl"]) == code, capsys.readouterr()


def test_a_pin(work: Path, monkeypatch, capsys):
    check = ["pin", "check", "--pin", "4071"]
    assert cli.main(check) == 1, "none is set"
    assert cli.main(["pin", "init", "4071"]) == 0
    assert cli.main(check) == 0
    assert cli.main(["pin", "check", "--pin", "4072"]) == 5
    (work / ".env").write_text("EXPFLOW_PIN_" + "HASH=" + "0" * 64 + "\n")
    assert cli.main(["pin", "clear", "--force"]) == 1, "another place guards still"
    (work / ".env").unlink()
    assert cli.main(["pin", "clear"]) == 0, "there is none"
