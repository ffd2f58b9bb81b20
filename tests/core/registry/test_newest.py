"""The experiments that changed last are those of the whole registry, however little of it is read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.registry import newest as module
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.core.registry.newest import newest
from expflow_hooks.core.registry.reader import Registry

lines = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 6), st.sampled_from(["running", "completed"])),
        st.sampled_from([b"\n", b"nonsense\n", b"\r\n"]),
    ),
    max_size=25,
)


def as_bytes(line):
    return line if isinstance(line, bytes) else json.dumps({"experiment_id": f"e{line[0]}", "status": line[1]}).encode()


@given(lines, st.integers(1, 5), st.sampled_from([Selection(), Selection(status="completed")]), st.integers(1, 90))
def test_the_newest_are_those_of_the_whole_registry(tmp_path_factory, found, count, selection, block):
    path = tmp_path_factory.mktemp("r") / "r.jsonl"
    path.write_bytes(b"".join(as_bytes(line).rstrip(b"\n") + b"\n" for line in found))
    last, first = {}, {}
    for experiment in Registry(str(path)).experiments():
        last.pop(experiment.experiment_id, None)
        last[experiment.experiment_id] = experiment
        first.setdefault(experiment.experiment_id)
    selects = selection.matcher() or (lambda experiment: True)
    meant = [name for name, experiment in last.items() if selects(experiment)]
    wanted = meant[-count:] if len(meant) > count else [name for name in first if name in meant]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", block)
        result = newest(Registry(str(path)), selection, count)
    assert [experiment.experiment_id for experiment in result.experiments] == wanted
    assert [json.loads(line)["experiment_id"] for line in result.lines] == wanted
    assert result.more == (len(meant) > count)


def test_no_more_is_read_than_is_shown(tmp_path, monkeypatch):
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"".join(b'{"experiment_id": "e%d"}\n' % n for n in range(100_000)))
    read = []
    real = module.read_all_at
    monkeypatch.setattr(module, "read_all_at", lambda fd, a, b: read.append(b - a) or real(fd, a, b))
    assert [one.experiment_id for one in newest(Registry(str(path)), Selection(), 2).experiments] == [
        "e99998",
        "e99999",
    ]
    assert sum(read) < path.stat().st_size / 10
