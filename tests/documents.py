"""Runs the console blocks of a document as a reader would: each `$` line in one shell, its output compared.

`…` in an expected line stands for any text, alone on a line for any lines. `# exit N` after a command is the exit code,
else 0. Output to both streams is read together.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


class Step(NamedTuple):
    """One command with its expected exit code and output lines."""

    command: str
    exit_code: int
    expected: list[str]


def steps(document: str) -> list[Step]:
    """Return the steps of a document's console blocks, in order."""
    found: list[Step] = []
    for block in re.findall(r"^```console\n(.*?)^```", (ROOT / document).read_text("utf-8"), re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                code = re.search(r"  # exit (\d+)$", line)
                found.append(Step(line[2:], int(code[1]) if code else 0, []))
            else:
                found[-1].expected.append(line)
    return found


def run(document: str, folder: Path) -> None:
    """Run a document's steps in `folder`; fail at the first whose exit code or output is another."""
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    env = {**os.environ, "PATH": path, "COLUMNS": "200", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    for step in steps(document):
        done = subprocess.run(
            ["bash", "-c", step.command],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
        )
        said = f"{document}: $ {step.command}\n{done.stdout}(exit {done.returncode})"
        assert done.returncode == step.exit_code, said
        assert re.fullmatch(_pattern(step.expected), done.stdout), f"{said}\nexpected:\n" + "\n".join(step.expected)


def _pattern(lines: list[str]) -> str:
    parts = []
    for line in lines:
        if line == "…":
            parts.append(r"(?:.*\n)*")
        else:
            pieces = [r"\s+".join(re.escape(word) for word in re.split(r"\s+", piece)) for piece in line.split("…")]
            parts.append(".*".join(pieces) + r"\s*\n")
    return "".join(parts)
