"""One experiment and its history as people and programs see them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.core.registry.history import HistoryLine, Revision
from expflow_hooks.render.audit import show_revision
from expflow_hooks.render.jsontext import to_json
from expflow_hooks.render.table import PLAIN, Column, Data, Style, Table, to_csv, to_form


def render_record(payload: Sequence[Mapping[str, Any]]) -> str:
    """Return records as a JSON array, every field unchanged."""
    return to_json(list(payload))


def render_history(
    lines: Sequence[HistoryLine], changes: Sequence[Revision], form: str, look: Style = PLAIN, note: str = ""
) -> str:
    """Return an experiment's lines: a field a row, of later lines what they changed; the revisions and a note below."""
    if form == "json":
        return to_json([line.record for line in lines])
    if form == "csv":
        return to_csv(
            ["line", "field", "value"], [[show_place(line), *pair] for line in lines for pair in _fields(line.record)]
        )
    rows = []
    before: list[tuple[str, Any]] = []
    for line in lines:
        fields = _fields(line.record)
        rows += [
            [Data(show_place(line)), Data(name), Data(show_field(value))]
            for name, value in fields
            if (name, value) not in before
        ]
        before = fields
    table = Table(
        (Column("line", right=True), Column("field"), Column("value")),
        rows,
        [Data(f"revision: {show_revision(change)}") for change in changes] + ([Data(note)] if note else []),
    )
    return to_form(table, form, look)


def show_place(line: HistoryLine) -> str:
    """Return a line's position: its number, in a folder's registry with the file's name."""
    return f"{os.path.basename(line.file)}:{line.line}" if line.file else str(line.line)


def _fields(record: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in record.items():
        if isinstance(value, dict):
            found += [(f"{key}.{name}", item) for name, item in value.items()]
        elif key != "prev":
            found.append((key, value))
    return found


def show_field(value: Any) -> str:
    """Return a field's value as people read it."""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return value if isinstance(value, str) else show_number(value) if isinstance(value, float) else str(value)
