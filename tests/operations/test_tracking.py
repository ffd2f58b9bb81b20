"""`track`: on the disk before the first step, and the truth about how it ended, whatever ended it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from expflow_hooks import ExpflowWarning, record, track
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.permit import Permit
from expflow_hooks.core.registry.writer import Writer

REGISTRY = "r.jsonl"


def lines(work: Path, name: str = REGISTRY) -> list[dict]:
    return [json.loads(line) for line in (work / name).read_text().splitlines()]


def test_a_run_is_on_the_disk_before_its_first_step_and_completed_after_its_last(work):
    with track("x", params={"lr": 0.1, "model": {"width": 8}}, tags="task1", registry=REGISTRY, name="X") as run:
        (started,) = lines(work)
        assert (started["status"], started["params"]) == ("running", {"lr": 0.1, "model/width": 8})
        assert (started["tags"], started["name"]) == (["task1"], "X")
        assert run.report(pde_mean=15, seg_total=57.09) == {"pde_mean": 15.0, "seg_total": 57.09}
        reported = lines(work)[-1]
        assert (reported["status"], reported["metrics"]) == ("running", {"pde_mean": 15.0, "seg_total": 57.09})
    last = lines(work)[-1]
    assert last["status"] == "completed"
    assert last["timestamp"] == started["timestamp"]
    assert last["metrics"].keys() == {"pde_mean", "seg_total", "train_time_min"}
    assert run.record["status"] == "completed"


def test_the_time_is_measured_unless_somebody_reported_it(work):
    with track("x", registry=REGISTRY):
        time.sleep(0.06)
    assert 0.001 <= lines(work)[-1]["metrics"]["train_time_min"] < 1
    with track("x", registry=REGISTRY) as run:
        run.report(train_time_min=45.5)
    assert lines(work)[-1]["metrics"] == {"train_time_min": 45.5}


class OwnError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "name"),
    [(ValueError("secret"), "ValueError"), (OwnError(), f"{__name__}.OwnError"), (SystemExit(3), "SystemExit")],
)
def test_an_exception_is_a_failure_with_its_type_and_not_its_words(work, error, name):
    with pytest.raises(type(error)), track("x", registry=REGISTRY):
        raise error
    last = lines(work)[-1]
    assert (last["status"], last["error"]) == ("failed", name)
    assert "secret" not in (work / REGISTRY).read_text()


def test_leaving_with_success_is_completed(work):
    with pytest.raises(SystemExit), track("x", registry=REGISTRY):
        sys.exit(0)
    assert lines(work)[-1]["status"] == "completed"


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ({"pde_mean": float("nan")}, "pde_mean is nan"),
        ({"pde_mean": "15"}, "pde_mean is type"),
        ({"pde_mean": 15.0, "pde_meen": 1.0}, "unknown metric 'pde_meen'; did you mean pde_mean"),
    ],
)
def test_what_does_not_count_is_refused_and_fails_the_run_with_no_number_of_it(work, metrics, says):
    with pytest.raises(ValueError, match=says), track("x", registry=REGISTRY) as run:
        run.report(**metrics)
    assert [line["status"] for line in lines(work)] == ["running", "failed"]
    assert lines(work)[-1]["metrics"].keys() == {"train_time_min"}


def test_the_policys_metrics_are_known_by_both_their_names(work):
    energy = "energy_kwh: {group: Cost, higher_is_better: false}"
    (work / "expflow.yaml").write_text(f"version: 1\nmetrics: {{{energy}, pde_mean: {{from: val/pde}}}}\n")
    with track("x", registry=REGISTRY) as run:
        run.report(energy_kwh=12.0, **{"val/pde": 15.0})  # type: ignore[arg-type]
    assert lines(work)[-1]["metrics"]["val/pde"] == 15.0


def test_a_finished_run_starts_anew_and_a_queued_one_goes_on(work):
    record("x", status="completed", metrics={"seg1": 1.0}, params={"old": 1}, registry=REGISTRY)
    with track("x", registry=REGISTRY):
        assert lines(work)[-1].keys().isdisjoint({"metrics", "params"})
    record("y", status="queued", params={"lr": 1}, project="p", registry=REGISTRY)
    with track("y", registry=REGISTRY) as run:
        run.add(params={"found": 2}, note="kept")
    last = lines(work)[-1]
    assert (last["params"], last["project"], last["note"]) == ({"lr": 1, "found": 2}, "p", "kept")


def test_a_run_that_was_killed_has_the_code_of_its_new_start(repo, work):
    (work / "train.py").write_text("1\n")
    repo("add", ".")
    repo("commit", "-qm", "one")
    killed = record("x", status="running", registry=REGISTRY)
    (work / "train.py").write_text("2\n")
    with track("x", registry=REGISTRY) as run:
        assert run.record["code"]["id"] != killed["code"]["id"]
        assert run.record["code"]["at"] == "start"
        (work / "train.py").write_text("edited during the training\n")
    assert run.record["code"] == lines(work)[1]["code"]


def test_a_run_that_was_cancelled_meanwhile_stays_so_and_keeps_its_numbers(work):
    run = track("x", registry=REGISTRY).start()
    event = {"action": "cancel", "by": "me", "authorised": "pin"}
    cancelled = {"experiment_id": "x", "status": "cancelled", "event": event}
    Writer(REGISTRY).update("x", lambda before: {**before, **cancelled}, Permit("pin"))
    run.report(pde_mean=1.0)
    with pytest.warns(ExpflowWarning, match="x: it was cancelled meanwhile, and stays so"):
        run.finish()
    last = lines(work)[-1]
    assert (last["status"], last["metrics"]["pde_mean"]) == ("cancelled", 1.0)


def test_a_start_that_cannot_be_written_stops_the_training_before_it_begins(work):
    (work / "folder.jsonl").mkdir()
    began = False
    with pytest.raises(UnreadableError), track("x", registry="folder.jsonl"):
        began = True
    assert not began


def test_an_end_that_cannot_be_written_does_not_hide_what_the_run_failed_of(work):
    told = pytest.warns(ExpflowWarning, match="x: its end is not recorded")
    with told, pytest.raises(ZeroDivisionError), track("x", registry=REGISTRY):
        (work / REGISTRY).unlink()
        (work / REGISTRY).mkdir()
        raise ZeroDivisionError
    (work / REGISTRY).rmdir()
    with pytest.raises(UnreadableError), track("x", registry=REGISTRY):
        (work / REGISTRY).unlink()
        (work / REGISTRY).mkdir()


def test_a_new_working_folder_changes_nothing(work):
    (work / "deeper").mkdir()
    with track("x", registry=REGISTRY):
        os.chdir("deeper")
    assert [line["status"] for line in lines(work)] == ["running", "completed"]


class Tracker:
    """An object with the `report_scalar` that training code has had so far."""

    def __init__(self):
        self.sent = {}

    def report_scalar(self, title, series, value, iteration):
        self.sent[series] = value


def test_a_tracker_is_told_what_the_registry_has(work):
    tracker = Tracker()
    with track("x", task=tracker, registry=REGISTRY) as run:
        run.report(pde_mean=15.0)
        assert tracker.sent == {"pde_mean": 15.0}
    assert tracker.sent == lines(work)[-1]["metrics"]


def test_a_tracker_that_fails_is_no_end_without_a_record(work):
    class Away(Tracker):
        def report_scalar(self, **_):
            raise ConnectionError

    with pytest.raises(ConnectionError), track("x", task=Away(), registry=REGISTRY) as run:
        run.report(pde_mean=15.0)
    last = lines(work)[-1]
    assert (last["status"], last["error"], last["metrics"]["pde_mean"]) == ("failed", "ConnectionError", 15.0)


@pytest.mark.parametrize(("rank", "size", "recorded"), [("0", "2", True), ("1", "2", False), ("1", "1", True)])
def test_of_several_processes_the_first_one_records(work, monkeypatch, rank, size, recorded):
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setenv("WORLD_SIZE", size)
    with track("x", registry=REGISTRY) as run:
        assert run.report(pde_mean=1.0) == {"pde_mean": 1.0}
        with pytest.raises(ValueError, match="is nan"):
            run.report(pde_mean=float("nan"))
    assert (work / REGISTRY).exists() is recorded


# Real processes

# Tests that run in the background inherit an ignored SIGINT, which a training on a terminal does not.
BEGIN = """\
import os, signal, sys, time
if os.name == "posix":
    signal.signal(signal.SIGINT, signal.default_int_handler)
