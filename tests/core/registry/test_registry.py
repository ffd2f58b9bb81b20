"""The registry: reading whatever lines there are, writing so that nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import pytest

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.registry import writer as writing
from expflow_hooks.core.registry.experiment import latest
from expflow_hooks.core.registry.history import revisions
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.writer import Writer

GOOD = {"experiment_id": "good", "metrics": {"pde_mean": 1.0}}


def ids(path):
    return [experiment.experiment_id for experiment in latest(Registry(str(path)).experiments())]


@pytest.mark.parametrize(
    "line",
    [
        b'{"experiment_id": "torn", "met',
        b"\x00\xff\xfe\x80binary",
        b"[1, 2]",
        b"42",
        b"null",
        b'"text"',
        b"{}",
        b'{"experiment_id": null}',
        b'{"experiment_id": ""}',
        b'{"experiment_id": 5}',
        b'{"experiment_id": "x"} trailing',
        b'{"name": "\xff", "experiment_id": "x"}',
        b"[" * 100_000,
        b'{"experiment_id": "x", "metrics": {"a": ' + b"9" * 5000 + b"}}",
    ],
)
def test_an_unreadable_line_is_reported_with_its_number_and_hides_no_other(registry, line):
    path = registry(GOOD, line, {"experiment_id": "last"})
    reader = Registry(str(path))
    assert [e.experiment_id for e in reader.experiments()] == ["good", "last"]
    assert [bad.line for bad in reader.unreadable] == [2]
    assert reader.history("last")[0].line == 3


@pytest.mark.parametrize(
    ("line", "status", "metric"),
    [
        (b'{"experiment_id": "x", "metrics": {"pde_mean": NaN}}', "completed", "nan"),
        (b'{"experiment_id": "x", "metrics": {"pde_mean": Infinity}}', "completed", "inf"),
        (b'{"experiment_id": "x", "metrics": {"pde_mean": 1e999}}', "completed", "inf"),
        (b'\xef\xbb\xbf{"experiment_id": "x", "metrics": {"pde_mean": 1}}', "completed", None),
        (b'{"experiment_id": "x", "metrics": {"pde_mean": 1}}\r', "completed", None),
        (b'{"experiment_id": "x", "timestamp": null, "status": null, "tags": null}', "completed", "missing"),
        (b'{"experiment_id": "x", "status": 5, "tags": "a", "metrics": [1], "params": 3}', "5", "missing"),
        (b'{"experiment_id": "x", "metrics": {"pde_mean": "1"}}', "completed", "type"),
        (b'{"experiment_id": "x", "metrics": {"pde_mean": true}}', "completed", "type"),
        (b'{"experiment_id": "x", "metrics": {"pde_mean": {"a": 1}}}', "completed", "type"),
        ('{"experiment_id": "x", "name": "模型 β"}'.encode(), "completed", "missing"),
        (b'{"experiment_id": "x", "name": "\\ud800"}', "completed", "missing"),
    ],
)
def test_odd_lines_are_read_and_their_values_told_apart(registry, line, status, metric):
    from expflow_hooks.core.metrics.values import value_status

    (experiment,) = Registry(str(registry(line))).experiments()
    assert (experiment.state, value_status(experiment.metric("pde_mean"))) == (status, metric)


def test_a_line_of_10_mb_is_read(registry):
    path = registry({**GOOD, "note": "x" * 10_000_000}, {"experiment_id": "after"})
    assert ids(path) == ["good", "after"]


def test_lines_of_expflow_pde_are_valid(registry):
    path = registry({"experiment_id": "x", "commit_hash": "abc", "queue": "q", "command": "c", "method": "shell"})
    (experiment,) = Registry(str(path)).experiments()
    assert experiment.revision == "abc"


def test_a_missing_file_is_empty_or_an_error_as_asked(tmp_path):
    path = str(tmp_path / "none.jsonl")
    assert list(Registry(path).experiments()) == []
    with pytest.raises(UnreadableError, match=os.strerror(errno.ENOENT)):
        list(Registry(path, missing_ok=False).experiments())
    with pytest.raises(UnreadableError):
        list(Registry(str(tmp_path)).experiments())


def test_an_id_that_is_not_there_is_told_with_the_nearest(registry):
    path = registry({"experiment_id": "fno-32-seed1"}, {"experiment_id": "unet"})
    with pytest.raises(UsageError, match="did you mean fno-32-seed1"):
        Registry(str(path)).history("fno-32-seed")


def test_revisions_are_what_later_lines_changed_of_a_completed_experiment(registry):
    path = registry(
        {"experiment_id": "x", "status": "running", "metrics": {"a": 9}},
        {
            "experiment_id": "x",
            "status": "completed",
            "metrics": {"a": 1, "b": 2},
            "params": {"lr": "1"},
            "commit": "c1",
        },
        {"experiment_id": "y", "status": "completed"},
        {"experiment_id": "x", "status": "completed", "metrics": {"a": 1, "b": 3}, "params": {}, "commit": "c2"},
        {"experiment_id": "x", "status": "deleted", "metrics": {"a": 1, "b": 3}, "params": {}, "commit": "c2"},
    )
    found = revisions(Registry(str(path)).history("x"))
    assert [(r.line, r.field, r.old, r.new) for r in found] == [
        (4, "commit", "c1", "c2"),
        (4, "metrics.b", 2, 3),
        (4, "params.lr", "1", None),
    ]


def test_nan_that_stays_nan_is_no_revision(registry):
    line = b'{"experiment_id": "x", "metrics": {"a": NaN}}'
    assert revisions(Registry(str(registry(line, line))).history("x")) == []


# Writing


def test_an_append_is_one_whole_line_and_keeps_every_field(tmp_path):
    path = tmp_path / "r.jsonl"
    record = {"experiment_id": "x", "name": "β", "mine": {"deep": [1, None]}, "metrics": {"a": float("nan")}}
    Writer(str(path)).append(record)
    written = path.read_bytes()
    assert written.endswith(b"\n")
    assert written.count(b"\n") == 1
    assert "β".encode() in written
    back = Registry(str(path)).history("x")[0].record
    assert back["mine"] == record["mine"]


def test_a_torn_tail_is_closed_never_swallowed(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes(b'{"experiment_id": "a"}\n{"experiment_id": "torn')
    writer = Writer(str(path))
    writer.append({"experiment_id": "b"})
    writer.append({"experiment_id": "c"})
    lines = path.read_bytes().split(b"\n")
    assert lines[1] == b'{"experiment_id": "torn'
    assert ids(path) == ["a", "b", "c"]


def test_a_whole_last_line_without_its_end_is_kept(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes(b'{"experiment_id": "a"}')
    Writer(str(path)).append({"experiment_id": "b"})
    assert ids(path) == ["a", "b"]


@pytest.mark.parametrize(
    "record", [{}, {"experiment_id": 5}, {"experiment_id": "x", "o": object()}, {"experiment_id": ""}]
)
def test_what_is_no_record_is_refused_and_the_file_stays(tmp_path, record):
    path = tmp_path / "r.jsonl"
    writer = Writer(str(path))
    writer.append({"experiment_id": "a"})
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"experiment_id|cannot"):
        writer.append(record)
    assert path.read_bytes() == before


@pytest.mark.parametrize("fault", ["short", "enospc", "fsync"])
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch, fault):
    path = tmp_path / "r.jsonl"
    Writer(str(path)).append({"experiment_id": "a"})
    before = path.read_bytes()
    real = os.write

    def short(fd, data):
        return real(fd, data[:7])

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if fault == "fsync":
        monkeypatch.setattr(writing.os, "fsync", full)
    else:
        monkeypatch.setattr(writing.os, "write", short if fault == "short" else full)
    with pytest.raises(UnreadableError, match=os.strerror(errno.ENOSPC)):
        Writer(str(path)).append({"experiment_id": "b"})
    assert path.read_bytes() == before


def test_what_another_tool_appends_meanwhile_is_seen(tmp_path):
    path = tmp_path / "r.jsonl"
    writer = Writer(str(path))
    writer.append({"experiment_id": "a", "status": "running"})
    with path.open("a") as other:
        other.write('{"experiment_id": "a", "status": "completed"}\n')
    seen = []
    writer.update("a", lambda present: seen.append(present["status"]) or {"experiment_id": "a"})
    assert seen == ["completed"]


def test_a_file_that_was_replaced_or_rewritten_is_read_anew(tmp_path):
    path = tmp_path / "r.jsonl"
    writer = Writer(str(path))
    writer.append({"experiment_id": "a"})
    fresh = tmp_path / "new"
    fresh.write_bytes(b'{"experiment_id": "other"}\n')
    fresh.replace(path)
    writer.append({"experiment_id": "b"})
    path.write_bytes(b'{"experiment_id": "rewritten in place, and longer than it was before"}\n' * 3)
    writer.append({"experiment_id": "c"})


APPEND = """
import sys
from expflow_hooks.core.registry.writer import Writer
writer = Writer(sys.argv[1])
for number in range(40):
    writer.append({"experiment_id": f"{sys.argv[2]}-{number}"})
