"""Readers beside writers: they never wait for a lock, and never see half a line; a torn tail is told from one being
written."""

from __future__ import annotations

import fcntl
import os
import time

import pytest
from faults import appending

from expflow_hooks.core.registry.live_file import open_settled
from expflow_hooks.core.registry.reader import Registry

HALF, REST = b'{"experiment_id": "a", "metrics": ', b'{"pde_mean": 1.5}}\n'


def read(path):
    registry = Registry(str(path))
    return [experiment.experiment_id for experiment in registry.experiments()], registry.unreadable


def test_a_reader_beside_writers_sees_whole_lines_only(tmp_path):
    path = tmp_path / "r.jsonl"
    path.touch()
    processes = [appending.start(path, f"w{number}", 60) for number in range(3)]
    seen = looks = 0
    while any(process.poll() is None for process in processes):
        ids, unreadable = read(path)
        assert unreadable == []
        assert len(ids) >= seen, "what was there stays"
        seen, looks = len(ids), looks + 1
    for process in processes:
        process.communicate()
    assert looks > 3
    assert len(read(path)[0]) == 180


def test_a_held_lock_keeps_no_reader_waiting(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes(HALF + REST)
    with path.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        begin = time.monotonic()
        assert read(path) == (["a"], [])
        assert time.monotonic() - begin < 0.2


def test_a_torn_tail_is_reported_soon(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes(HALF)
    begin = time.monotonic()
    ids, (bad,) = read(path)
    assert time.monotonic() - begin < 0.2
    assert (ids, bad.line, bad.why.startswith("torn")) == ([], 1, True)


@pytest.mark.parametrize("locks", [True, False], ids=["by a tool that locks", "by one that does not"])
def test_a_tail_that_is_being_written_is_read_to_its_end(tmp_path, locks):
    path = tmp_path / "r.jsonl"
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        with path.open("ab", buffering=0) as file:
            if locks:
                fcntl.flock(file, fcntl.LOCK_EX)
            file.write(HALF)
            os.write(go, b"!")
            time.sleep(0.1 if locks else 0.0005)
            file.write(REST)
        os._exit(0)
    os.read(ready, 1)
    assert read(path) == (["a"], [])
    os.waitpid(child, 0)


def test_a_pipe_and_standard_input_are_read_as_they_come(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    child = os.fork()
    if child == 0:
        with path.open("wb") as file:
            file.write(HALF + REST)
        os._exit(0)
    with open_settled(str(path)) as file:
        assert file.read() == HALF + REST
    os.waitpid(child, 0)
