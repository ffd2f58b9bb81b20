"""The commit status `expflow`: what a branch rule can require, also when the training ends after the event.

Its address carries what was judged. A status cannot be edited and names who set it, so the next run can rely on that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from expflow_hooks.action.github.client import GitHub
from expflow_hooks.action.github.models import Status
from expflow_hooks.action.github.viewer import Account
from expflow_hooks.core.registry.experiment import parse_time

CONTEXT = "expflow"
LONGEST = 140  # characters that GitHub takes
_MOST_PAGES = 3
_SEAL = re.compile(r"expflow=([0-9a-f]{0,16})-([0-9a-f]{0,8})-([0-9a-f.]{0,60})")


class Seal(NamedTuple):
    """What a status vouches for: the digest of what was judged, that of a head in which the scan found nothing, and
    the leaderboards that use the name."""

    judged: str = ""
    scanned: str = ""
    boards: tuple[str, ...] = ()

    def on(self, url: str) -> str:
        """Return an address with the seal; the page that it leads to stays the same."""
        parts = urlsplit(url)
        query = f"expflow={self.judged}-{self.scanned}-{'.'.join(self.boards)}"
        return urlunsplit(parts._replace(query=query)) if url else ""


class Posted(NamedTuple):
    """A status that was set, by us or (`ours` is false) by somebody else."""

    state: str
    description: str
    seal: Seal
    at: float
    ours: bool
    url: str = ""


def context(comment_key: str) -> str:
    """Return the status's name: `expflow`, with the key where there are several leaderboards."""
    return CONTEXT if comment_key == "default" else f"{CONTEXT}/{comment_key}"


def newest(github: GitHub, repository: str, commit: str, name: str, viewer: Callable[[], Account]) -> Posted | None:
    """Return the status of a name that counts on a commit, which is the newest; None where there is none."""
    path = f"/repos/{repository}/commits/{commit}/statuses"
    for number, page in enumerate(github.pages(path, list[Status]), start=1):
        found = next((status for status in page if status.context == name), None)
        if found is not None:
            at = parse_time(found.created_at)
            ours = viewer().is_author(found.creator)
            url = found.target_url or ""
            seal = _read_seal(url) if ours else Seal()
            return Posted(found.state, found.description or "", seal, at.timestamp() if at else 0.0, ours, url)
        if number == _MOST_PAGES:
            return None
    return None


def post_status(
    github: GitHub, repository: str, commit: str, *, state: str, name: str, description: str, url: str
) -> None:
    """Set the status of a commit; state is success, failure, pending or error."""
    body = {"state": state, "context": name, "description": fit(description)}
    if url:
        body["target_url"] = url
    github.request("POST", f"/repos/{repository}/statuses/{commit}", json=body, repeatable=True)


def fit(text: str) -> str:
    """Return a description as long as GitHub takes it."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _read_seal(url: str) -> Seal:
    found = _SEAL.fullmatch(urlsplit(url).query)
    return Seal(found[1], found[2], tuple(filter(None, found[3].split(".")))) if found else Seal()
