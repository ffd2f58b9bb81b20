"""A ranking as a table in a ClearML report task, one a project and name, updated in place and read back."""

from __future__ import annotations

import re
from typing import Any

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.sources.clearml.client import Client
from expflow_hooks.sources.clearml.query import project_id


def publish_board(client: Client, project: str, name: str, markdown: str) -> tuple[str, bool]:
    """Put Markdown into the project's report of that name; return the report's id and whether it was made anew.

    Raises UnreadableError where the server has another text afterwards, such as that of a report that was published.
    """
    wanted = {"name": f"^{re.escape(name)}$", "only_fields": ["id", "name", "project.name", "report"]}
    reports = [one for one in _reports(client, wanted) if one.get("name") == name and _inside(one, project)]
    if reports:
        report_id, made = str(reports[0].get("id")), False
        client.call("reports.update", {"task": report_id, "report": markdown}, tries=1)
    else:
        body = {"name": name, "project": project_id(client, project), "report": markdown}
        report_id, made = str(client.call("reports.create", body, tries=1).get("id")), True
    there = _reports(client, {"id": [report_id], "only_fields": ["id", "report"]})
    if [one.get("report") for one in there if one.get("id") == report_id] != [markdown]:
        raise UnreadableError(f"{client.credentials.shown_host}: report {name!r} has not the table that was sent")
    return report_id, made


def _reports(client: Client, query: dict[str, Any]) -> list[dict[str, Any]]:
    found = client.call("reports.get_all_ex", query).get("tasks")
    if not isinstance(found, list):
        raise UnreadableError(f"{client.credentials.shown_host}: an answer without reports")
    return [one for one in found if isinstance(one, dict)]


def _inside(report: dict[str, Any], project: str) -> bool:
    """Return whether a report is of the project: the server keeps it in a hidden project below."""
    own = report.get("project")
    name = own.get("name") if isinstance(own, dict) else None
    return name in (project, f"{project}/.reports")
