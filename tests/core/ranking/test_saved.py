"""A ranking that goes on from an index is the ranking of the whole registry, whatever came since."""

from __future__ import annotations

import json
import os
import random

import pytest

from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.ranking import revision_log, saved
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.core.registry.index import cache
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.operations.indexing import update
from expflow_hooks.render.ranking import render_ranking

ROUNDS = int(os.environ.get("EXPFLOW_FUZZ", "600")) // 10
GATES = (parse_gate("pde_mean:lt:18.09"), parse_gate("train_time_min:lt:60"))
QUERIES = [
    Query("pde_mean", gates=GATES, top=3),
    Query("seg_total", gates=GATES[:1], top=2),
    Query("pde_mean", top=4, selection=Selection(tags=("a",))),
    Query("pde_mean", gates=GATES, top=20, selection=Selection(status="completed")),
    Query("own", True, top=2),
    Query("pde_mean", False, top=2, selection=Selection("P")),
]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(cache, "LEAST", 0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "r.jsonl"


def made(draw):
    """Return a line: mostly a run of few configurations, now and then something odd."""
    name = f"e{draw.randrange(draw.choice([12, 60]))}"
    value = draw.choice([draw.choice([1.0, 2, 2.0, 17.5, 18.09]), draw.uniform(1, 30), float("nan"), None, "x", True])
    record = {
        "experiment_id": name,
        "status": draw.choice(["completed"] * 6 + ["running", "failed", "deleted", None]),
        "metrics": {"pde_mean": value, "train_time_min": draw.choice([10, 60, 70.5]), "seg_total": draw.random()},
        "params": {"lr": draw.choice(["1", "2", 1]), "seed": draw.randrange(5)},
        "tags": draw.choice([["a"], ["b"], ["a", "b"]]),
        "project": draw.choice(["P", "P", "P/x", "Q"]),
        "timestamp": draw.choice(["2026-01-01T00:00:00", "2026-01-01T00:00:00Z", "2025-06-01", "never"]),
        "commit": draw.choice("ab") * 40,
    }
    if draw.random() < 0.3:
        del record["metrics"]
    if draw.random() < 0.1:
        record["metrics"] = {"own": draw.random()}
    if draw.random() < 0.01:
        record["metrics"] = {"pde_mean": 2**60 + 1}
    if draw.random() < 0.01:
        record["definition"] = {"*": draw.choice("xy") * 64}
    odd = draw.random()
    line = json.dumps(record).encode() + b"\n"
    return line[: len(line) // 2] + b"\n" if odd < 0.01 else b"\n" if odd < 0.02 else line


def told(path, query, indexed, monkeypatch):
    """Return all that a person and a program see of a ranking, or the error."""
    monkeypatch.setenv(cache.ENV_NO_INDEX, "" if indexed else "1")
    registry = Registry(str(path), indexed=indexed)
    try:
        ranking = rank(registry.placed(), query)
        text = [render_ranking(ranking, "r", form) for form in ("text", "json", "csv")]
        return text, ranking.counts, registry.unreadable, registry.unreadable_count
    except ExpflowError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        monkeypatch.delenv(cache.ENV_NO_INDEX)


@pytest.fixture
def uses(monkeypatch):
    """Count the rankings that went on from an index."""
    found = []
    real = saved.SavedColumns.sort_out
    monkeypatch.setattr(saved.SavedColumns, "sort_out", lambda self: found.append(1) or real(self))
    return found


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_ranking_that_goes_on_from_an_index_is_that_of_the_whole_registry(path, monkeypatch, seed, uses):
    draw = random.Random(seed)
    monkeypatch.setattr(saved, "HEAD", draw.choice([2, 5, 1000]))
    query = QUERIES[seed % len(QUERIES)]
    path.write_bytes(b"".join(made(draw) for _ in range(draw.randrange(200))))
    for _ in range(4):
        if draw.random() < 0.7:
            update(str(path), query)
        with path.open("ab") as file:
            file.write(b"".join(made(draw) for _ in range(draw.choice([0, 1, 5, 60]))))
        assert told(path, query, True, monkeypatch) == told(path, query, False, monkeypatch)


def test_it_is_used(path, monkeypatch, uses):
    draw = random.Random(1)
    lines = [line for line in (made(draw) for _ in range(4000)) if b"definition" not in line and b"e+18" not in line]
    lines = [line for line in lines if str(2**60 + 1).encode() not in line]
    path.write_bytes(b"".join(lines))
    for query in QUERIES[:4]:
        assert update(str(path), query)
    for query in QUERIES[:4]:
        before = len(uses)
        assert told(path, query, True, monkeypatch) == told(path, query, False, monkeypatch)
        assert len(uses) == before + 1


@pytest.mark.parametrize("seed", range(ROUNDS // 2))
def test_damage_changes_no_answer(path, monkeypatch, seed):
    draw = random.Random(seed)
    path.write_bytes(b"".join(made(draw) for _ in range(300)))
    query = QUERIES[seed % len(QUERIES)]
    update(str(path), query)
    file = cache.index_of(str(path))
    with open(file, "r+b") as opened:
        for _ in range(draw.choice([1, 20, 200])):
            opened.seek(draw.randrange(os.path.getsize(file)))
            opened.write(bytes([draw.randrange(256)]))
    assert told(path, query, True, monkeypatch) == told(path, query, False, monkeypatch)


def test_more_changes_than_are_remembered_are_read_whole(path, monkeypatch):
    rows = [json.dumps({"experiment_id": "x", "metrics": {"pde_mean": n}}).encode() + b"\n" for n in range(40)]
    path.write_bytes(b"".join(rows[:20]))
    monkeypatch.setattr(saved, "MOST", 25)
    monkeypatch.setattr(revision_log.RevisionLog.__init__, "__defaults__", (25,))
    query = QUERIES[0]
    assert update(str(path), query)
    path.write_bytes(b"".join(rows))
    assert told(path, query, True, monkeypatch) == told(path, query, False, monkeypatch)


def test_queries_take_turns_in_the_few_slots(path, monkeypatch, uses):
    path.write_bytes(b"".join(made(random.Random(3)) for _ in range(50)))
    for query in QUERIES:
        assert update(str(path), query)
    told(path, QUERIES[-1], True, monkeypatch)
    assert uses
