"""A registry that is a folder of files: the union of their lines, in an order that the chain gives."""

from __future__ import annotations

import json
import os
import random

import pytest

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.core.registry.chain import digest_of, read_link
from expflow_hooks.core.registry.experiment import latest
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import verify


def line(name, prev=(), at=None, **fields):
    """Return a line that names others; with `prev` None one of another tool."""
    record = {"experiment_id": name, **fields, **({} if at is None else {"timestamp": at})}
    return (
        json.dumps(record if prev is None else {**record, "prev": [digest_of(p).hex() for p in prev]}).encode() + b"\n"
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "experiments").mkdir()

    def write(**files):
        for name, lines in files.items():
            (tmp_path / "experiments" / f"{name}.jsonl").write_bytes(b"".join(lines))
        return f"{tmp_path}/experiments/"

    return write


def ids(path, **options):
    return [experiment.experiment_id for experiment in Registry(path, **options).experiments()]


def test_the_chain_orders_before_time_and_time_before_names(folder):
    first = line("first", at="2026-03-01T00:00:00Z")
    after = line("after", [first], at="2026-01-01T00:00:00Z")
    early, late = line("early", None, at="2026-02-01T00:00:00Z"), line("late", None, at="2026-04-01T00:00:00+00:00")
    assert ids(folder(a=[after], b=[first], c=[early, late])) == ["early", "first", "after", "late"]


def test_lines_of_one_time_come_by_the_names_of_their_files(folder):
    assert ids(folder(b=[line("b1"), line("b2")], a=[line("a1")], c=[line("c1")])) == ["a1", "b1", "b2", "c1"]


def test_the_last_line_of_an_id_is_its_state_whichever_file_it_is_in(folder):
    begun = line("run", status="running", at="2026-05-01T00:00:00Z")
    done = line("run", [begun], status="completed", at="2026-01-01T00:00:00Z")
    (present,) = latest(Registry(folder(z=[begun], a=[done])).experiments())
    assert present.state == "completed"


def test_lines_that_wait_for_each_other_are_read_all_the_same(folder):
    one, other = line("one", [b"{}"]), line("other", [b"{}"])
    path = folder(a=[line("a", [other]), one], b=[line("b", [one]), other])
    assert sorted(ids(path)) == ["a", "b", "one", "other"]
    assert verify(Registry(path).lines).problems


def test_only_plain_files_that_end_in_jsonl_are_lines(folder, tmp_path):
    path = folder(a=[line("a")])
    for name in ("notes.md", "a.jsonl.bak", ".hidden.jsonl", "a.json"):
        (tmp_path / "experiments" / name).write_bytes(line("not-this"))
    (tmp_path / "experiments" / "older").mkdir()
    (tmp_path / "experiments" / "older" / "b.jsonl").write_bytes(line("not-this"))
    assert ids(path) == ["a"]


def test_what_one_machine_or_tool_could_miss_is_refused(folder, tmp_path):
    path, made = folder(a=[line("a")]), tmp_path / "experiments"
    for make, clear in (
        (lambda: (made / "link.jsonl").symlink_to(made / "a.jsonl"), (made / "link.jsonl").unlink),
        (lambda: (made / "sub.jsonl").mkdir(), (made / "sub.jsonl").rmdir),
        (lambda: os.mkfifo(made / "pipe.jsonl"), (made / "pipe.jsonl").unlink),
        (lambda: (made / "B.JSONL").write_bytes(b""), (made / "B.JSONL").unlink),
        (lambda: (made / "A.jsonl").write_bytes(b""), (made / "A.jsonl").unlink),
        (lambda: (made / "a\nb.jsonl").write_bytes(b""), (made / "a\nb.jsonl").unlink),
    ):
        make()
        with pytest.raises(UsageError):
            ids(path)
        clear()
    assert ids(path) == ["a"]


def test_a_folder_that_has_no_lines_is_empty_unless_it_was_named(tmp_path):
    path = f"{tmp_path}/none/"
    for make in (lambda: None, (tmp_path / "none").mkdir):
        make()
        assert ids(path) == []
        with pytest.raises(UnreadableError):
            ids(path, missing_ok=False)


def test_lines_say_which_file_they_are_in(folder):
    first = line("x", at="2026-01-01T00:00:00Z")
    registry = Registry(folder(b=[first, b"torn"], a=[b"broken\n", line("y", [first])]))
    assert len(list(registry.experiments())) == 2
    told = sorted((os.path.basename(bad.file), bad.line) for bad in registry.unreadable)
    assert told == [("a.jsonl", 1), ("b.jsonl", 2)]
    (found,) = registry.history("y")
    assert (os.path.basename(found.file), found.line) == ("a.jsonl", 2)
    assert [registry.histories({"y"}), registry.histories({"none"})] == [{"y": [found]}, {}]


def test_lines_are_read_again_where_they_stand(folder):
    days = [f"2026-01-0{n}T00:00:00Z" for n in range(1, 9)]
    a, b = ([line(f"{name}{n}", at=at) for n, at in enumerate(days)] for name in "ab")
    path = folder(a=a, b=[*b[:-1], b'{"experiment_id": "torn"}'])
    placed = Registry(path).placed()
    found = [(e.experiment_id, place) for es, ps in placed.batches(True) for e, place in zip(es, ps, strict=False)]
    assert len(found) == 16
    assert [placed.recall(place).experiment_id for _, place in found] == [name for name, _ in found]


@pytest.mark.parametrize("seed", range(30))
def test_branches_that_were_written_and_merged_at_random_come_in_an_order_that_the_chain_allows(folder, seed):
    """Each line names the heads of the branches it was written on, as commits do."""
    chance = random.Random(seed)
    files: dict[str, list[bytes]] = {f"f{n}": [] for n in range(4)}
    known: dict[str, list[bytes]] = {name: [] for name in files}  # what each branch has
    for number in range(40):
        name = chance.choice(list(files))
        if chance.random() < 0.3:
            merged = known[chance.choice(list(files))]
            known[name] = known[name] + [one for one in merged if one not in known[name]]
        named = {digest for one in known[name] for digest in read_link(one).prev or ()}
        heads = [one for one in known[name] if digest_of(one).hex() not in named]
        made = line(f"e{number}", heads, at=chance.choice([None, f"2026-01-{chance.randint(1, 28):02d}T00:00:00Z"]))
        files[name].append(made)
        known[name].append(made)
    registry = Registry(folder(**files))
    assert sorted(registry.lines()) == sorted(one for lines in files.values() for one in lines)
    assert verify(registry.lines).problems == []
    order = list(registry.lines())
    for number, one in enumerate(order, start=1):
        file, place = registry.where(number)
        assert files[os.path.basename(file)[:-6]][place - 1] == one
    above: set[str] = set()
    for one in order:
        assert above.issuperset(read_link(one).prev or ())
        above.add(digest_of(one).hex())
