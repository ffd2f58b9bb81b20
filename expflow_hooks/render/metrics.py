"""Metrics as people and programs see them."""

from __future__ import annotations

from collections.abc import Sequence

from expflow_hooks.core.metrics.standard import Metric
from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.render.jsontext import to_json
from expflow_hooks.render.table import PLAIN, Column, Data, Style, Table, to_csv, to_form

_COLUMNS = (
    Column("metric"),
    Column("group"),
    Column("better"),
    Column("unit"),
    Column("threshold", right=True),
    Column("description"),
)


def render_metrics(metrics: Sequence[Metric], form: str, look: Style = PLAIN) -> str:
    """Return metrics in one of the formats text, json, markdown, csv."""
    if form == "json":
        return to_json([{"name": m.name, **m.entry(), **({"from": m.source} if m.source else {})} for m in metrics])
    rows = [_cells(metric) for metric in metrics]
    if form == "csv":
        return to_csv([column.heading for column in _COLUMNS], rows)
    table = Table(_COLUMNS, rows)
    return to_form(table, form, look)


def _cells(metric: Metric) -> list[str]:
    better = "↑ higher" if metric.higher_is_better else "↓ lower"
    threshold = "" if metric.threshold is None else show_number(metric.threshold)
    told = metric.description + (f" (read from {metric.source})" if metric.source else "")
    return [Data(metric.name), Data(metric.group), better, Data(metric.unit), threshold, Data(told)]
