"""A table in a terminal: no row is wider than it, names keep both ends, columns that do not fit are named."""

import pytest

from expflow_hooks.render.table import Bad, Column, Data, Good, Style, Table, shorten, to_text, width

COLUMNS = (
    Column("rank", right=True),
    Column("name", narrowest=12),
    Column("value", right=True),
    Column("spread", right=True, spare=2),
    Column("notes", narrowest=10, spare=3),
)
TABLE = Table(
    COLUMNS,
    [
        ["1", Data("fourier/operator/seed1"), "15.25", "0.5", Data("the best of several runs")],
        ["2", Data("unet/3/4"), "16", "0.25", ""],
    ],
    ["2 ranked"],
)


@pytest.mark.parametrize("room", [25, 30, 40, 50, 60, 80, 200])
def test_no_row_is_wider_than_the_terminal(room):
    rows = to_text(TABLE, Style(room)).splitlines()[:4]
    assert max(map(width, rows)) <= room
    assert all(value in text for value, text in zip(["value", "─", "15.25", "16"], rows, strict=True))


def test_names_are_shortened_before_columns_are_left_out():
    text = to_text(TABLE, Style(52))
    assert "fourier/o…tor/seed1" in text or "…" in text.splitlines()[2]
    assert "not shown" not in text


def test_columns_that_do_not_fit_are_named():
    assert to_text(TABLE, Style(26)).splitlines()[-1].startswith("not shown for lack of width: spread, notes")


def test_a_pipe_has_the_whole_table_and_no_colour():
    rows = [[Good("✓ 1"), Data("fourier/operator/seed1" * 2), "1", "", ""]]
    text = to_text(Table(COLUMNS, rows))
    assert "fourier/operator/seed1" * 2 in text
    assert "\x1b" not in text


def test_colour_is_ours_and_no_name_brings_its_own():
    rows = [[Good("✓ 1"), Data("\x1b[31mred"), Bad("✗ 2"), "", ""]]
    text = to_text(Table(COLUMNS, rows), Style(80, colour=True))
    assert "\x1b[32m✓ 1\x1b[0m" in text and "\x1b[31m✗ 2\x1b[0m" in text
    assert "?[31mred" in text


@pytest.mark.parametrize(
    ("text", "room", "short"),
    [("abc", 3, "abc"), ("abcdefghij", 7, "abc…hij"), ("abcdefghij", 6, "ab…hij"), ("abcdefghij", 2, "ab")],
)
def test_a_name_keeps_both_ends(text, room, short):
    assert shorten(text, room) == short
