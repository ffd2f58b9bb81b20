"""History that cannot be rewritten quietly: what verify names, and what it lets stand."""

from __future__ import annotations

import json

import pytest

from expflow_hooks.core.chain import MOST_NAMED, line_hash
from expflow_hooks.core.verify import verify
from expflow_hooks.core.writer import Writer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "r.jsonl"


def write(path, *names):
    writer = Writer(str(path))
    for name in names:
        writer.append({"experiment_id": name, "metrics": {"pde_mean": 1.5}})


def lines(path):
    return path.read_bytes().splitlines(keepends=True)


def check(path, head=None):
    result = verify(lambda: lines(path), head)
    return [(p.kind, p.line) for p in result.problems], result.uncovered, sorted(result.heads.values())


def test_what_was_only_appended_to_holds_and_has_one_head(path):
    write(path, "a", "b", "c")
    assert check(path) == ([], [], [3])
    assert [len(json.loads(line)["prev"]) for line in lines(path)] == [0, 1, 1]


def test_an_edited_line_is_named(path):
    write(path, "a", "b", "c")
    path.write_bytes(
        path.read_bytes().replace(b'"b", "metrics": {"pde_mean": 1.5', b'"b", "metrics": {"pde_mean": 0.5')
    )
    problems, _, _ = check(path)
    assert problems == [("edited", 2)]


def test_a_removed_line_is_named(path):
    write(path, "a", "b", "c")
    all_lines = lines(path)
    path.write_bytes(all_lines[0] + all_lines[2])
    problems, _, _ = check(path)
    assert [kind for kind, _ in problems] == ["edited"] or [kind for kind, _ in problems] == ["removed"]


def test_lines_in_another_order_are_named(path):
    write(path, "a", "b", "c")
    all_lines = lines(path)
    path.write_bytes(all_lines[1] + all_lines[0] + all_lines[2])
    assert [kind for kind, _ in check(path)[0]] == ["inserted"]


def test_an_inserted_line_is_one_that_no_chain_covers(path):
    write(path, "a", "b")
    all_lines = lines(path)
    path.write_bytes(all_lines[0] + b'{"experiment_id": "forged"}\n' + all_lines[1])
    assert check(path)[1] == [2]


def test_a_cut_tail_is_found_with_the_expected_head(path):
    write(path, "a", "b", "c")
    head = line_hash(lines(path)[2])
    assert check(path, head)[0] == []
    path.write_bytes(b"".join(lines(path)[:2]))
    assert check(path)[0] == []
    assert [kind for kind, _ in check(path, head)[0]] == ["cut"]


def test_lines_of_another_tool_are_covered_by_the_next_of_ours(path):
    path.write_bytes(b'{"experiment_id": "theirs-1"}\n{"experiment_id": "theirs-2"}\n')
    assert check(path)[1] == [1, 2]
    write(path, "ours")
    assert check(path) == ([], [], [3])


def test_a_line_names_at_most_16(path):
    path.write_bytes(b"".join(b'{"experiment_id": "t-%d"}\n' % i for i in range(40)))
    write(path, "a", "b", "c")
    assert [len(json.loads(line)["prev"]) for line in lines(path)[40:]] == [MOST_NAMED, MOST_NAMED, 10]
    assert check(path) == ([], [], [43])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_branches_that_both_append_verify_after_a_merge(path, tmp_path, order):
    write(path, "base")
    base = path.read_bytes()
    tails = []
    for name in ("left", "right"):
        branch = tmp_path / name
        branch.write_bytes(base)
        write(branch, f"{name}-1", f"{name}-2")
        tails.append(branch.read_bytes()[len(base) :])
    path.write_bytes(base + tails[order[0]] + tails[order[1]])
    assert check(path) == ([], [], [3, 5])
    write(path, "after")
    assert check(path) == ([], [], [6])
    assert len(json.loads(lines(path)[-1])["prev"]) == 2