from expflow_hooks import track
"""
WAITS = "print('started', flush=True)\ntime.sleep(60)\n"


def script(work: Path, text: str, *, ends: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run training code in a process of its own, and once it says that it started, send it a signal."""
    (work / "train.py").write_text(BEGIN + text)
    child = subprocess.Popen(
        [sys.executable, "train.py"], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if ends is not None:
        assert child.stdout is not None and child.stdout.readline() == "started\n"
        child.send_signal(ends)
    out, err = child.communicate(timeout=30)
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)


def within(body: str) -> str:
    return f"with track('x', registry='{REGISTRY}') as run:\n" + "".join(f"    {line}\n" for line in body.splitlines())


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, -signal.SIGINT)])
def test_a_run_that_is_told_to_end_says_that_it_stopped(work, number, code):
    done = script(work, within(WAITS), ends=number)
    assert done.returncode == code, done.stderr
    last = lines(work)[-1]
    assert last["status"] == "stopped"
    assert last["event"] == {"action": "stop", "by": "run", "at": last["event"]["at"], "reason": number.name}


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_run_that_is_killed_stays_running(work):
    script(work, within("run.report(pde_mean=1.0)\n" + WAITS), ends=signal.SIGKILL)
    last = lines(work)[-1]
    assert (last["status"], last["metrics"]) == ("running", {"pde_mean": 1.0})


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_programs_own_handler_stays_in_charge_and_ours_is_gone_afterwards(work):
    own = "signal.signal(signal.SIGTERM, lambda *_: print('own', flush=True) or sys.exit(0))\n"
    done = script(work, own + within(WAITS), ends=signal.SIGTERM)
    assert (done.stdout, done.returncode) == ("own\n", 0)
    assert lines(work)[-1]["status"] == "completed"
    after = "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n"
    assert script(work, within("pass") + after).returncode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork of POSIX")
