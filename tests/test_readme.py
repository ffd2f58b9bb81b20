"""The README and the pages with commands, as a reader would try them."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from documents import ROOT, run, steps


@pytest.mark.parametrize(
    ("document", "least"),
    [("README.md", 1), ("docs/command-line.md", 6), ("docs/hooks.md", 2), ("docs/rule-sets.md", 1)],
)
def test_every_console_block_works_as_written(work, home, document, least):
    (work / "examples").symlink_to(ROOT / "examples")
    assert len(steps(document)) >= least
    run(document, work)


def test_the_mlperf_example_works_as_written(work):
    shutil.copy(ROOT / "examples" / "mlperf" / "experiments.jsonl", work)
    assert len(steps("examples/mlperf/README.md")) >= 4
    run("examples/mlperf/README.md", work)


def test_the_python_of_the_page_on_rule_sets_runs():
    (code,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/rule-sets.md").read_text("utf-8"), re.M | re.S)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_readme_is_a_page():
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 1200


def test_the_demo_runs_through(work):
    done = subprocess.run([sys.executable, "examples/demo.py"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing of it is left" in done.stdout


def test_the_pdebench_example_works_as_written(work, monkeypatch):
    shutil.copy(ROOT / "examples" / "pdebench" / "evaluate.py", work)
    monkeypatch.setenv("EXPFLOW_REGISTRY", "experiments.jsonl")
    run("examples/pdebench/README.md", work)
    shown = subprocess.run(
        [sys.executable, "-m", "expflow_hooks", "compare-scores", "--sort-by", "val_nrmse", "--format", "json"],
        cwd=work,
        capture_output=True,
        text=True,
    )
    document = json.loads(shown.stdout)
    tables = [document["ranking"], *(table["ranking"] for table in document["other_tables"])]
    sizes = [{row["experiment_id"].split("-")[1] for row in table} for table in tables]
    assert sorted(sizes, key=sorted) == [{"b1"}, {"b12"}, {"b3"}, {"b6"}]
