"""How many requests, and how long, until all tasks of a project are ranked: this client against the SDK.

Both ask the same loopback server. The SDK's best way is `Task.query_tasks` with the fields that are wanted. Its usual
way is `Task.get_tasks` and `get_last_scalar_metrics` of each; it gives 500 tasks at most in one call, so that more are
read in blocks of 500 ids. From `--sdk-most` tasks on those figures are extrapolated from the largest number that was
measured, and marked so.

    python benchmarks/clearml_requests.py [--sdk-most 1000] [100 1000 20000]
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from fakes.clearml_server import Server  # noqa: E402
from fakes.clearml_tasks import task  # noqa: E402

_OURS = """
import sys, time
begin = time.perf_counter()
from expflow_hooks.api import compare_scores
found = compare_scores("clearml", project="PDEBench", tags=["task1"], gates=["pde_mean:lt:18.09"])
print(found["counts"]["experiments"], time.perf_counter() - begin)
"""

_SDK = """
import sys, time
begin = time.perf_counter()
from clearml import Task
wanted = {"project_name": "PDEBench", "tags": ["__$all", "task1"]}
scores = []

def read(tasks):  # block by block: each task of the SDK holds semaphores of the system, which run out
    scores.extend(task.get_last_scalar_metrics()["Score"]["seg_total"]["last"] for task in tasks)

ids = Task.query_tasks(**wanted)
if len(ids) < 500:
    read(Task.get_tasks(**wanted))
else:
    for start in range(0, len(ids), 500):
        read(Task.get_tasks(task_ids=ids[start:start + 500]))
print(len(sorted(scores)), time.perf_counter() - begin)
"""


_QUERY = """
import sys, time
from hashlib import md5
begin = time.perf_counter()
from clearml import Task
title, series = (md5(part.encode()).hexdigest() for part in ("Score", "seg_total"))
fields = ["name", "status", "tags", "completed", "hyperparams", "last_metrics", "script.version_num"]
found = Task.query_tasks(project_name="PDEBench", tags=["__$all", "task1"], additional_return_fields=fields)
scores = [task["last_metrics"][title][series]["value"] for task in found]
print(len(sorted(scores)), time.perf_counter() - begin)
"""


class Measured(NamedTuple):
    """Requests made and seconds taken; `extrapolated` where they were not measured."""

    requests: int
    seconds: float
    extrapolated: bool = False


def measure(server: Server, code: str, count: int, home: str) -> Measured:
    """Run one way in a process of its own, imports included, and count what the server was asked."""
    server.tasks = [task(number) for number in range(count)]
    server.calls.clear()
    settings = {"CLEARML_CONFIG_FILE": os.path.join(home, "clearml.conf"), "CLEARML_LOG_LEVEL": "ERROR", "HOME": home}
    environment = {**os.environ, **server.environment, **settings, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise SystemExit(done.stderr)
    found, seconds = done.stdout.split()[-2:]
    if int(found) != count:
        raise SystemExit(f"{found} of {count} tasks were read")
    return Measured(len(server.calls), float(seconds))


def extrapolated(known: Measured, count: int, of: int) -> Measured:
    """Return what a linear growth from a measured number gives."""
    return Measured(round(known.requests * count / of), known.seconds * count / of, extrapolated=True)


def main() -> int:
    """Measure and print the table; 1 if more requests were made than there are pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counts", type=int, nargs="*", default=[100, 1000, 20_000])
    parser.add_argument("--sdk-most", type=int, default=1000, help="the most tasks that the SDK is measured with")
    asked = parser.parse_args()
    rows: list[tuple[int, Measured, Measured, Measured]] = []
    with Server() as server, tempfile.TemporaryDirectory() as home:
        Path(home, "clearml.conf").write_text("sdk { development { report_use_subprocess: false } }\n")
        last = (0, Measured(0, 0.0))
        for count in sorted(asked.counts):
            ours = measure(server, _OURS, count, home)
            if count <= asked.sdk_most:
                last = (count, measure(server, _SDK, count, home))
            sdk = last[1] if last[0] == count else extrapolated(last[1], count, last[0])
            rows.append((count, ours, measure(server, _QUERY, count, home), sdk))
    return report(rows)


def report(rows: list[tuple[int, Measured, Measured, Measured]]) -> int:
    """Print the table and say whether the budget holds: 1 + ceil(N/500) requests."""
    print("| tasks | requests | `query_tasks` | `get_tasks` | seconds | `query_tasks` | `get_tasks` | times faster |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    over = 0
    for count, ours, query, sdk in rows:
        budget, mark = 1 + math.ceil(count / 500), "*" if sdk.extrapolated else ""
        full = count % 500 == 0  # no total is given, so that only an empty page tells that a full one was the last
        over += ours.requests > budget + full
        print(
            f"| {count:,} | {ours.requests} | {query.requests} | {sdk.requests:,}{mark} | {ours.seconds:.2f} |"
            f" {query.seconds:.2f} | {sdk.seconds:.1f}{mark} |"
            f" {query.seconds / ours.seconds:.1f}, {sdk.seconds / ours.seconds:.0f}{mark} |"
        )
    print("\nThe server gives no total, so that a full last page is followed by a look at an empty one.")
    if any(sdk.extrapolated for *_, sdk in rows):
        print("`*`: not measured, but extrapolated in proportion from the largest number that was.")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
