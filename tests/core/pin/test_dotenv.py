"""The grammar of environment files: what is read, what is taken out, and that the scan sees all that is read."""

from __future__ import annotations

import pytest
from corpus import NAME, H
from hypothesis import given
from hypothesis import strategies as st

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.pin import dotenv
from expflow_hooks.core.pin.placeholders import is_empty, is_placeholder
from expflow_hooks.scan import envkeys
from expflow_hooks.setup.pintext import without_env_key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\nB = 'two' # no\n", [("A", "1"), ("B", "two")]),
        ("export A=1 B=2\n", [("A", "1"), ("B", "2")]),
        ('A="x\ny" B=2', [("A", "x\ny"), ("B", "2")]),
        ("A='it''s' \"here\" now # c", [("A", "its here now")]),
        ("A=a#b\nB=#c\nC= # nothing\n", [("A", "a#b"), ("B", "#c"), ("C", "")]),
        ("A='open\nB=2\n", [("A", "'open"), ("B", "2")]),
        ('A="a\\"b" C=1', [("A", 'a\\"b'), ("C", "1")]),
        ("words\n# A=1\n  B=2\r\nC=\\\nD=1", [("B", "2"), ("C", "\\"), ("D", "1")]),
    ],
)
def test_what_is_read(text, expected):
    found = [(assignment.name.decode(), assignment.value.decode()) for assignment in dotenv.assignments(text.encode())]
    assert found == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{K}={H}\n", ""),
        ("{K}={H} OTHER=1\n", "OTHER=1\n"),
        ("A=1 {K}={H} B=2\n", "A=1 B=2\n"),
        ("export A=1 {K}='{H}'\n", "export A=1\n"),
        ("export {K}={H} OTHER=1 # c\n", "export OTHER=1 # c\n"),
        ("export {K}={H} export OTHER=1\n", "export OTHER=1\n"),
        ('D="first\n{K}=x\nlast"\n{K}={H}\n', 'D="first\n{K}=x\nlast"\n'),
        ("D='{K}=x'\n{K}={H} # ours\r\nB=1", "D='{K}=x'\n# ours\r\nB=1"),
    ],
)
def test_what_is_taken_out(before, after):
    before, after = (text.replace("{K}", NAME).replace("{H}", H).encode() for text in (before, after))
    assert dotenv.without_key(before) == after


PIECES = (
    NAME,
    "A",
    "B2",
    "=",
    " = ",
    " ",
    "\t",
    "\n",
    "\r\n",
    "'",
    '"',
    "\\",
    "#",
    " # c",
    "export ",
    "x",
    H,
    "$V",
    ";",
)
files = st.lists(st.sampled_from(PIECES), max_size=14).map(lambda pieces: "".join(pieces).encode())


@given(files)
def test_nothing_but_the_key_goes_or_the_file_is_left_for_the_hand(data):
    try:
        after = without_env_key(data.decode(), ".env").encode()
    except UsageError:
        return
    kept = [(found.name, found.value) for found in dotenv.assignments(data) if found.name != dotenv.KEY]
    assert [(found.name, found.value) for found in dotenv.assignments(after)] == kept


@given(files)
def test_what_is_read_is_seen_by_the_scan(data):
    value = dotenv.value_of_key(data)
    if value is not None and not is_empty(value) and not is_placeholder(value):
        assert envkeys.places(data)
