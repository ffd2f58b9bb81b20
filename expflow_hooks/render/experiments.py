"""Experiments and their history as people and programs see them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.history import HistoryLine, Revision
from expflow_hooks.core.wording import counted
from expflow_hooks.render.audit import show_revision
from expflow_hooks.render.jsontext import to_json
from expflow_hooks.render.table import PLAIN, Column, Data, Style, Table, to_csv, to_form

_LIST = (
    Column("id", narrowest=12),
    Column("name", narrowest=8, spare=2),
    Column("status"),
    Column("project", narrowest=6, spare=5),
    Column("tags", narrowest=6, spare=6),
    Column("time", spare=4),
)
_METRICS_SHOWN = 3


def render_record(payload: Sequence[Mapping[str, Any]]) -> str:
    """Return records as a JSON array, every field as it stands."""
    return to_json(list(payload))


def render_experiments(
    experiments: Sequence[Experiment], source: str, form: str, look: Style = PLAIN, first: str | None = None
) -> str:
    """Return a list of experiments as text, markdown or csv; of its metrics each shows `first` first."""
    rows = [_cells(experiment, first) for experiment in experiments]
    columns = (*_LIST, Column("metrics", narrowest=24))
    if form == "csv":
        return to_csv([column.heading for column in columns], rows)
    told = f"{counted(len(rows), 'experiment')} in {source}" if rows else f"no experiments in {source}"
    table = Table(columns, rows, [Data(told)])
    return to_form(table, form, look)


def _cells(experiment: Experiment, first: str | None) -> list[str]:
    metrics = experiment.metrics or {}
    names = sorted(metrics, key=lambda name: name != first)[:_METRICS_SHOWN]
    shown = [f"{name} {show_number(metrics[name])}" for name in names]
    more = len(metrics) - len(shown)
    words = [
        experiment.experiment_id,
        experiment.name or "",
        experiment.state,
        experiment.project or "",
        ", ".join(experiment.tags or ()),
        (experiment.timestamp or "")[:19],
        ", ".join(shown) + (f", +{more}" if more else ""),
    ]
    return [Data(word) for word in words]


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
    """Return where a line stands: its number, of a folder's registry with the file's name."""
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
