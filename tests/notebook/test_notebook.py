"""A real notebook, executed: what it shows, the data frames, Parquet. `make test-notebook` has what this needs."""

import csv
import io
import json
import math
import subprocess
import sys

import pytest

from expflow_hooks import compare_scores, experiments
from expflow_hooks.cli import main

RUNS = [
    {
        "experiment_id": f"fno-{seed}",
        "name": "<b>fno</b>",
        "metrics": {"pde_mean": 15.0 + seed / 8, "val_mse": math.nan if seed == 3 else seed / 3},
        "params": {"seed": seed, "lr": 0.001, "amp": seed % 2 == 0, "mixed": seed if seed % 2 else "x"},
    }
    for seed in range(1, 6)
]


@pytest.fixture
def path(registry):
    return str(registry(*RUNS, {"experiment_id": "gone", "status": "deleted"}))


def test_a_ranking_is_still_the_mapping_that_the_command_prints(path, capsys):
    ranking = compare_scores(path, sort_by="pde_mean")
    assert main(["compare-scores", "--source", path, "--sort-by", "pde_mean", "--format", "json"]) == 0
    assert json.loads(json.dumps(ranking)) == json.loads(capsys.readouterr().out)
    assert main(["compare-scores", "--source", path, "--sort-by", "pde_mean", "--format", "csv"]) == 0
    assert ranking.to_csv() == capsys.readouterr().out


def test_a_list_of_experiments_is_their_records(path):
    found = experiments(path, where="seed<3")
    assert [record["experiment_id"] for record in found] == ["fno-1", "fno-2"]
    assert [record["experiment_id"] for record in experiments(path, status="deleted")] == ["gone"]
    (first, *_) = csv.DictReader(io.StringIO(found.to_csv()))
    assert (first["metrics.pde_mean"], first["params.seed"]) == ("15.125", "1")


def test_html_is_inert_and_has_a_style_of_its_own(path):
    for shown in (compare_scores(path, sort_by="pde_mean")._repr_html_(), experiments(path)._repr_html_()):
        assert "<script" not in shown and "<b>" not in shown and "&lt;b&gt;fno" in shown
        rules = shown.split("</style>")[0].removeprefix("<style>").replace("}", "},").split(",")
        assert all(".expflow" in rule for rule in rules if "{" in rule)  # a rule without it would reach other cells


def test_a_data_frame_keeps_the_types(path):
    pandas = pytest.importorskip("pandas", reason="needs the extra data: make test-notebook")
    frame = experiments(path).to_pandas()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == 5
    assert str(frame["params.seed"].dtype) == "Int64" and str(frame["params.amp"].dtype) == "boolean"
    assert frame["metrics.pde_mean"].tolist() == [15.125, 15.25, 15.375, 15.5, 15.625]
    assert frame["params.mixed"].tolist() == [1, "x", 3, "x", 5]
    assert compare_scores(path, sort_by="pde_mean").to_pandas()["value"].min() == 15.125


@pytest.mark.parametrize("command", [["run", "list"], ["compare-scores", "--sort-by", "pde_mean"]])
def test_parquet_reads_back(path, work, command):
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra data: make test-notebook")
    assert main([*command, "--source", path, "--format", "parquet", "--output", "out.parquet"]) == 0
    table = parquet.read_table(work / "out.parquet").to_pydict()
    assert {f"fno-{seed}" for seed in range(1, 6)} <= set(table["experiment_id"])
    values = table.get("metrics.pde_mean") or table["value"]
    assert 15.125 in values
    if "params.mixed" in table:
        assert table["params.mixed"] == ["1", "x", "3", "x", "5"]
        assert math.isnan(table["metrics.val_mse"][2])


def test_without_the_extra_the_error_says_how_to_get_it(path, work):
    code = "import sys; sys.modules['pyarrow'] = None\nfrom expflow_hooks.cli import main\nsys.exit(main(sys.argv[1:]))"
    arguments = ["run", "list", "--source", path, "--format", "parquet", "--output", "out"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.returncode == 2 and "pip install 'expflow-action[data]" in done.stderr
    assert not (work / "out").exists()


def test_a_notebook_shows_the_leaderboard(path, work):
    nbformat = pytest.importorskip("nbformat", reason="needs Jupyter: make test-notebook")
    nbclient = pytest.importorskip("nbclient", reason="needs Jupyter: make test-notebook")
    cells = [
        "from expflow_hooks import compare_scores, experiments",
        f"ranking = compare_scores({path!r}, sort_by='pde_mean')\nranking",
        f"experiments({path!r})",
        "ranking['ranking'][0]['value']",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
    shown = [output["data"] for cell in book.cells for output in cell["outputs"] if "data" in output]
    assert "Leaderboard" in shown[0]["text/html"] and "15.125" in shown[0]["text/html"]
    assert "params.seed" in shown[1]["text/html"]
    assert shown[2]["text/plain"] == "15.125"
