"""Write the recorded runs again with the trackers' own libraries; `make record-trackers` calls this.

MLflow has an environment of its own, `.venvs/mlflow`; the others share `.venvs/trackers`. What machines and people are
called stays out.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"
_ENVIRONMENTS = HERE.parent.parent / ".venvs"
_RUN_TABLES = {"alembic_version", "experiments", "runs", "metrics", "latest_metrics", "params", "tags"}
_STUDY_TABLES = {
    "studies", "trials", "trial_params", "trial_values", "trial_user_attributes", "trial_intermediate_values",
    "study_system_attributes", "version_info",
}  # fmt: skip


def main() -> int:
    """Write everything anew, and return 0."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for write in (_mlflow, _others):
            write(work)
    print(f"renewed: {', '.join(sorted(path.name for path in RECORDED.iterdir()))}")
    return 0


def _mlflow(work: Path) -> None:
    database = work / "mlflow.db"
    for uri in (f"sqlite:///{database}", str(work / "mlruns")):
        _run("mlflow", "write_mlflow.py", uri)
    _dump(database, _RUN_TABLES, "mlflow.sql", work)
    _pack(work, "mlruns.zip", lambda path: path.parts[0] == "mlruns", work)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        _python("mlflow"),
        "-m",
        "mlflow",
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    command += ["--backend-store-uri", f"sqlite:///{database}"]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=work)
    try:
        answers = _answers(f"http://127.0.0.1:{port}/api/2.0/mlflow/")
    finally:
        server.terminate()
        server.wait(30)
    text = json.dumps(answers, separators=(",", ":")).replace(str(work), "/runs")
    (RECORDED / "mlflow.json").write_text(text + "\n")


def _answers(api: str) -> dict[str, Any]:
    """Return what the server has; it takes half a minute to start."""
    for _ in range(120):
        try:
            found = _post(f"{api}experiments/search", max_results=1000, view_type="ACTIVE_ONLY")
            break
        except OSError:
            time.sleep(1)
    else:
        raise SystemExit("the MLflow server did not start")
    experiments = found["experiments"]
    ids = [one["experiment_id"] for one in experiments]
    order = ["attributes.start_time ASC"]
    runs = _post(f"{api}runs/search", experiment_ids=ids, run_view_type="ALL", order_by=order, max_results=1000)["runs"]
    history = {}
    for run in runs:
        query = urllib.parse.urlencode({"run_id": run["info"]["run_id"], "metric_key": "pde_mean"})
        with urllib.request.urlopen(f"{api}metrics/get-history?{query}") as answer:
            history[f"{run['info']['run_id']}/pde_mean"] = json.load(answer).get("metrics", [])
    return {"experiments": experiments, "runs": runs, "history": history}


def _post(url: str, **query: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(query).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def _others(work: Path) -> None:
    _run("trackers", "write_optuna.py", str(work / "optuna.db"))
    _dump(work / "optuna.db", _STUDY_TABLES, "optuna.sql", work)
    _run("trackers", "write_trackio.py", TRACKIO_DIR=str(work / "trackio"), HF_HUB_OFFLINE="1")
    _dump(next((work / "trackio").glob("*.db")), {"metrics", "configs"}, "trackio.sql", work)
    _run("trackers", "write_tensorboard.py", str(work / "events"))
    _pack(work / "events", "tensorboard.zip", lambda path: "tfevents" in path.name, work)
    (work / "wandb").mkdir()
    _run("trackers", "write_wandb.py", WANDB_DIR=str(work / "wandb"))
    _pack(work / "wandb", "wandb.zip", lambda path: path.suffix == ".wandb", work)


def _python(environment: str) -> str:
    return str(_ENVIRONMENTS / environment / "bin" / "python")


def _run(environment: str, script: str, *arguments: str, **variables: str) -> None:
    command = [_python(environment), str(HERE / script), *arguments]
    subprocess.run(command, env={**os.environ, **variables}, check=True, timeout=300)


def _dump(database: Path, tables: set[str], name: str, work: Path) -> None:
    connection = sqlite3.connect(database)
    lines = []
    for line in connection.iterdump():
        table = re.match(r'(?:CREATE TABLE(?: IF NOT EXISTS)?|INSERT INTO) "?(\w+)"?', line)
        if table and table[1] in tables:
            lines.append(line.replace(str(work), "/runs"))
    connection.close()
    (RECORDED / name).write_text("\n".join(lines) + "\n")


def _pack(folder: Path, name: str, wanted: Callable[[Path], bool], work: Path) -> None:
    with zipfile.ZipFile(RECORDED / name, "w") as archive:
        for path in sorted(folder.rglob("*")):
            below = path.relative_to(folder)
            linked = any(part.is_symlink() for part in (path, *path.parents))
            if path.is_file() and not linked and wanted(below):
                shown = re.sub(r"(tfevents\.\d+)\..*?(\.\d+\.\d+)$", r"\1.host\2", below.as_posix())
                data = path.read_bytes().replace(str(work).encode(), b"/runs")
                archive.writestr(zipfile.ZipInfo(shown), data, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    sys.exit(main())
