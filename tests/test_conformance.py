"""The comparison with other tools: its page is what the stored answers say, and who is at hand still answers so."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "conformance"


def run(*arguments: str) -> str:
    command = [sys.executable, str(ROOT / "tools" / "conformance.py"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_page_has_the_tables_of_the_stored_answers():
    path = ROOT / "docs" / "make_comparison.py"
    spec = importlib.util.spec_from_file_location("make_comparison", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = module.PAGE.read_text(encoding="utf-8")
    assert text.count("| Expflow hooks ") == 2
    assert module.page() == text


def is_at_hand(tool: str) -> bool:
    return tool in ("expflow", "sqlite") or (tool == "jq" and shutil.which("jq") is not None)


@pytest.mark.parametrize("tool", ["expflow", "sqlite", "jq"])
def test_a_tool_that_is_at_hand_still_answers_so(tool):
    stored = json.loads((FOLDER / f"{tool}.json").read_text(encoding="utf-8"))
    if not is_at_hand(tool):
        pytest.skip(f"{tool} is not installed")
    found = json.loads(run(tool))
    if tool == "jq" and found["version"] != stored["version"]:
        pytest.skip(f"jq {found['version']}: the stored answer is that of {stored['version']}")
    assert {**found, "version": None} == {**stored, "version": None}


def test_only_numbers_rank_and_pass_here():
    ours = json.loads((FOLDER / "expflow.json").read_text(encoding="utf-8"))
    assert ours["order"] == ["is-zero", "good", "at-threshold"]
    assert sorted(ours["passes"]) == ["good", "is-zero"]
