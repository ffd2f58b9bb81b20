"""The calibration of `make calibration`, in small; and the page that shows its tables."""

import importlib.util
import sys

import pytest
from documents import ROOT, run

SPEC = importlib.util.spec_from_file_location("calibration", ROOT / "benchmarks" / "calibration.py")
calibration = sys.modules["calibration"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(calibration)

WIDER = 0.015  # three standard errors of a share of 5% in 2,000 draws
BOUNDED = [method for method in calibration.METHODS if method.bounds]
PAGE = (ROOT / "docs" / "how-many-seeds.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("method", BOUNDED, ids=lambda method: method.name)
@pytest.mark.parametrize("n", [3, 5])
def test_a_tie_passes_as_seldom_as_it_should(method, n):
    low, high = method.bounds
    draws = 400 if "20" in method.name else 2000
    wider = WIDER * (2000 / draws) ** 0.5
    assert low - wider <= calibration.share(method, n, draws) <= high + wider


@pytest.mark.parametrize(("place", "least", "most"), [(0, 0.45, 0.55), (1, 0.8, 0.95)])
def test_a_mean_and_the_best_seed_pass_a_tie_as_often_as_the_page_says(place, least, most):
    assert least < calibration.share(calibration.METHODS[place], 3, 1000) < most


def test_the_page_shows_every_method_and_the_seeds_needed():
    table = PAGE.partition("<!-- false passes -->")[2].partition("<!-- end")[0]
    rows = [line.split("|")[1].strip() for line in table.strip().splitlines()[2:]]
    assert rows == [method.name for method in calibration.METHODS]
    assert calibration.needed() in PAGE
    assert calibration.FIGURE.read_text().count("<rect") == len(rows)


def test_the_commands_of_the_page_work_as_written(work):
    (work / "examples").symlink_to(ROOT / "examples")  # away from the policy of the project itself
    run("docs/how-many-seeds.md", work)
