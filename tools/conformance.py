"""Ask a tool which of the conformance cases it ranks first and which pass a gate, and print its answer as JSON.

    python tools/conformance.py NAME > docs/conformance/NAME.json    # in an environment where the tool is installed

`docs/make_comparison.py` puts the answers into docs/comparison.md.

The question is always the same: experiments with one metric, lower is better. In which order do they stand, best first,
and which of them hold `pde_mean < 18.09`? A tool that refuses a value when it is reported is asked about the others.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent.parent / "docs" / "conformance"
METRIC, THRESHOLD = "pde_mean", 18.09


class Answer(NamedTuple):
    """What a tool says: the order (None: it ranks nothing), those that pass (None: it has no gate), those refused."""

    asked: str
    order: list[str] | None
    passes: list[str] | None
    refused: Mapping[str, str] = {}


def cases() -> list[tuple[str, Any]]:
    """Return each case's id and value; None for one that is missing."""
    types: dict[str, Callable[[str], Any]] = {"float": float, "text": str, "none": lambda text: None}
    lines = map(json.loads, (FOLDER / "cases.jsonl").read_text(encoding="utf-8").splitlines())
    return [(line["id"], types[line["type"]](line["value"])) for line in lines]


def _run(*command: str, **options: Any) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0][:100]}"


