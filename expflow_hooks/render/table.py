"""One table, three ways: aligned text, Markdown, CSV. Cells that come from data are marked, and escaped here."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from expflow_hooks.render.escape import code_span, terminal


class Data(str):
    """A cell's text that comes from an experiment or a person: never trusted."""


class Good(str):
    """A cell of ours that reports success: green where there is colour."""


class Bad(str):
    """A cell of ours that reports a failure: red where there is colour."""


class Open(str):
    """A cell of ours that reports an open question: yellow where there is colour."""


class Column(NamedTuple):
    """A column's heading; numbers are right-aligned.

    In a terminal that is too narrow, columns with `narrowest` are shortened to that many characters, then those with
    the highest `spare` are left out; 0 stays.
    """

    heading: str
    right: bool = False
    narrowest: int = 0
    spare: int = 0


class Style(NamedTuple):
    """How text is to look: the columns that there are (None: as many as it takes), and whether there is colour."""

    columns: int | None = None
    colour: bool = False


PLAIN = Style()
_COLOURS: dict[type[str], str] = {Good: "32", Bad: "31", Open: "33"}  # SGR: green, red, yellow


class Table(NamedTuple):
    """Columns, rows of cells, and lines below the table."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


_WIDEST = 60  # columns of a terminal for one cell


def width(text: str) -> int:
    """Return the columns that text takes on a terminal: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def to_text(table: Table, look: Style = PLAIN) -> str:
    """Return the table aligned for a terminal, fitted to its width."""
    cells = [[_cut(terminal(cell)) for cell in row] for row in table.rows]
    headings = [terminal(column.heading) for column in table.columns]
    widths = [max(map(width, column)) for column in zip(headings, *cells, strict=True)]
    shown, widths = _fitted(table.columns, widths, look.columns)
    lines = [_aligned([headings[i] for i in shown], shown, widths, table.columns)]
    lines.append("  ".join("─" * widths[i] for i in shown))
    for row, texts in zip(table.rows, cells, strict=True):
        colours = [_COLOURS.get(type(row[i]), "") if look.colour else "" for i in shown]
        lines.append(_aligned([texts[i] for i in shown], shown, widths, table.columns, colours))
    notes = [terminal(note) for note in table.notes]
    if len(shown) < len(headings):
        left = [heading for i, heading in enumerate(headings) if i not in shown]
        notes.append(f"not shown for lack of width: {', '.join(left)}; --format json has all")
    return "\n".join(line.rstrip() for line in [*lines, *notes]) + "\n"


def _fitted(columns: Sequence[Column], widths: Sequence[int], room: int | None) -> tuple[list[int], list[int]]:
    """Return which columns are shown and how wide each is: first shortened, then left out, the most spare first."""
    shown = list(range(len(columns)))
    while True:
        fitted = list(widths)
        over = 0 if room is None else _taken(shown, fitted) - room
        while over > 0 and (long := [i for i in shown if columns[i].narrowest and fitted[i] > columns[i].narrowest]):
            fitted[max(long, key=fitted.__getitem__)] -= 1
            over -= 1
        spare = [i for i in shown if columns[i].spare]
        if over <= 0 or not spare:
            return shown, fitted
        shown.remove(max(spare, key=lambda i: columns[i].spare))


def _taken(shown: Sequence[int], widths: Sequence[int]) -> int:
    return sum(widths[i] for i in shown) + 2 * (len(shown) - 1)


def shorten(text: str, room: int) -> str:
    """Return text in at most `room` columns, shortened in the middle: names differ at their ends."""
    if width(text) <= room:
        return text
    if room < 5:
        return text[:room]
    head = (room - 1) // 2
    return text[:head] + "…" + text[-(room - 1 - head) :]


def _cut(text: str) -> str:
    return shorten(text, _WIDEST)


def _aligned(
    cells: Sequence[str],
    shown: Sequence[int],
    widths: Sequence[int],
    columns: Sequence[Column],
    colours: Sequence[str] = (),
) -> str:
    padded = []
    for place, (cell, i) in enumerate(zip(cells, shown, strict=True)):
        text = shorten(cell, widths[i])
        space = " " * (widths[i] - width(text))
        if place < len(colours) and colours[place]:
            text = f"\x1b[{colours[place]}m{text}\x1b[0m"
        padded.append(space + text if columns[i].right else text + space)
    return "  ".join(padded)


def to_form(table: Table, form: str, look: Style = PLAIN) -> str:
    """Return the table as `markdown` or as `text`."""
    return to_markdown(table) if form == "markdown" else to_text(table, look)


def to_markdown(table: Table) -> str:
    """Return the table as GitHub's Markdown; every cell of data in a code span."""
    lines = [
        "| " + " | ".join(_markdown_cell(column.heading) for column in table.columns) + " |",
        "|" + "|".join("---:" if column.right else "---" for column in table.columns) + "|",
    ]
    lines += ["| " + " | ".join(_markdown_cell(cell) for cell in row) + " |" for row in table.rows]
    lines += [line for note in table.notes for line in ("", _markdown_cell(note))]
    return "\n".join(lines) + "\n"


def _markdown_cell(cell: str) -> str:
    return (code_span(cell) if cell else "") if isinstance(cell, Data) else cell


def to_csv(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return rows as CSV with a heading line; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(rows)
    return out.getvalue()
