"""The index on disks that are full or read-only, and while many write: the answers are those of the registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.index import cache
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import verify
from expflow_hooks.operations.indexing import update

QUERY = Query("pde_mean", top=3)
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or sys.platform != "linux", reason="mounting tmpfs needs root on Linux"
)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(cache, "LEAST", 0)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "r.jsonl"
    rows = ({"experiment_id": f"e{n}", "metrics": {"pde_mean": n}, "pad": "x" * 50} for n in range(3000))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch) -> Iterator[Path]:
    """Give a disk of 64 kB for the cache, mounted for the test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    yield folder
    subprocess.run(["umount", folder], check=True)


def first(path, **options):
    registry = Registry(str(path), **options)
    return [(row.experiment_id, row.value) for row in rank(registry.placed(), QUERY).ranked], registry.history("e7")


@needs_root
def test_a_full_disk_has_no_index_and_no_rest_of_one(path, mounted):
    assert not update(str(path), QUERY)
    left = [name for _, _, names in os.walk(mounted) for name in names]
    assert [name for name in left if not name.endswith(cache.LOCK)] == []
    assert first(path, indexed=True) == first(path)


@needs_root
def test_a_read_only_cache_is_no_error(path, mounted):
    subprocess.run(["mount", "-o", "remount,ro", mounted], check=True)
    assert not update(str(path), QUERY)
    assert first(path, indexed=True) == first(path)


APPEND = """
import os, sys
from expflow_hooks.core.registry.index import cache
from expflow_hooks.core.registry.writer import Writer
cache.LEAST = 0
writer = Writer(sys.argv[1])
for n in range(60):
    name = f"{os.getpid()}-{n % 20}"
    writer.update(name, lambda before: {"experiment_id": name, "n": (before or {}).get("n", 0) + 1})
"""
LOOK = """
import sys
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.index import cache
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.operations.indexing import update
cache.LEAST = 0
query = Query("pde_mean", top=3)
for _ in range(15):
    update(sys.argv[1], query)
    ranking = rank(Registry(sys.argv[1], indexed=True).placed(), query)
    assert [row.experiment_id for row in ranking.ranked] == ["e0", "e1", "e2"], ranking.ranked
"""


def test_sixteen_append_while_four_rank_and_index(path):
    run = [sys.executable, "-c"]
    appending = [subprocess.Popen([*run, APPEND, path]) for _ in range(16)]
    looking = [subprocess.Popen([*run, LOOK, path]) for _ in range(4)]
    names = [f"{process.pid}-{n}" for process in appending for n in range(20)]
    assert [process.wait() for process in (*appending, *looking)] == [0] * 20
    registry = Registry(str(path))
    present = {record["experiment_id"]: record for record in registry.records()}
    assert {present[name]["n"] for name in names} == {3}
    assert registry.unreadable == []
    assert verify(registry.lines).problems == []
    update(str(path), QUERY)
    assert first(path, indexed=True) == first(path)