"""


def test_several_processes_append_at_once_and_lose_nothing(tmp_path):
    path = str(tmp_path / "r.jsonl")
    workers = [subprocess.Popen([sys.executable, "-c", APPEND, path, str(name)]) for name in range(4)]
    assert [worker.wait(60) for worker in workers] == [0] * 4
    assert sorted(ids(path)) == sorted(f"{name}-{number}" for name in range(4) for number in range(40))
    with open(path) as file:
        assert all(json.loads(line) for line in file)


@pytest.mark.parametrize("broken", [b'"\xed\xa0\x80"', b'["\xff"]'])
def test_every_reader_agrees_on_a_line_that_is_broken_where_no_experiment_looks(tmp_path, broken):
    path = tmp_path / "r.jsonl"
    path.write_bytes(b'{"experiment_id": "x", "metrics": {"pde_mean": 1}, "tags": ["t"], "event": ' + broken + b"}\n")
    registry = Registry(str(path))
    assert [experiment.experiment_id for experiment in registry.experiments()] == ["x"]
    known = {"experiment_id": "x", "metrics": {"pde_mean": 1}, "tags": ["t"]}
    assert [json.loads(json.dumps(record)) for record in registry.records()] == [known]
    assert len(registry.history("x")) == 1
    assert registry.unreadable == []
    assert Writer(str(path)).present("x")["metrics"] == {"pde_mean": 1}
