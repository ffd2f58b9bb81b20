"""The commit status `expflow`: what a branch rule can require, also when the training ends after the event."""

from __future__ import annotations

from expflow_hooks.action.github.client import GitHub

CONTEXT = "expflow"
LONGEST = 140  # characters that GitHub takes


def context(comment_key: str) -> str:
    """Return the status's name: `expflow`, with the key where there are several leaderboards."""
    return CONTEXT if comment_key == "default" else f"{CONTEXT}/{comment_key}"


def post_status(
    github: GitHub, repository: str, commit: str, *, state: str, name: str, description: str, url: str
) -> None:
    """Set the status of a commit; state is success, failure, pending or error."""
    body = {"state": state, "context": name, "description": _fit(description)}
    if url:
        body["target_url"] = url
    github.request("POST", f"/repos/{repository}/statuses/{commit}", json=body, repeatable=True)


def _fit(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
