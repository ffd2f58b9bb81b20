"""History that cannot be rewritten quietly: what verify names, and what it lets stand."""

from __future__ import annotations

import json

import pytest

from expflow_hooks.core.registry.chain import MOST_NAMED, Heads, digest_of, read_link
from expflow_hooks.core.registry.verify import verify, verify_newest
from expflow_hooks.core.registry.writer import Writer


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


def test_a_removed_line_is_named_where_it_was(path):
    write(path, "a", "b", "c")
    all_lines = lines(path)
    path.write_bytes(all_lines[0] + all_lines[2])
    (problem,) = verify(lambda: lines(path)).problems
    assert (problem.line, problem.by) == (1, 2)
    assert "a line below it was removed" in problem.message, "an edit of line 1 would look the same"
    path.write_bytes(all_lines[1] + all_lines[2])
    assert check(path)[0] == [("removed", 1)]


def bare(path, *names):
    with path.open("ab") as file:
        file.writelines(b'{"experiment_id": "%s"}\n' % name.encode() for name in names)


def test_of_lines_that_one_line_names_together_the_right_one_is_named(path):
    bare(path, "t1", "t2", "t3", "t4")
    write(path, "ours", "next")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"t2"', b'"x2"'))
    assert check(path)[0] == [("edited", 2)]
    path.write_bytes(whole.replace(b'{"experiment_id": "t2"}\n', b""))
    assert check(path)[0] == [("removed", 4)]


def test_a_line_that_is_said_again_is_an_insertion(path):
    write(path, "a", "b", "c")
    all_lines = lines(path)
    for copied in all_lines[:2]:
        path.write_bytes(b"".join(all_lines) + copied)
        assert check(path)[0] == [("inserted", 4)], "an old state would be the present one again"
    write(path, "d")
    assert ("inserted", 4) in check(path)[0], "nor does writing on hide it"


def test_line_ends_that_a_checkout_changed_are_no_edit(path):
    write(path, "a", "b", "c")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(path) == ([], [], [3])


@pytest.mark.parametrize("prev", ["5", '["zz", "\\ud800"]', '[""]', "[null]", '{"a": 1}'])
def test_names_that_are_none_are_no_traceback(path, prev):
    path.write_text(f'{{"experiment_id": "a", "prev": {prev}}}\n')
    problems, uncovered, heads = check(path)
    assert problems or uncovered or heads
    write(path, "b")


def test_the_newest_lines_are_checked_alone(path):
    write(path, *(f"e{number}" for number in range(60)))
    all_lines = lines(path)
    assert verify_newest(lambda: all_lines, 10).problems == []
    edited = [*all_lines[:55], all_lines[55].replace(b"1.5", b"0.5"), *all_lines[56:]]
    assert [p.line for p in verify_newest(lambda: edited, 10).problems] == [56]
    old = [all_lines[0], all_lines[1].replace(b"1.5", b"0.5"), *all_lines[2:]]
    assert verify_newest(lambda: old, 10).problems == []
    assert [p.line for p in verify(lambda: old).problems] == [2]
    again = [*all_lines, all_lines[3]]
    assert [(p.kind, p.line) for p in verify_newest(lambda: again, 10).problems] == [("inserted", 61)]


def test_no_line_of_a_chained_file_is_kept(path):
    write(path, *(f"e{number}" for number in range(200)))
    heads = Heads()
    for number, line in enumerate(lines(path), start=1):
        heads.feed(line, read_link(line).prev, number)
        assert len(heads.chained) + len(heads.bare) == 1


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
    head = digest_of(lines(path)[2]).hex()
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


def unexpected(path, head=None):
    return [found.line for found in verify(lambda: lines(path), head).unexpected]


def forge(path, at, prev, name="forged"):
    """Put a line in that names what it likes."""
    all_lines = lines(path)
    all_lines.insert(at, json.dumps({"experiment_id": name, "prev": prev}).encode() + b"\n")
    path.write_bytes(b"".join(all_lines))


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("names", [None, 0])
@pytest.mark.parametrize("later", [0, 1, 2])
def test_a_line_that_begins_anew_or_names_an_old_one_is_told_and_stays_so(path, at, names, later):
    write(path, "a", "b", "c")
    forge(path, at, [] if names is None else [digest_of(lines(path)[names]).hex()])
    # Of two lines that name the same one, the second is told: nobody knows which of them was there first.
    told = [3] if (names, at) == (0, 1) else [at + 1]
    assert unexpected(path) == told
    write(path, *"xyz"[:later])
    assert unexpected(path) == told, "the next append does not seal it"


def test_the_first_line_of_ours_and_a_line_after_another_tools_are_expected(path):
    path.write_bytes(b"\n\n")
    write(path, "a")
    bare(path, "t1", "t2")
    write(path, "b")
    assert unexpected(path) == []


def test_a_head_that_does_not_follow_from_the_expected_one_is_told(path):
    write(path, "a", "b")
    head = digest_of(lines(path)[-1]).hex()
    write(path, "c")
    assert unexpected(path, head) == []
    forge(path, 3, [digest_of(lines(path)[0]).hex()])
    assert unexpected(path, head) == [4, 4], "it names what was named, and it is a head"


def test_a_merge_is_told_too(path):
    write(path, "a")
    base = path.read_bytes()
    write(path, "ours")
    ours = path.read_bytes()[len(base) :]
    path.write_bytes(base)
    write(path, "theirs")
    path.write_bytes(path.read_bytes() + ours)
    assert unexpected(path) == [3]
    assert check(path)[0] == []


class Counting(list):
    """Lines that count how often one is looked at."""

    looked = 0

    def __iter__(self):
        for line in super().__iter__():
            Counting.looked += 1
            yield line


@pytest.mark.parametrize("what", ["every line edited", "every line names one", "every line begins anew", "none"])
def test_verification_is_linear_whatever_misses(path, monkeypatch, what):
    from bisect import bisect_left

    from expflow_hooks.core.registry import verify as verifying

    count, name = 2000, "0" * 64
    write(path, *map(str, range(3)))
    base = [json.dumps({"experiment_id": f"{n}", "prev": []}).encode() + b"\n" for n in range(count)]
    for number in range(1, count):
        prev = {
            "every line edited": [digest_of(base[number - 1] + b" ").hex()],
            "every line names one": [digest_of(base[0]).hex()],
            "every line begins anew": [],
            "none": [digest_of(base[number - 1]).hex(), name],
        }[what]
        base[number] = json.dumps({"experiment_id": f"{number}", "prev": prev}).encode() + b"\n"
    searched = []
    monkeypatch.setattr(verifying, "bisect_left", lambda *given: searched.append(1) or bisect_left(*given))
    Counting.looked = 0
    found = verifying.verify(lambda: Counting(base))
    assert Counting.looked <= 2 * count
    assert len(searched) <= count
    assert len(found.problems) + len(found.unexpected) >= count - 2
