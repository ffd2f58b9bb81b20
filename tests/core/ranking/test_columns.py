"""The ranking's columns: what is shown is read again where it stands, and is what was judged."""

import errno
import json
import os
from typing import Any

import pytest

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.metrics.gates import parse_gate
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.ranking.revision_log import RevisionLog
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.core.registry.history import HistoryLine, revisions
from expflow_hooks.core.registry.reader import Registry

QUERY = Query("pde_mean", gates=(parse_gate("pde_mean:lt:18.09"),), top=2)


def line(run, value, **fields):
    return json.dumps({"experiment_id": run, "metrics": {"pde_mean": value}, **fields}) + "\n"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text(
        "".join(line(f"run{i}", 10.0 + i, name="x" * 5000) for i in range(20)) + "nonsense\n" + line("last", 1)
    )
    return path


def shown(ranking):
    return [(row.rank, row.experiment_id, row.value) for row in (*ranking.ranked, *ranking.below[:2])]


def given_by_a_pipe(data, monkeypatch):
    ends = os.pipe()
    os.write(ends[1], data)
    os.close(ends[1])
    registry = Registry("pipe")
    monkeypatch.setattr(registry, "opened", lambda: os.fdopen(ends[0], "rb"))
    return registry


def test_lines_longer_than_a_read_and_behind_unreadable_ones_are_found_again(path):
    registry = Registry(str(path))
    ranking = rank(registry.placed(), QUERY)
    assert shown(ranking) == [(1, "last", 1), (2, "run0", 10.0), (None, "run9", 19.0), (None, "run10", 20.0)]
    assert registry.unreadable_count == 1


def test_a_pipe_is_read_again_too(path, monkeypatch):
    registry = given_by_a_pipe(path.read_bytes()[:60_000], monkeypatch)
    assert shown(rank(registry.placed(), QUERY))[0] == (1, "run0", 10.0)


def test_a_pipe_is_copied_only_where_it_is_read_again(path, monkeypatch):
    def none(*_, **__):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryFile", none)
    monkeypatch.setattr("expflow_hooks.core.registry.random_access.BytesIO", none)
    data = path.read_bytes()[:60_000]
    assert len(rank(given_by_a_pipe(data, monkeypatch).placed(), QUERY._replace(top=None)).ranked) == 9


def test_a_pipe_is_read_again_where_no_copy_can_be_written(path, monkeypatch):
    def none():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryFile", none)
    data = path.read_bytes()[:60_000]
    assert shown(rank(given_by_a_pipe(data, monkeypatch).placed(), QUERY))[0] == (1, "run0", 10.0)


def test_a_pipe_larger_than_the_disk_is_an_error(path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "the disk is full")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(UnreadableError, match="cannot keep a copy of the piped registry: the disk is full"):
        rank(given_by_a_pipe(b"", monkeypatch).placed(), QUERY)


def test_a_file_that_is_replaced_meanwhile_is_read_as_it_was(path):
    ranking = rank(Registry(str(path)).placed(), QUERY)
    other = path.with_suffix(".new")
    other.write_text(line("other", 2))
    other.replace(path)
    assert shown(ranking)[2] == (None, "run9", 19.0)


@pytest.mark.parametrize(
    "rewritten",
    [
        lambda data: data[:100],
        lambda data: data.replace(b"19.0", b"17.0"),
        lambda data: data.replace(b'"run9"', b'"runX"'),
        lambda data: b"x" * len(data),
        lambda data: b"",
    ],
)
def test_a_file_that_is_rewritten_in_place_is_an_error_not_another_number(path, rewritten):
    ranking = rank(Registry(str(path)).placed(), QUERY)
    data = path.read_bytes()
    path.write_bytes(rewritten(data))
    with pytest.raises(UnreadableError, match="rewritten while it was read"):
        shown(ranking)


