"""The real SDK against the stand-in: it holds the stand-in to the SDK's idea of a server, and our client to both."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from fakes.clearml_server import metrics, task

from expflow_hooks.core.policy import Policy
from expflow_hooks.sources.clearml import read_some

_QUERY = """
import json
from clearml import Task
fields = ["name", "status", "tags", "script.version_num"]
query = {"system_tags": ["-archived"], "order_by": ["id"]}
found = Task.query_tasks(project_name="PDEBench", tags=["__$all", "task1"], additional_return_fields=fields,
                         task_filter=query)
first = Task.get_task(task_id=found[0]["id"])
print(json.dumps({"tasks": found, "params": first.get_parameters(), "metrics": first.get_last_scalar_metrics()},
                 default=str))
"""

_REPORT = """
import sys
from clearml import Task
from expflow_hooks import report_standard
task = Task.get_task(task_id=sys.argv[1])
try:
    report_standard(task, seg_total=51.5, pde_mean=0.0)
except Exception as error:
    print(type(error).__name__, error)
"""


def sdk(code, *arguments, home, server):
    (home / "sdk.conf").write_text("sdk { development { report_use_subprocess: false } }")
    env = {**os.environ, **server.environment, "CLEARML_CONFIG_FILE": str(home / "sdk.conf"), "HOME": str(home)}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1:]


def test_the_sdk_finds_the_tasks_that_our_client_finds(server, client, home):
    server.projects = {"p1": "PDEBench", "p2": "PDEBench2"}
    server.tasks = [task(number, tags=["task1"] if number % 2 else ["task2"]) for number in range(1, 1102)]
    server.tasks += [task(2001, system_tags=["archived"]), task(2003, "p2"), task(2005, tags=["task1", "b"])]
    theirs = json.loads(sdk(_QUERY, home=home, server=server)[0])
    server.calls.clear()
    ids = [found["id"] for found in theirs["tasks"]]
    ours, _ = read_some(ids, Policy(), client=client())
    assert ids == [
        one["id"] for one in server.tasks if int(one["id"], 16) % 2 and int(one["id"], 16) not in (2001, 2003)
    ]
    assert [one.experiment_id for one in ours] == ids
    for one, other in zip(ours, theirs["tasks"], strict=True):
        assert (one.name, list(one.tags), one.commit) == (other["name"], other["tags"], other["script.version_num"])
    assert ours[0].params == theirs["params"]
    flat = {name: value["last"] for series in theirs["metrics"].values() for name, value in series.items()}
    assert ours[0].metrics == flat


@pytest.mark.parametrize("fails", [False, True])
def test_report_standard_marks_what_arrived_and_raises_what_did_not(server, client, home, fails):
    server.tasks, server.events_fail = [task(1, status="in_progress", last_metrics={})], fails
    said = sdk(_REPORT, f"{1:032x}", home=home, server=server)
    found, _ = read_some([f"{1:032x}"], Policy(), client=client())
    if fails:
        assert said == [
            "UnreadableError the ClearML server did not take seg_total, pde_mean: report again when it can be reached"
        ]
        assert (found[0].metrics, found[0].tags) == ({"train_time_min": 30.0}, ("task1",))
    else:
        assert said == [] or "Error" not in said[0]
        assert (found[0].metrics or {})["pde_mean"] == 0.0
        assert set(found[0].tags or ()) == {"task1", "expflow-reported", "expflow-zero:pde_mean"}


def test_a_raw_nan_of_a_marked_task_is_not_believed(server, client, home):
    code = _REPORT.replace("pde_mean=0.0", "pde_mean=3.0").replace(
        "except", "    task.get_logger().report_scalar('PDE', 'pde_seg1', float('nan'), 0); task.flush(True)\nexcept"
    )
    server.tasks = [task(1, last_metrics=metrics())]
    sdk(code, f"{1:032x}", home=home, server=server)
    (found,), _ = read_some([f"{1:032x}"], Policy(), client=client())
    assert "expflow-reported" in (found.tags or ())
    assert (found.metrics or {})["pde_mean"] == 3.0
    assert repr((found.metrics or {})["pde_seg1"]) == "<suspect-zero>"
