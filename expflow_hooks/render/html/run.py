"""The page of one run: parameters, metrics, code, its history with the revisions, and the difference to the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.core.ranking.difference import SAME, Difference
from expflow_hooks.core.registry.history import HistoryLine, Revision
from expflow_hooks.render.audit import show_revision
from expflow_hooks.render.difference import show_verdict
from expflow_hooks.render.experiments import show_field, show_place
from expflow_hooks.render.html.text import document, html, table

_FACTS = ("status", "project", "tags", "timestamp", "commit", "branch", "dirty", "code", "clearml_task_id")


def run_page(lines: Sequence[HistoryLine], revisions: Sequence[Revision], best: Difference | None, board: str) -> str:
    """Return the whole page of a run, from its lines, oldest first; `board` is the leaderboard's address."""
    record = lines[-1].record
    name = str(record.get("name") or record["experiment_id"])
    facts = [(key, show_field(record[key])) for key in _FACTS if record.get(key) is not None]
    parts = [
        f'<p><a href="{html(board)}">The leaderboard</a></p><h1>{html(name)}</h1>',
        f'<p class="m">{html(record["experiment_id"])}</p>',
        table(("field", "value"), facts, "What it is"),
        _section("Metrics", record.get("metrics"), ("metric", "value")),
        _beside(best),
        _section("Parameters", record.get("params"), ("parameter", "value")),
        _history(lines, revisions),
    ]
    return document(name, "\n".join(part for part in parts if part), script=False)


def _section(title: str, values: Any, headings: tuple[str, str]) -> str:
    if not isinstance(values, Mapping) or not values:
        return ""
    rows = [(name, show_number(value) if isinstance(value, float) else value) for name, value in sorted(values.items())]
    return f"<h2>{title}</h2>{table(headings, rows, title)}"


def _beside(best: Difference | None) -> str:
    if best is None:
        return ""
    rows = [
        (row.name, show_number(row.first), show_number(row.second), show_verdict(row))
        for row in best.metrics
        if row.verdict != SAME
    ]
    params = [(row.name, row.first, row.second, "") for row in best.params if not row.same]
    if not rows and not params:
        return "<h2>Beside the best</h2><p>Nothing differs.</p>"
    headings = ("what", best.first.experiment.label, "this run", "this run is")
    return f"<h2>Beside the best</h2>{table(headings, [*rows, *params], 'What differs')}"


def _history(lines: Sequence[HistoryLine], revisions: Sequence[Revision]) -> str:
    rows = [
        (
            show_place(at),
            at.record.get("timestamp", ""),
            at.record.get("status", "completed"),
            _event(at.record.get("event")),
        )
        for at in lines
    ]
    told = "".join(f'<p class="x">Revision: {html(show_revision(revision))}</p>' for revision in revisions)
    return f"<h2>History</h2>{told}{table(('line', 'time', 'status', 'event'), rows, 'Every line of it, oldest first')}"


def _line(line: HistoryLine) -> tuple[str, Any, Any, str]:
    record = line.record
    return show_place(line), record.get("timestamp", ""), record.get("status", "completed"), _event(record.get("event"))


def _event(event: Any) -> str:
    if not isinstance(event, Mapping):
        return ""
    words = [event.get("action"), event.get("by") and f"by {event['by']}", event.get("reason")]
    return ", ".join(str(word) for word in words if word)
