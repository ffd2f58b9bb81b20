"""The job summary: the whole page of every judgement, as long as GitHub takes it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from expflow_hooks.action.outputs import append
from expflow_hooks.action.page.page import Page, render_page
from expflow_hooks.action.page.sizing import SUMMARY_LIMIT, fit


def add(environment: Mapping[str, str], page: Page, title: str = "") -> None:
    """Append a judgement to the job summary, shortened to the remaining limit; `title` names it among several."""
    path = environment.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    head = f"# {title}\n\n" if title else ""
    used = os.path.getsize(path) if os.path.exists(path) else 0
    text, _ = fit(lambda detail: f"{head}{render_page(page, detail)}\n\n", SUMMARY_LIMIT - used)
    if used + len(text.encode("utf-8", "replace")) <= SUMMARY_LIMIT:
        append(path, text)
