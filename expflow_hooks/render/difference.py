"""Two experiments side by side, as people and programs see them: differences first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from expflow_hooks.core.metrics.values import show_number, value_status
from expflow_hooks.core.ranking.difference import BETTER, SAME, Difference, FactDifference, MetricDifference, Side
from expflow_hooks.core.wording import counted, listed
from expflow_hooks.render.jsontext import to_json
from expflow_hooks.render.table import PLAIN, Bad, Column, Data, Good, Style, Table, to_csv, to_form


def difference_json(difference: Difference, files: Sequence[str] | None, unknown: str | None) -> dict[str, Any]:
    """Return the difference as schema 1; `files` differ between the two commits, null with the reason in
    `code_unknown`."""
    return {
        "schema": 1,
        "first": _side(difference.first),
        "second": _side(difference.second),
        "metrics": [_metric(row) for row in difference.metrics],
        "params": [row._asdict() for row in difference.params],
        "facts": [row._asdict() for row in difference.facts],
        "files": None if files is None else list(files),
        "code_unknown": unknown,
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "experiment_id": side.experiment.experiment_id,
        "name": side.experiment.name,
        "runs": [run.experiment_id for run in side.runs],
    }


def _metric(row: MetricDifference) -> dict[str, Any]:
    first, second = value_status(row.first), value_status(row.second)
    return {
        "name": row.name,
        "first": None if first else row.first,
        "first_status": first or "ok",
        "second": None if second else row.second,
        "second_status": second or "ok",
        "spreads": list(row.spreads),
        "difference": row.difference,
        "percent": row.percent,
        "verdict": row.verdict,
    }


def render_difference(
    difference: Difference, files: Sequence[str] | None, unknown: str | None, form: str, look: Style = PLAIN
) -> str:
    """Return the difference in one of FORMATS; what both sides share is counted, not listed, but in JSON and CSV."""
    if form == "json":
        return to_json(difference_json(difference, files, unknown))
    facts = [*difference.params, *difference.facts]
    if form == "csv":
        return to_csv(
            ["what", "first", "second", "difference", "verdict"],
            [
                *([row.name, row.first, row.second, row.difference, row.verdict] for row in difference.metrics),
                *([row.name, row.first, row.second, None, "same" if row.same else "differs"] for row in facts),
            ],
        )
    metrics = [row for row in difference.metrics if row.verdict != SAME]
    changed = [row for row in facts if not row.same]
    rows = [*(_metric_cells(row) for row in metrics), *(_fact_cells(row) for row in changed)]
    columns = [Column("", narrowest=14), Column(_heading(difference.first), narrowest=10)]
    columns += [Column(_heading(difference.second), narrowest=10), Column("the second is", narrowest=14)]
    same = len(difference.metrics) - len(metrics), len(facts) - len(changed)
    notes = [f"the same: {counted(same[0], 'metric')}, {counted(same[1], 'other field')}"]
    notes.append(_code(files, unknown))
    return to_form(Table(columns, rows, [Data(note) for note in notes]), form, look)


def _heading(side: Side) -> str:
    n = len(side.runs)
    return Data(side.experiment.label + (f" ({n} runs)" if n > 1 else ""))


def _metric_cells(row: MetricDifference) -> list[str]:
    values = [
        show_number(value) + ("" if spread is None else f" ± {spread:.3g}")
        for value, spread in zip((row.first, row.second), row.spreads, strict=True)
    ]
    return [Data(row.name), *values, show_verdict(row)]


def show_verdict(row: MetricDifference) -> str:
    """Return the second side compared to the first: better or worse, and by how much."""
    if row.difference is None:
        return "not comparable"
    by = f"{row.difference:+.4g}" + ("" if row.percent is None else f" ({row.percent:+.3g}%)")
    if row.verdict is None:
        return by
    return (Good if row.verdict == BETTER else Bad)(f"{row.verdict} by {by}")


def _fact_cells(row: FactDifference) -> list[str]:
    return [Data(row.name), *(Data("–" if value is None else str(value)) for value in (row.first, row.second)), ""]


def _code(files: Sequence[str] | None, unknown: str | None) -> str:
    if files is None:
        return f"code: {unknown}"
    if not files:
        return "code: no file differs between the two commits"
    return f"code: {counted(len(files), 'file')} changed between the two commits: {listed(files, 8)}"