def test_a_forked_worker_neither_ends_nor_reports_for_the_run(work):
    forks = "child = os.fork()\nif not child:\n    sys.exit(1)\nos.waitpid(child, 0)\n"
    assert script(work, within(forks)).returncode == 0
    assert [line["status"] for line in lines(work)] == ["running", "completed"]
    told = (
        "ours, theirs = os.pipe()\nchild = os.fork()\nif not child:\n    os.write(theirs, b'x')\n    time.sleep(60)\n"
        "os.read(ours, 1)\nos.kill(child, signal.SIGTERM)\nassert os.waitpid(child, 0)[1] == signal.SIGTERM\n"
    )
    assert script(work, within(told)).returncode == 0
    assert lines(work)[-1]["status"] == "completed"


@pytest.mark.parametrize(
    ("end", "status", "error"),
    [
        ("", "failed", "SystemExit"),
        ("raise KeyError('x')", "failed", "KeyError"),
        ("raise KeyboardInterrupt", "stopped", None),
        ("run.finish()", "completed", None),
    ],
)
def test_a_run_that_is_started_by_hand_is_ended_at_the_latest_with_the_interpreter(work, end, status, error):
    done = script(work, f"run = track('x', registry='{REGISTRY}').start()\n{end}\n")
    last = lines(work)[-1]
    assert (last["status"], last.get("error")) == (status, error), done.stderr


def test_training_in_a_thread_works(work):
    body = "import threading\ndef train():\n    with track('x', registry='r.jsonl'):\n        pass\n"
    assert script(work, body + "t = threading.Thread(target=train)\nt.start()\nt.join()\n").returncode == 0
    assert lines(work)[-1]["status"] == "completed"


def test_the_document_runs_as_written(work):
    """The Python blocks of docs/recording.md, one after the other."""
    text = (Path(__file__).parents[2] / "docs" / "recording.md").read_text()
    blocks = [part.split("```")[0] for part in text.split("```python\n")[1:]]
    assert len(blocks) == 2
    os.environ["EXPFLOW_REGISTRY"] = REGISTRY
    try:
        for block in blocks:
            exec(compile(block, "recording.md", "exec"), {})
    finally:
        del os.environ["EXPFLOW_REGISTRY"]
    last = {line["experiment_id"]: line for line in lines(work)}
    assert last["fno-32-seed1"]["status"] == last["fno-64-seed1"]["status"] == "completed"
    assert last["fno-64-seed1"]["metrics"] == {"pde_mean": 15.0, "seg1": 60.0}
