"""Fitting a page into a limit: whole rows are dropped first, details next, and nothing is ever cut through. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

COMMENT_LIMIT = 60_000  # bytes; GitHub refuses a comment of more than 65,536 characters
SUMMARY_LIMIT = 1_000_000  # bytes; GitHub drops a summary of more than 1 MiB


class Detail(NamedTuple):
    """How much a page shows: rows of the ranking, rows below the line, entries of each list, and the extras."""

    rows: int
    below: int
    entries: int
    columns: bool = True  # tags and commits
    chart: bool = True
    lists: bool = True  # audit, revisions, the policy's changes one by one
    ranking: bool = True


FULL = Detail(1000, 200, 50)
LADDER = (
    FULL,
    Detail(200, 50, 50),
    Detail(50, 20, 20),
    Detail(20, 10, 10),
    Detail(10, 5, 5),
    Detail(5, 0, 5),
    Detail(3, 0, 3, columns=False),
    Detail(1, 0, 3, columns=False, chart=False),
    Detail(0, 0, 2, columns=False, chart=False, lists=False),
    Detail(0, 0, 1, columns=False, chart=False, lists=False, ranking=False),
)
"""From all to the headline; each step drops whole rows or whole parts."""


def fit(render: Callable[[Detail], str], limit: int) -> tuple[str, int]:
    """Return the longest of the renderings that fits, and which step it is: 0 is all. The last is taken in any case."""
    for step, detail in enumerate(LADDER):
        text = render(detail)
        if len(text.encode("utf-8", "replace")) <= limit:
            return text, step
    return text, len(LADDER) - 1
