"""The closer look at bytes: places, chunks, excuses."""

from itertools import pairwise

import pytest
from corpus import PLAIN, H
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.scan import exact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{H}", [(1, 1)]),
        (f"a\n\n  {H}\n", [(3, 3)]),
        (f"héé {H}", [(1, 5)]),
        (f"{H} {H}\n{H}", [(1, 1), (1, 66), (2, 1)]),
        (f"ff{H}{H}", [(1, 3), (1, 67)]),
    ],
    ids=["start", "third line", "columns are characters", "three", "glued twice"],
)
def test_places(text: str, expected: list[tuple[int, int]]) -> None:
    assert [hit[:2] for hit in exact.scan([text.encode()])] == expected
    assert [hit[:2] for hit in exact.scan([text.encode("utf-16-le").replace(b"\xe9", b"\xc3\xa9")])] == expected


@given(st.binary(max_size=300), st.binary(max_size=300), st.lists(st.integers(0, 700), max_size=6))
def test_chunks_of_any_size_change_nothing(before: bytes, after: bytes, cuts: list[int]) -> None:
    data = before + b"\n" + H.upper().encode() + b"\n" + after
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[low:high] for low, high in pairwise(bounds)]
    assert exact.scan(chunks) == exact.scan([data]) != []


def test_an_excuse_counts_on_its_own_line_only() -> None:
    line = f"x = '{H}'  # expflow: allow-pin-hash\n".encode()
    assert exact.scan([line]) == []
    assert exact.scan([line], excusable=False) == [(1, 6, "EXP001")]
    assert exact.scan([line + H.encode()]) == [(2, 1, "EXP001")]
    assert exact.scan([line[:90], line[90:]]) == []


def test_a_plain_pin_is_placed_at_its_name() -> None:
    assert exact.scan([f"\n {PLAIN}=4071".encode()]) == [(2, 2, "EXP006")]


@pytest.mark.parametrize("at", [0, 1, 7, 8, 1017, 1023, 1024, 8191, 8192, 19_936])
def test_a_long_run_is_searched_at_every_offset(at: int) -> None:
    run = bytearray(b"0123456789abcdef" * 1250)
    run[at : at + 64] = H.encode()
    assert exact.starts(bytes(run).lower()) == [at]


def test_hiding_leaves_nothing_of_the_digest() -> None:
    assert exact.hide(f"a/{H}{H}.txt".encode(), b"?") == b"a/??.txt"
    assert exact.hide(b"plain", b"?") == b"plain"
