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


class Column(NamedTuple):
    """A column's heading; numbers stand at the right."""

    heading: str
    right: bool = False


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


def to_text(table: Table) -> str:
    """Return the table aligned for a terminal."""
    rows = [[_cut(terminal(cell)) for cell in row] for row in table.rows]
    headings = [column.heading for column in table.columns]
    widths = [max(map(width, cells)) for cells in zip(headings, *rows, strict=True)]
    lines = [_aligned(headings, widths, table.columns), "  ".join("─" * w for w in widths)]
    lines += [_aligned(row, widths, table.columns) for row in rows]
    return "\n".join(line.rstrip() for line in [*lines, *(terminal(note) for note in table.notes)]) + "\n"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _aligned(cells: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> str:
    padded = []
    for cell, wide, column in zip(cells, widths, columns, strict=True):
        space = " " * (wide - width(cell))
        padded.append(space + cell if column.right else cell + space)
    return "  ".join(padded)


def to_markdown(table: Table) -> str:
    """Return the table as GitHub's Markdown; every cell of data in a code span."""
    lines = [
        "| " + " | ".join(column.heading for column in table.columns) + " |",
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
