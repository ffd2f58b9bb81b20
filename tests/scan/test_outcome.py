"""How a scan ends where nobody can read what it found: in one line each, with an exit code, never with a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from corpus import H

PROGRAMS = ("expflow_hooks.hooks.pin_hash", "expflow_hooks")


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes the output")
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "> /dev/full"])
@pytest.mark.parametrize("options", ["", "--verbose", "--format json"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_output_that_cannot_be_written(git_repo, program, options, closed):
    if "full" in closed and not os.path.exists("/dev/full"):
        pytest.skip("no device that is always full")
    git_repo.write("leak", H)
    git_repo.git("add", ".")
    command = f"{sys.executable} -m {program} {'scan' if program == 'expflow_hooks' else ''} {options} {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=git_repo.path, capture_output=True, text=True)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr and H not in done.stderr
    if "2>" not in closed:
        assert done.stderr.endswith("expflow: error (exit 4)\n")
