"""The environments that the make targets make: each refusal is one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT
from e2e.wheels import UNREACHABLE


def environment(*arguments: object, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "tools" / "environment.py"), *map(str, arguments)]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=120)


def test_an_index_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    closed = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": UNREACHABLE, "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"}
    done = environment(tmp_path / "venv", "requirements.lock", **closed)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    assert f"is the package index reachable? more in {tmp_path / 'venv.log'}" in done.stderr
    assert (tmp_path / "venv.log").stat().st_size


@pytest.mark.parametrize("arguments", [(), (".venv",)])
def test_too_few_arguments_are_one_line(arguments: "tuple[str, ...]") -> None:
    done = environment(*arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "such as environment.py .venv requirements-dev.lock" in done.stderr
