"""The index from the command line: made by itself, switched off, seen by doctor, removed."""

from __future__ import annotations

import json
import os
import time

import pytest

from expflow_hooks.core.registry.index import cache


@pytest.fixture
def large(work):
    """A registry that is large enough for an index, and not chained."""
    rows = (json.dumps({"experiment_id": f"e{n}", "metrics": {"pde_mean": n}, "pad": "x" * 500}) for n in range(4000))
    (work / "r.jsonl").write_text("\n".join(rows) + "\n")
    return "r.jsonl"


def made():
    """Wait for an index, and say whether one came."""
    deadline = time.monotonic() + 60
    while not cache.kept().indexes and time.monotonic() < deadline:
        time.sleep(0.02)
    return cache.kept().indexes == 1


def test_a_look_at_a_large_registry_makes_an_index_and_the_next_one_uses_it(cli, large):
    first = cli("run", "show", "e17", "--source", large, "--history")
    assert made()
    assert cli("run", "show", "e17", "--source", large, "--history").stdout == first.stdout
    assert cli("run", "show", "e17", "--source", large, "--history", "--no-index").stdout == first.stdout
    unknown = cli("run", "show", "e4001", "--source", large)
    assert unknown.returncode == 2
    assert unknown.stderr == cli("run", "show", "e4001", "--source", large, "--no-index").stderr


def test_a_record_makes_one_too(cli, large):
    assert cli("run", "add", "-", "--source", large, stdin='{"experiment_id": "new"}').returncode == 0
    assert made()
    assert cli("run", "show", "new", "--source", large, "--format", "json").returncode == 0


@pytest.mark.parametrize("off", [("--no-index",), ()])
def test_switched_off_there_is_none(cli, large, monkeypatch, off):
    if not off:
        monkeypatch.setenv(cache.ENV_NO_INDEX, "1")
    assert cli("run", "show", "e17", "--source", large, *off).returncode == 0
    time.sleep(0.3)
    assert cache.folder() is not None
    assert not os.path.exists(cache.folder())


def test_doctor_says_its_size_and_cache_clear_removes_it(cli, large, git_repo):
    cli("run", "show", "e17", "--source", large)
    assert made()
    line = next(line for line in cli("doctor", cwd=git_repo.path).stdout.splitlines() if "index" in line.split())
    assert "MB, written 0 minutes ago" in line
    done = cli("cache", "clear")
    assert done.returncode == 0
    assert done.stdout.startswith("1 index file removed from ")
    assert cache.kept().indexes == 0
