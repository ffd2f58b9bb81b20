"""An audit as people and programs see it: a check a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from expflow_hooks.core.audit.rules import RuleResult
from expflow_hooks.core.audit.validate import all_pass
from expflow_hooks.core.registry.history import Revision
from expflow_hooks.core.registry.reader import say_line
from expflow_hooks.render.jsontext import located, to_json
from expflow_hooks.render.table import PLAIN, Column, Data, Style, Table, to_csv, to_form


class AuditReport(NamedTuple):
    """One experiment's checks, the revisions of its registry lines, and where it was read."""

    experiment_id: str
    checks: Sequence[RuleResult]
    revisions: Sequence[Revision]
    source: str


_COLUMNS = (Column(""), Column("rule"), Column("detail"))


def audit_json(report: AuditReport) -> dict[str, Any]:
    """Return `{"experiment_id", "all_pass", "checks", "revisions", "source"}`."""
    return {
        "experiment_id": report.experiment_id,
        "all_pass": all_pass(report.checks),
        "checks": [check.as_dict() for check in report.checks],
        "revisions": [located(revision) for revision in report.revisions],
        "source": report.source,
    }


def show_revision(revision: Revision) -> str:
    """Return a revision in words, old -> new and the line."""
    return f"{say_line(revision.line, revision.file)} changed {revision.field}: {revision.old!r} → {revision.new!r}"


def render_audit(report: AuditReport, form: str, look: Style = PLAIN) -> str:
    """Return the audit in one of the formats text, json, markdown, csv."""
    if form == "json":
        return to_json(audit_json(report))
    if form == "csv":
        rows = [[report.experiment_id, *check] for check in report.checks]
        return to_csv(["experiment_id", *RuleResult._fields], rows)
    cells = [["✓" if check.passed else "✗", Data(check.label), Data(check.detail)] for check in report.checks]
    failed = sum(not check.passed for check in report.checks)
    verdict = f"{failed} of {len(report.checks)} rules fail" if failed else f"all {len(report.checks)} rules hold"
    notes = [
        Data(f"{report.experiment_id}: {verdict} ({report.source})"),
        *(Data(show_revision(r)) for r in report.revisions),
    ]
    table = Table(_COLUMNS, cells, notes)
    return to_form(table, form, look)
