"""The real SDK against the stand-in: it holds the stand-in to the SDK's idea of a server, and our client to both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from fakes.clearml_schema import shape, violations
from fakes.clearml_tasks import metrics, task

from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.sources.clearml.marks import clean_mark, zero_mark
from expflow_hooks.sources.clearml.read import read_some
from expflow_hooks.sources.clearml.task import Flattening, Remarks, to_experiment

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
if len(sys.argv) > 1:
    task = Task.get_task(task_id=sys.argv[1])
else:
    task = Task.init("PDEBench", "run", reuse_last_task_id=False, output_uri=False, auto_resource_monitoring=False)
try:
    report_standard(task, seg_total=51.5, pde_mean=0.0)
except Exception as error:
    print(type(error).__name__, error)
"""


def sdk(code, *arguments, home, server):
    (home / "sdk.conf").write_text("sdk { development { report_use_subprocess: false } }")
    env = {**os.environ, **server.environment, "CLEARML_CONFIG_FILE": str(home / "sdk.conf"), "HOME": str(home)}
    env |= {"CLEARML_WEB_HOST": server.url, "CLEARML_FILES_HOST": server.url}
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


def test_report_standard_marks_what_arrived(server, client, home):
    said = sdk(_REPORT, home=home, server=server)
    found = to_experiment(server.tasks[0], Flattening(Metrics()), Remarks())
    assert "Error" not in "".join(said)
    assert (found.state, found.metrics["seg_total"], found.metrics["pde_mean"]) == ("completed", 51.5, 0.0)
    assert set(found.tags) == {"expflow-reported", zero_mark("pde_mean", found.experiment_id)}


def test_report_standard_raises_what_did_not_arrive_and_marks_nothing(server, client, home):
    server.events_fail = True
    said = sdk(_REPORT, home=home, server=server)
    told = "UnreadableError the ClearML server did not take seg_total, pde_mean: report again when it can be reached"
    assert said[0].startswith(told)
    assert (server.tasks[0]["tags"], server.tasks[0]["last_metrics"]) == ([], {})


_CLONE = """
from clearml import Task
task = Task.clone(source_task="%032x", name="again")
task.mark_started()
task.get_logger().report_scalar("PDE", "pde_mean", float("nan"), 0)
task.flush(wait_for_uploads=True)
task.mark_completed()
print(task.id)
"""


def test_a_clone_made_by_the_sdk_inherits_tags_that_vouch_for_its_origin_alone(server, client, home):
    origin = f"{1:032x}"
    marks = [zero_mark("pde_mean", origin), clean_mark("a" * 40, origin)]
    server.tasks = [task(1, tags=marks, last_metrics=metrics(PDE__pde_mean=0.0))]
    (made,) = sdk(_CLONE % 1, home=home, server=server)
    found = {one.experiment_id: one for one in read_some([origin, made], Policy(), dirty=True, client=client())[0]}
    assert set(marks) <= set(found[made].tags or ())
    assert [repr((found[name].metrics or {})["pde_mean"]) for name in (origin, made)] == ["0.0", "<suspect-zero>"]
    assert [found[name].dirty for name in (origin, made)] == [False, None]


RECORDED = Path(__file__).parent / "sdk_exchanges.json"


def test_the_sdk_and_the_stand_in_exchange_what_was_recorded(server, home):
    """Keys of what the SDK sends and is answered in a report, a clone and a query; RECORD_EXCHANGES=1 renews them."""
    server.tasks = [task(1, last_metrics=metrics(Score__seg_total=3.0))]
    for code in (_QUERY, _REPORT, _CLONE % 1):
        sdk(code, home=home, server=server)
    found = shape([one for one in server.exchanges if one[0] != "tasks.ping"])  # which comes when time has passed
    if os.environ.get("RECORD_EXCHANGES") == "1":
        RECORDED.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(RECORDED.read_text())
    assert violations(server.exchanges) == []


def test_the_schemas_notice_an_answer_that_no_server_gives(server, client):
    server.malformed = True
    server.tasks = [task(1, tags="task1", last_metrics=metrics(Score__seg_total="7"))]
    read_some([f"{1:032x}"], Policy(), client=client())
    found = {one.split(": ")[1] for one in violations(server.exchanges)}
    assert "$.tasks[0].tags" in found and any(path.endswith(".value") for path in found)


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
