"""The registry only grows: which lines are new, and which of the base's are lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.registry.append_only import broken_by, check_growth
from expflow_hooks.core.registry.verify import verify_bytes
from expflow_hooks.core.registry.writer import Writer


def grown(base, head):
    return check_growth({"r": base}, {"r": head})


@pytest.mark.parametrize(
    ("base", "head", "lost", "added"),
    [
        (b"", b"", [], []),
        (b"", b"a\n", [], [1]),
        (b"a\nb\n", b"a\nb\n", [], []),
        (b"a\nb\n", b"a\nb\nc\nd\n", [], [3, 4]),
        (b"a\nb\n", b"a\nc\nb\n", [], [2]),
        (b"a\nb", b"a\nb\nc\n", [], [3]),
        (b"a\nb\n", b"a\nb", [], []),
        (b"a\nb\n", b"a\n", [2], []),
        (b"a\nb\n", b"a\nB\n", [2], [2]),
        (b"a\nb\n", b"b\na\n", [2], [1]),
        (b"a\na\n", b"a\n", [2], []),
        (b"a\r\nb\n", b"a\nb\n", [1], [1]),
        (b"a\n\nb\n", b"a\nb\n", [], []),
        (b"a\nb\n", b"", [1, 2], []),
    ],
)
def test_what_is_lost_and_what_is_new(base, head, lost, added):
    found = grown(base, head)
    assert [one.line for one in found.lost] == lost
    assert sorted(found.added.get("r", ())) == added


def test_a_moved_line_is_told_from_a_removed_one():
    assert grown(b"a\nb\n", b"b\na\n").lost[0].why.startswith("moved")
    assert grown(b"a\nb\n", b"b\n").lost[0].why.startswith("changed or removed")


_LINE = st.sampled_from([b"a", b"b", b"c", b"dd"])


@given(base=st.lists(_LINE), more=st.lists(st.tuples(st.integers(0, 20), _LINE)))
def test_lines_put_in_anywhere_lose_nothing(base, more):
    head = list(base)
    for place, line in more:
        head.insert(place, line)
    found = grown(b"".join(x + b"\n" for x in base), b"".join(x + b"\n" for x in head))
    assert not found.lost
    assert len(found.added.get("r", ())) == len(more)


@given(base=st.lists(_LINE, min_size=1, unique=True), data=st.data())
def test_a_line_taken_out_is_always_missed(base, data):
    gone = data.draw(st.integers(0, len(base) - 1))
    head = base[:gone] + base[gone + 1 :]
    found = grown(b"".join(x + b"\n" for x in base), b"".join(x + b"\n" for x in head))
    assert [one.line for one in found.lost] == [gone + 1]


def chained(path, *names):
    writer = Writer(str(path))
    for name in names:
        writer.append({"experiment_id": name, "metrics": {"pde_mean": 1.5}})
    return path.read_bytes()


def here(number):
    return "r", number


def broken(base, head):
    return [(p.kind, p.line) for p in broken_by(grown(base, head), lambda: verify_bytes(head), here)]


def test_what_new_lines_say_of_the_history_must_hold(tmp_path):
    base = chained(tmp_path / "r.jsonl", "a", "b")
    head = chained(tmp_path / "r.jsonl", "c", "d")
    assert broken(base, head) == []
    assert broken(base, head.replace(b'"c", "metrics": {"pde_mean": 1.5', b'"c", "metrics": {"pde_mean": 0.5')) == [
        ("edited", 3)
    ]
    copied = base + base.splitlines(keepends=True)[0]
    assert broken(base, copied) == [("inserted", 3)]


def test_what_the_base_holds_already_is_not_held_against_new_lines(tmp_path):
    chained(tmp_path / "r.jsonl", "a", "b", "c")
    path = tmp_path / "r.jsonl"
    path.write_bytes(
        path.read_bytes().replace(b'"b", "metrics": {"pde_mean": 1.5', b'"b", "metrics": {"pde_mean": 0.5')
    )
    base = path.read_bytes()
    head = chained(path, "d")
    assert verify_bytes(head).problems
    assert broken(base, head) == []


def test_without_new_lines_nothing_is_verified():
    def never():
        raise AssertionError

    assert broken_by(grown(b"a\nb\n", b"a\nb\n"), never, here) == []


A, B, C = (b'{"experiment_id": "%s", "x": %d}\n' % (name, 0) for name in (b"a", b"b", b"c"))
A2 = b'{"experiment_id": "a", "x": 1}\n'


@pytest.mark.parametrize(
    ("base", "head", "lost", "added"),
    [
        ({"d/m": A}, {"d/m": A, "d/f": B + C}, [], {"d/f": [1, 2]}),
        ({"d/m": A, "d/f": B}, {"d/m": A + C, "d/f": B}, [], {"d/m": [2]}),
        ({"d/m": A, "d/f": B}, {"d/m": A}, [("d/f", 1)], {}),
        ({"d/m": A, "d/f": B}, {"d/m": A + B}, [], {}),
        ({"r": A + B + A2}, {"d/m": A + A2, "d/f": B + C}, [], {"d/f": [2]}),
        ({"r": A + B + A2}, {"d/m": A2 + A, "d/f": B}, [("r", 1), ("r", 3)], {"d/m": [1, 2]}),
        ({"r": A + B + A2}, {"d/m": A, "d/f": B + A2}, [("r", 1), ("r", 3)], {"d/m": [1], "d/f": [2]}),
        ({"r": A + B}, {"d/m": A + A}, [("r", 2)], {"d/m": [2]}),
        ({"r": b"torn\n" + A}, {"d/m": A + b"torn\n"}, [], {}),
        ({"d/m": A + B}, {"d/m": A, "d/f": B}, [("d/m", 2)], {"d/f": [1]}),
        ({"r": A}, {}, [("r", 1)], {}),
        ({}, {"d/m": A}, [], {"d/m": [1]}),
    ],
)
def test_files_that_are_there_keep_their_lines_and_others_may_be_renamed_or_split(base, head, lost, added):
    found = check_growth(base, head)
    assert [(one.file, one.line) for one in found.lost] == lost
    assert {file: sorted(numbers) for file, numbers in found.added.items()} == added
