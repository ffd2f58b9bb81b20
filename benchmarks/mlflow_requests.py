"""How long, in how much memory and how many requests, until all runs are ranked: this client against MLflow's own.

Both read the same real server, on a SQLite file of its own; `make record-trackers` makes the environment that it needs.

    python benchmarks/mlflow_requests.py [1000 20000]
"""

from __future__ import annotations

import argparse
import math
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MLFLOW = ROOT / ".venvs" / "mlflow" / "bin" / "python"
BUDGET = 1.5  # times the seconds of the client's own search_runs

_END = "import resource; print(found, time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
_OURS = f"""
import sys, time
begin = time.perf_counter()
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.sources.mlflow.client import Client
from expflow_hooks.sources.mlflow.read import open_mlflow
query = make_query(Policy(), Selection("PDEBench"), sort_by="pde_mean")
client = Client(sys.argv[1])
found = rank(open_mlflow(sys.argv[1], Policy(), query, client=client).experiments(None), query).experiments
print(client.server.made)
{_END}
"""
_THEIRS = f"""
import sys, time
begin = time.perf_counter()
from mlflow.tracking import MlflowClient
client, token, found, made = MlflowClient(sys.argv[1]), None, 0, 1
experiment = client.get_experiment_by_name("PDEBench").experiment_id
scores = []
while True:
    page = client.search_runs([experiment], max_results=1000, page_token=token)
    made, found = made + 1, found + len(page)
    scores += [run.data.metrics["pde_mean"] for run in page]
    token = page.token
    if not token:
        break
scores.sort()
print(made)
{_END}
"""


def fill(database: Path, count: int) -> None:
    """Make a database with MLflow itself and put runs into it, 5 metrics and 8 parameters each."""
    made = "from mlflow.tracking import MlflowClient; import sys; c = MlflowClient(sys.argv[1]);"
    made += "c.create_run(c.create_experiment('PDEBench'))"
    subprocess.run([MLFLOW, "-c", made, f"sqlite:///{database}"], check=True, stderr=subprocess.DEVNULL)
    connection = sqlite3.connect(database)
    connection.execute("DELETE FROM runs")
    (experiment,) = connection.execute("SELECT experiment_id FROM experiments WHERE name = 'PDEBench'").fetchone()
    ids = [f"{number:032x}" for number in range(count)]
    connection.executemany(
        "INSERT INTO runs (run_uuid, name, source_type, status, start_time, end_time, lifecycle_stage, experiment_id,"
        " user_id, artifact_uri) VALUES (?, ?, 'LOCAL', 'FINISHED', ?, ?, 'active', ?, 'me', '')",
        [(run, f"run {n}", n, n + 1, experiment) for n, run in enumerate(ids)],
    )
    metrics = ("pde_mean", "seg_total", "val_mse", "train_time_min", "epochs")
    connection.executemany(
        "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, 1, 1, 0, ?)",
        [(name, float(n % 97), run) for n, run in enumerate(ids) for name in metrics],
    )
    connection.executemany(
        "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
        [(f"p{k}", str(n % 7), run) for n, run in enumerate(ids) for k in range(8)],
    )
    connection.commit()
    connection.close()


def measure(code: str, python: str | Path, address: str, count: int) -> tuple[int, float, int]:
    """Return requests, seconds and megabytes of a process that reads all runs, its imports included."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run([python, "-c", code, address], env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise SystemExit(done.stderr)
    made, found, seconds, memory = done.stdout.split()[-4:]
    if int(found) != count:
        raise SystemExit(f"{found} of {count} runs were read")
    return int(made), float(seconds), int(memory) >> 10


def serve(database: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server on loopback and return it with its address, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(MLFLOW), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    store = ["--backend-store-uri", f"sqlite:///{database}"]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([*command, *store], env=environment, stdout=quiet, stderr=quiet, cwd=database.parent)
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/health").close()
            return server, address
        except OSError:
            time.sleep(1)
    server.terminate()
    raise SystemExit("the MLflow server did not start")


def main() -> int:
    """Measure and print the table; 1 where a budget is exceeded, 2 where MLflow is not installed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("counts", type=int, nargs="*", default=[1000, 20_000])
    if not MLFLOW.exists():
        print(f"no MLflow in {MLFLOW.parent.parent}: make record-trackers")
        return 2
    print("| runs | requests | MLflow's client | seconds | MLflow's client | ratio | MB | MLflow's client |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    over = 0
    for count in sorted(parser.parse_args().counts):
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder, "mlflow.db")
            fill(database, count)
            server, address = serve(database)
            try:
                measure(_OURS, sys.executable, address, count)  # the server's own first time
                made, seconds, memory = measure(_OURS, sys.executable, address, count)
                theirs = measure(_THEIRS, MLFLOW, address, count)
            finally:
                server.terminate()
                server.wait(30)
        ratio = seconds / theirs[1]
        over += made > 1 + math.ceil(count / 1000) or ratio > BUDGET
        figures = [
            f"{count:,}",
            made,
            theirs[0],
            f"{seconds:.1f}",
            f"{theirs[1]:.1f}",
            f"{ratio:.2f}",
            memory,
            theirs[2],
        ]
        print(f"| {' | '.join(map(str, figures))} |")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
