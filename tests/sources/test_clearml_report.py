"""`report_standard` through the real SDK: done once the server has the reported value, or an error in time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest
from fakes.clearml_tasks import digest, metrics, task

from expflow_hooks import report_standard
from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.sources.clearml.marks import clean_mark

_START = """
import sys, time
from clearml import Task
from expflow_hooks import report_standard
task = Task.init("PDEBench", "run", reuse_last_task_id=False, output_uri=False, auto_resource_monitoring=False)
logger = task.get_logger()
def attempt(**given):
    try:
        print("reported", report_standard(task, **given))
    except Exception as error:
        print(type(error).__name__, error)
def curve():
    for step in range(50):
        logger.report_scalar("Score", "seg_total", step / 2, step)
"""


@pytest.fixture
def train(server, home):
    """Return a function that runs training code with the real SDK and gives its last line and its errors."""

    def run(code, subprocess_too=False):
        conf = home / "sdk.conf"
        conf.write_text(f"sdk {{ development {{ report_use_subprocess: {str(subprocess_too).lower()} }} }}")
        env = {**os.environ, **server.environment, "CLEARML_CONFIG_FILE": str(conf), "HOME": str(home)}
        env |= {"CLEARML_WEB_HOST": server.url, "CLEARML_FILES_HOST": server.url}
        done = subprocess.run(
            [sys.executable, "-c", _START + code], env=env, capture_output=True, text=True, timeout=90
        )
        assert done.returncode == 0, done.stderr
        told = [line for line in done.stdout.splitlines() if not line.startswith(("ClearML", "20"))]
        return told[-1:], done.stderr

    return run


def last(server, title, series):
    return server.tasks[0]["last_metrics"][digest(title)][digest(series)]["value"]


def test_after_a_curve_the_server_has_the_reported_value(server, train):
    said, _ = train("curve(); attempt(seg_total=51.5, pde_mean=0.0); attempt(seg_total=7.0, pde_mean=2.0)")
    assert said == ["reported {'seg_total': 7.0, 'pde_mean': 2.0}"]
    assert (last(server, "Score", "seg_total"), last(server, "PDE", "pde_mean")) == (7.0, 2.0)
    assert server.tasks[0]["tags"] == ["expflow-reported"]  # the zero of the first report is no zero any more


def test_so_it_has_where_the_sdk_uploads_in_a_process_of_its_own(server, train):
    # The SDK's own way out may take minutes there, which is not what is tested.
    code = "curve(); attempt(seg_total=51.5, pde_mean=0.0); sys.stdout.flush(); import os; os._exit(0)"
    assert train(code, subprocess_too=True)[0] == ["reported {'seg_total': 51.5, 'pde_mean': 0.0}"]
    assert (last(server, "Score", "seg_total"), last(server, "PDE", "pde_mean")) == (51.5, 0.0)


def test_at_an_iteration_below_the_curves_it_is_an_error_that_says_what_the_server_has(train):
    said, _ = train("curve(); attempt(seg_total=51.5, iteration=0)")
    assert said[0].startswith("UnreadableError the ClearML server did not take seg_total (it has 24.5)")


def test_a_refused_repeat_is_an_error_though_an_older_value_is_the_same(server, train):
    def refuse(body):
        reported = json.dumps(body).count('"value": -7.0')
        server.events_fail = reported > 0 and bool(server.tasks[0]["last_metrics"])

    meeting_events(server, refuse)
    said, _ = train("attempt(seg_total=-7.0); curve(); attempt(seg_total=60.0); attempt(seg_total=-7.0)")
    assert said[0].startswith("UnreadableError the ClearML server did not take seg_total (it has 60.0)")


def meeting_events(server, meet):
    """Let the server meet each batch of events before it takes or refuses them."""
    answer = server.answer

    def met(endpoint, body):
        if endpoint == "events.add_batch":
            meet(body)
        return answer(endpoint, body)

    server.answer = met


@pytest.mark.parametrize("how", ["edits_fail", "edits_are_lost"])
def test_a_tag_that_is_refused_is_an_error(server, train, how):
    server.before["events.add_batch"] = lambda: setattr(server, how, True)
    said, _ = train("attempt(pde_mean=0.0)")
    assert said[0].startswith("UnreadableError the ClearML server has the metrics but did not change the tags")
    assert "expflow-zero:pde_mean" in said[0]
    assert last(server, "PDE", "pde_mean") == 0.0


def test_a_published_task_takes_no_metrics_and_that_is_an_error(server, home, train):
    server.tasks = [task(1, status="published", last_metrics=metrics(Score__seg_total=3.0))]
    said, _ = train(f"task = Task.get_task(task_id='{1:032x}'); attempt(seg_total=51.5)")
    assert said[0].startswith("UnreadableError the ClearML server did not take seg_total (it has 3.0)")


def test_a_server_that_does_not_answer_is_given_up_in_time(server, train):
    meeting_events(server, lambda body: time.sleep(3 * ("seg_total" in json.dumps(body))))
    said, _ = train("attempt(seg_total=51.5, timeout=1.0)")
    assert said[0].startswith("UnreadableError not confirmed within 1 s: the ClearML server may lack seg_total")


def test_without_waiting_a_handle_comes_back_that_close_waits_for(server, train):
    said, _ = train("handle = report_standard(task, seg_total=51.5, wait=False); print(handle.close(), handle.done)")
    assert said == ["{'seg_total': 51.5} True"]
    assert last(server, "Score", "seg_total") == 51.5


def test_the_end_of_the_interpreter_waits_for_a_handle(server, train):
    _, errors = train("report_standard(task, seg_total=51.5, wait=False)")
    assert last(server, "Score", "seg_total") == 51.5
    assert "expflow-hooks:" not in errors


def test_the_end_of_the_interpreter_says_what_did_not_arrive(server, train):
    server.events_fail = True
    _, errors = train("report_standard(task, seg_total=51.5, wait=False)")
    assert errors.count("expflow-hooks: report_standard: the ClearML server did not take seg_total") == 1


def test_where_nothing_is_reported_there_is_nothing_to_wait_for():
    with pytest.raises(UsageError, match="nothing to wait for"):
        report_standard(None, wait=False, seg_total=1.0)


def test_a_flush_that_never_returns_does_not_hold_the_caller():
    never = threading.Event()

    class Logger:
        def report_scalar(self, **_):
            pass

    class Hanging:
        def get_logger(self):
            return Logger()

        def flush(self, wait_for_uploads=False):
            never.wait(30)

    with pytest.raises(UnreadableError, match=r"not confirmed within 0\.2 s"):
        report_standard(Hanging(), seg_total=1.0, timeout=0.2)
    never.set()


@pytest.mark.parametrize("changed", [False, True])
def test_the_work_tree_is_looked_at_and_a_clean_one_is_marked(server, home, repo, work, changed):
    (home / "sdk.conf").write_text(
        "sdk { development { report_use_subprocess: false, vcs_repo_detect_async: false,"
        " store_uncommitted_code_diff: false, detect_with_pip_freeze: false } }"
    )
    (work / "train.py").write_text(_START + "attempt(seg_total=5.0)\n")
    repo("remote", "add", "origin", "https://example.invalid/x.git")
    repo("add", ".")
    repo("commit", "-qm", "one")
    if changed:
        with (work / "train.py").open("a") as file:
            file.write("# changed\n")
    env = {**os.environ, **server.environment, "CLEARML_CONFIG_FILE": str(home / "sdk.conf")}
    env |= {"CLEARML_WEB_HOST": server.url, "CLEARML_FILES_HOST": server.url}
    done = subprocess.run([sys.executable, "train.py"], cwd=work, env=env, capture_output=True, text=True, timeout=90)
    assert "reported" in done.stdout, done.stderr
    (found,) = server.tasks
    assert found["script"]["version_num"] == repo("rev-parse", "HEAD") and not found["script"].get("diff")
    marks = [tag for tag in found["tags"] if tag.startswith("expflow-clean:")]
    assert marks == ([] if changed else [clean_mark(found["script"]["version_num"], found["id"])])