def test_a_last_line_without_its_end_may_get_it_later(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text(line("x", 19.0)[:-1])
    ranking = rank(Registry(str(path)).placed(), QUERY)
    with path.open("a") as file:
        file.write("\n" + line("y", 1.0))
    assert shown(ranking) == [(None, "x", 19.0)]


def test_a_file_that_cannot_be_read_again_is_an_error(path, monkeypatch):
    def stale(fd, size, place):
        raise OSError(errno.ESTALE, "gone stale")

    monkeypatch.setattr(os, "pread", stale)
    with pytest.raises(UnreadableError, match="gone stale"):
        rank(Registry(str(path)).placed(), QUERY)


def test_the_end_of_a_very_long_line_is_found_soon(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text(line("x", 1.0, name="x" * 3_000_000) + line("y", 2.0))
    reads = []
    pread = os.pread
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "pread", lambda fd, size, place: reads.append(size) or pread(fd, size, place))
        assert [row.experiment_id for row in rank(Registry(str(path)).placed(), QUERY).ranked] == ["x", "y"]
    assert len(reads) < 30


def test_nothing_is_shown_where_nothing_is_asked_for(path):
    for top in (0, -1, 2):
        ranking = rank(Registry(str(path)).placed(), QUERY._replace(top=top))
        assert len(ranking.ranked) == max(top, 0)
        assert ranking.counts["ranked"] == 10
        assert ranking.below[:0] == ranking.below[5:5] == []


def test_revisions_are_told_where_they_are_read_again(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text("".join(line("x", float(i)) for i in range(100)))
    (row,) = rank(Registry(str(path)).placed(), QUERY._replace(gates=())).ranked
    assert row.notes[-1] == "revised: pde_mean 98 → 99"
    assert len(row.notes) == 5


def test_what_is_selected_no_more_ranks_no_more_and_its_revisions_are_remembered(tmp_path):
    path = tmp_path / "r.jsonl"
    lr = {"params": {"lr": "1"}}
    lines = [line("x", 1.0, project="p", **lr), line("x", 2.0, project="q", **lr), line("x", 3.0, project="p", **lr)]
    path.write_text("".join([*lines, line("y", 4.0), line("z", 5.0, project="p", **lr), line("z", 6.0, **lr)]))
    ranking = rank(Registry(str(path)).placed(), QUERY._replace(selection=Selection("p")))
    notes = ("pde_mean 1 → 2", "parameters", "pde_mean 2 → 3", "parameters")  # the project is one of them
    told = tuple(f"revised: {note}" for note in notes)
    assert [(row.experiment_id, row.value, row.notes) for row in ranking.rows] == [("x", 3.0, told)]


WAYS: dict[str, list[dict[str, Any]]] = {
    "at once": [],
    "by way of running": [{"status": "running"}],
    "by way of deleted": [{"status": "deleted", "metrics": {"pde_mean": 20.0}}],
    "by way of another project": [{"status": "running", "project": "other"}],
    "by way of several": [{"status": "failed"}, {"status": "running"}, {"status": "running"}],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("selection", [Selection(), Selection(status="completed"), Selection("p")])
@pytest.mark.parametrize("top", [None, 5])
def test_a_revision_is_one_whatever_came_in_between(tmp_path, way, selection, top):
    path = tmp_path / "r.jsonl"
    between = [json.dumps({"experiment_id": "x", "project": "p", **more}) + "\n" for more in WAYS[way]]
    path.write_text("".join([line("x", 20.0, project="p"), *between, line("x", 10.0, project="p")]))
    query = QUERY._replace(gates=(), selection=selection, top=top)
    (row,) = rank(Registry(str(path)).placed(), query).ranked
    assert row.notes == ("revised: pde_mean 20 → 10",)
    found = revisions(Registry(str(path)).history("x"))
    assert [(r.line, r.field, r.old, r.new) for r in found] == [(2 + len(between), "metrics.pde_mean", 20.0, 10.0)]


def test_a_line_that_says_less_hides_no_revision():
    def history(*metrics):
        return [HistoryLine(n, {"experiment_id": "x", "metrics": m}) for n, m in enumerate(metrics, start=1)]

    found = revisions(history({"a": 20.0, "b": 1}, {}, {}, {"a": 10.0, "b": 1}))
    assert [(r.line, r.field, r.old, r.new) for r in found] == [
        (2, "metrics.a", 20.0, None),
        (2, "metrics.b", 1, None),
        (4, "metrics.a", 20.0, 10.0),
    ]


def test_what_an_experiment_says_while_it_runs_again_is_a_revision_where_it_differs():
    lines: list[dict[str, Any]] = [
        {"metrics": {"a": 1}, "code": {"id": "c1"}},
        {"status": "running", "metrics": {"a": 2, "b": None}},
        {"metrics": {"a": 1}, "code": {"id": "c2"}},
    ]
    found = revisions([HistoryLine(n, {"experiment_id": "x", **said}) for n, said in enumerate(lines, start=1)])
    assert [(r.line, r.field, r.old, r.new) for r in found] == [(2, "metrics.a", 1, 2), (3, "code", "c1", "c2")]


def test_of_a_tie_the_first_in_time_are_shown(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text("".join(line(f"run{i}", 1.0, timestamp=f"2026-11-{30 - i:02}") for i in range(20)))
    ranking = rank(Registry(str(path)).placed(), QUERY)
    assert [(row.rank, row.experiment_id) for row in ranking.ranked] == [(1, "run19"), (1, "run18")]
    assert ranking.counts["ranked"] == 20


def test_changes_are_remembered_in_bounded_memory_and_what_is_forgotten_is_said():
    forgotten = []
    changes = RevisionLog(forgotten.append, most=40)
    for turn in range(100):
        for item in range(3):
            changes.add(item, turn, turn + 1)
    assert changes.of(1)[-5:] == [(turn, turn + 1) for turn in range(95, 100)]
    assert set(forgotten) == {0, 1, 2}
    assert changes.of(7) == []


def test_what_has_few_changes_loses_none_to_what_has_many(tmp_path):
    forgotten = []
    changes = RevisionLog(forgotten.append, most=40)
    changes.add(1, 5, 6)
    for turn in range(1000):
        changes.add(2, turn, turn + 1)
    assert changes.of(1) == [(5, 6)]
    assert set(forgotten) == {2}


def test_lines_that_were_forgotten_are_pointed_to(tmp_path, monkeypatch):
    monkeypatch.setattr(RevisionLog.__init__, "__defaults__", (4,))
    path = tmp_path / "r.jsonl"
    lines = [line("x", 1.0), line("x", 2.0), *(line(f"y{i % 9}", 5.0) for i in range(90))]
    path.write_text("".join(lines))
    first, second = rank(Registry(str(path)).placed(), QUERY).ranked
    assert first.notes == ("earlier lines of it: `expflow-hooks run show ID --history`",)
    assert second.notes == first.notes
