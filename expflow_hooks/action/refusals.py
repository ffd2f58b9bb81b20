"""Why GitHub took no comment or status, and what to do: a 403 is not always a missing right."""

from __future__ import annotations

from expflow_hooks.action.github.client import ApiError

_PERMISSIONS = {"comment": "pull-requests: write", "status": "statuses: write"}
READ_ONLY, FAILED = "read-only", "failed"

_REASONS = (
    ("resource not accessible", READ_ONLY, "the token may not write (`permissions: {permission}`)"),
    ("must have", READ_ONLY, "the token may not write (`permissions: {permission}`)"),
    ("rate limit", FAILED, "the requests of this hour are used up; the next run posts it"),
    ("archived", FAILED, "the repository is archived"),
    ("locked", FAILED, "the conversation is locked"),
    ("2500 comments", FAILED, "GitHub takes no more than 2,500 comments; the job summary has it all"),
    ("maximum number of statuses", FAILED, "GitHub takes no more than 1,000 statuses of a commit; push another commit"),
)
"""Part of GitHub's words, the outcome, and ours."""


def why_refused(what: str, error: ApiError) -> tuple[str, str]:
    """Return the outcome in one word, and the reason."""
    words = error.reason.lower()
    for part, outcome, said in _REASONS:
        if part in words:
            return outcome, said.format(permission=_PERMISSIONS[what])
    return FAILED, str(error)
