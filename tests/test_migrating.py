"""MIGRATING.md, step by step, with the real expflow-pde beside us."""

from importlib.metadata import version

import pytest
from documents import run, steps

pytest.importorskip("expflow_pde", reason="expflow-pde needs Python 3.11")


def test_every_step_works_as_written(work, home):
    assert version("expflow-pde") == "0.7.0"
    assert len(steps("MIGRATING.md")) > 10
    run("MIGRATING.md", work)
