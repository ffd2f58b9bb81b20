"""Appends that are killed, that many processes make at once, beside expflow-pde's: nothing acknowledged is lost.

`benchmarks/reliability.py` does the same with the full figures.
"""

from __future__ import annotations

import os
import sys

import pytest
from faults import appending

from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import verify
from expflow_hooks.core.registry.writer import Writer

posix = pytest.mark.skipif(sys.platform == "win32", reason="fork and SIGKILL")


@posix
@pytest.mark.parametrize("note", [0, 300_000], ids=["short lines", "lines of up to 300 kB"])
def test_what_was_acknowledged_survives_sigkill(tmp_path, note):
    path = tmp_path / "r.jsonl"
    acknowledged = appending.killed(path, 60, note)
    Writer(str(path)).append({"experiment_id": "after"})  # this closes a tail that was torn
    ids, bad = appending.read_all(path)
    assert acknowledged
    assert set(acknowledged) <= set(ids)
    assert ids[-1] == "after"
    assert bad == 0 or note, "a short line is whole or not there"
    assert verify(Registry(str(path)).lines).problems == []


def test_many_processes_append_beside_expflow_pdes_and_every_line_is_whole(home):
    pytest.importorskip("expflow_pde", reason="expflow-pde needs Python 3.11")
    path = home / ".expflow" / "experiments.jsonl"
    path.parent.mkdir()
    acknowledged = list(appending.together(path, ours=6, theirs=2, each=25))
    ids, bad = appending.read_all(path)
    assert bad == 0
    assert sorted(ids) == sorted(acknowledged)
    result = verify(Registry(str(path)).lines)
    assert result.problems == []
    writer = Writer(str(path))
    for number in range(len(result.uncovered) // 15 + 1):
        writer.append({"experiment_id": f"cover-{number}"})
    assert verify(Registry(str(path)).lines).uncovered == []


def test_a_line_that_another_tool_is_halfway_through_is_not_cut_in_two(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes(b'{"experiment_id": "theirs", ')
    pid = os.fork()
    if pid == 0:
        with path.open("ab", buffering=0) as file:
            file.write(b'"name": "the rest"}\n')
        os._exit(0)
    Writer(str(path)).append({"experiment_id": "ours"})
    os.waitpid(pid, 0)
    assert appending.read_all(path) == (["theirs", "ours"], 0)