def ask_expflow(folder: Path) -> Answer:
    """Ask this project: `compare-scores` with a gate."""
    lines = [{"experiment_id": name, "metrics": {} if value is None else {METRIC: value}} for name, value in cases()]
    (folder / "experiments.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    command = (sys.executable, "-m", "expflow_hooks", "compare-scores", "--source", "experiments.jsonl")
    asked = ("--sort-by", METRIC, "--gate", f"{METRIC}:lt:{THRESHOLD}", "--format", "json")
    found = json.loads(subprocess.run((*command, *asked), capture_output=True, text=True, cwd=folder).stdout)
    # The gate's own threshold is in the way of the question who is first: without it every finite value has a rank.
    ungated = (*command, *asked[:2], *asked[4:])
    every = json.loads(subprocess.run(ungated, capture_output=True, text=True, cwd=folder).stdout)
    order = [row["experiment_id"] for row in every["ranking"] if row["rank"] is not None]
    passes = [row["experiment_id"] for row in found["ranking"] if row["gates_passed"]]
    return Answer("compare-scores --sort-by pde_mean --gate pde_mean:lt:18.09", order, passes)


def ask_jq(folder: Path) -> Answer:
    """Ask jq, with which gates are written into workflows by hand; values as Python's json module writes them."""
    rows = [{"id": name} | ({} if value is None else {METRIC: value}) for name, value in cases()]
    text = json.dumps(rows)
    order = _run("jq", "-r", f"sort_by(.{METRIC})[].id", input=text).split()
    passes = _run("jq", "-r", f".[] | select(.{METRIC} < {THRESHOLD}) | .id", input=text).split()
    return Answer(f"sort_by(.{METRIC}); select(.{METRIC} < {THRESHOLD})", order, passes)


def ask_sqlite(folder: Path) -> Answer:
    """Ask SQLite, in which trackers keep their numbers."""
    base = sqlite3.connect(":memory:")
    base.execute("create table runs (id text, pde_mean real)")
    base.executemany("insert into runs values (?, ?)", cases())
    order = [name for (name,) in base.execute("select id from runs order by pde_mean")]
    passes = [name for (name,) in base.execute(f"select id from runs where pde_mean < {THRESHOLD}")]
    return Answer("order by pde_mean; where pde_mean < 18.09", order, passes)


def ask_duckdb(folder: Path) -> Answer:
    """Ask DuckDB."""
    import duckdb

    base, refused = duckdb.connect(), {}
    base.execute("create table runs (id text, pde_mean double)")
    for case in cases():
        try:
            base.execute("insert into runs values (?, ?)", case)
        except Exception as error:
            refused[case[0]] = _reason(error)
    order = [name for (name,) in base.execute("select id from runs order by pde_mean").fetchall()]
    passes = [name for (name,) in base.execute(f"select id from runs where pde_mean < {THRESHOLD}").fetchall()]
    return Answer("order by pde_mean; where pde_mean < 18.09", order, passes, refused)


def ask_pandas(folder: Path) -> Answer:
    """Ask pandas, on a column of floats; pandas makes a text among them a column of objects, which it cannot sort."""
    import pandas

    rows, refused = _floats()
    frame = pandas.DataFrame(rows, columns=["id", METRIC])
    asked = "frame.sort_values('pde_mean'); frame[frame.pde_mean < 18.09]"
    order, passes = list(frame.sort_values(METRIC)["id"]), list(frame[frame[METRIC] < THRESHOLD]["id"])
    return Answer(asked, order, passes, refused)


def ask_polars(folder: Path) -> Answer:
    """Ask polars, on a column of floats."""
    import polars

    rows, refused = _floats()
    frame = polars.DataFrame(rows, schema={"id": polars.String, METRIC: polars.Float64}, orient="row")
    asked = "frame.sort('pde_mean'); frame.filter(col('pde_mean') < 18.09)"
    order = frame.sort(METRIC)["id"].to_list()
    return Answer(asked, order, frame.filter(polars.col(METRIC) < THRESHOLD)["id"].to_list(), refused)


def _floats() -> tuple[list[tuple[str, float | None]], dict[str, str]]:
    """Return the cases that a column of floats holds, and why the others are not in it."""
    found = cases()
    rows = [(name, value) for name, value in found if not isinstance(value, str)]
    return rows, {name: "no float" for name, value in found if isinstance(value, str)}


def ask_mlflow(folder: Path) -> Answer:
    """Ask MLflow, on a SQLite store."""
    from mlflow.tracking import MlflowClient

    client, refused, names = MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db"), {}, {}
    experiment = client.create_experiment("cases", artifact_location=f"{folder}/artifacts")
    for name, value in cases():
        run = client.create_run(experiment, run_name=name).info.run_id
        try:
            if value is not None:
                client.log_metric(run, METRIC, value)
        except Exception as error:
            refused[name] = _reason(error)
            continue
        client.set_terminated(run)
        names[run] = name
    found = client.search_runs([experiment], order_by=[f"metrics.{METRIC} ASC"])
    passing = client.search_runs([experiment], f"metrics.{METRIC} < {THRESHOLD}")
    order, passes = ([names[run.info.run_id] for run in runs if run.info.run_id in names] for runs in (found, passing))
    asked = "search_runs(order_by=['metrics.pde_mean ASC']); search_runs(filter_string='metrics.pde_mean < 18.09')"
    return Answer(asked, order, passes, refused)


def ask_mlflow_validation(folder: Path) -> Answer:
    """Ask MLflow's validation of a model's metrics by thresholds."""
    import mlflow
    from mlflow.models import MetricThreshold
    from mlflow.models.evaluation import EvaluationResult

    passes, refused = [], {}
    for name, value in cases():
        result = EvaluationResult(metrics={} if value is None else {METRIC: value}, artifacts={})
        threshold = MetricThreshold(threshold=THRESHOLD, greater_is_better=False)
        try:
            mlflow.validate_evaluation_results({METRIC: threshold}, result)
            passes.append(name)
        except mlflow.models.evaluation.validation.ModelValidationFailedException:
            pass
        except Exception as error:
            refused[name] = _reason(error)
    asked = "validate_evaluation_results({'pde_mean': MetricThreshold(18.09, greater_is_better=False)}, result)"
    return Answer(asked, None, passes, refused)


def ask_optuna(folder: Path) -> Answer:
    """Ask Optuna: a study that minimises; it has no gate."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study, refused, names = optuna.create_study(direction="minimize"), {}, {}
    for name, value in cases():
        trial = study.ask()
        names[trial.number] = name
        state = None
        try:
            state = study.tell(trial, value, skip_if_finished=True).state
        except Exception as error:
            refused[name] = _reason(error)
        if state is not None and state.name != "COMPLETE":
            refused[name] = f"the trial's state is {state.name}"
    complete = study.get_trials(states=[optuna.trial.TrialState.COMPLETE])
    order = [names[trial.number] for trial in sorted(complete, key=lambda trial: trial.value or 0.0)]
    assert order[0] == names[study.best_trial.number]
    return Answer("study.tell(trial, value); study.best_trial", order, None, refused)


def ask_dvc(folder: Path) -> Answer:
    """Ask DVC: an experiment a case, with its metric in a JSON file; it has no gate."""
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1", "HOME": str(folder)}

    def run(*command: str) -> str:
        return _run(*command, cwd=folder, env=environment)

    for command in (("init", "-q"), ("config", "user.name", "a"), ("config", "user.email", "a@b.example")):
        run("git", *command)
    run("dvc", "init", "-q")
    (folder / "dvc.yaml").write_text("metrics:\n  - metrics.json\n", encoding="utf-8")
    metrics = folder / "metrics.json"
    metrics.write_text("{}\n", encoding="utf-8")
    run("git", "add", ".")
    run("git", "commit", "-q", "-m", "start")
    refused = {}
    for place, (name, value) in enumerate(cases()):
        metrics.write_text(json.dumps({"place": place} | ({} if value is None else {METRIC: value})), encoding="utf-8")
        try:
            run("dvc", "exp", "save", "-q", "-n", name)
        except subprocess.CalledProcessError as error:
            refused[name] = error.stderr.strip().splitlines()[-1][:100]
        run("git", "checkout", "-q", ".")
    show = ("dvc", "exp", "show", "--csv", "--sort-by", METRIC, "--sort-order", "asc", "--precision", "6")
    try:
        shown = run(*show)
    except subprocess.CalledProcessError as error:
        refused["is-text"] = f"with it, nothing is shown: {error.stderr.strip().splitlines()[0][:100]}"
        run("dvc", "exp", "remove", "-q", "is-text")
        shown = run(*show)
    head, *lines = [line.split(",") for line in shown.splitlines()]
    order = [line[head.index("Experiment")] for line in lines]
    return Answer("dvc exp show --sort-by pde_mean --sort-order asc", [name for name in order if name], None, refused)


ASKERS = {name.removeprefix("ask_"): value for name, value in list(globals().items()) if name.startswith("ask_")}


def ask(tool: str) -> dict[str, Any]:
    """Return a tool's answer, with its version."""
    folder = Path(tempfile.mkdtemp(prefix="conformance-"))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            answer = ASKERS[tool](folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"tool": tool, "version": _version(tool), **answer._asdict()}


def _version(tool: str) -> str:
    if tool == "jq":
        return _run("jq", "--version").strip().removeprefix("jq-")
    if tool == "sqlite":
        return sqlite3.sqlite_version
    if tool == "expflow":
        import expflow_hooks

        return expflow_hooks.__version__
    tool = tool.partition("_")[0]
    for name in (tool, f"{tool}-skinny"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(name)
    raise SystemExit(f"{tool} is not installed here: python -m pip install {tool}")


if __name__ == "__main__":
    print(json.dumps(ask(sys.argv[1]), indent=1))
