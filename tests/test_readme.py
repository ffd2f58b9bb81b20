"""The README and the pages with commands, as a reader would try them."""

import subprocess
import sys

import pytest
from documents import ROOT, run, steps


@pytest.mark.parametrize(("document", "least"), [("README.md", 1), ("docs/command-line.md", 6), ("docs/hooks.md", 2)])
def test_every_console_block_works_as_written(work, home, document, least):
    (work / "examples").symlink_to(ROOT / "examples")
    assert len(steps(document)) >= least
    run(document, work)


def test_the_readme_is_a_page():
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 1200


def test_the_demo_runs_through(work):
    done = subprocess.run([sys.executable, "examples/demo.py"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing of it is left" in done.stdout
