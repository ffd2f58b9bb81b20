"""The one comment of a pull request, as verbs on GitHub's API: find ours, write it if it should be, keep it single."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from expflow_hooks.action.github import models
from expflow_hooks.action.github.client import ApiError, GitHub, UnsureError
from expflow_hooks.action.github.viewer import Account
from expflow_hooks.action.page.marker import Marker, read_marker
from expflow_hooks.core.registry.experiment import parse_time

_RACE = timedelta(minutes=5)  # two runs that both saw no comment wrote theirs within this

CREATED, UPDATED, UNCHANGED, OUTDATED = "created", "updated", "unchanged", "outdated"


class OwnComment(NamedTuple):
    """A comment of ours with the same key."""

    id: int
    url: str
    body: str
    marker: Marker
    at: float = 0.0


class Draft(NamedTuple):
    """A comment to write: its marker, and its text at some length: a larger number asks for a shorter one."""

    marker: Marker
    text: Callable[[int], str]


Shorter = range(3)
"""How often a body that GitHub refuses for its length is tried again, shorter each time."""


class Thread(NamedTuple):
    """The comments of one pull request; `viewer` is asked only where a comment claims to be ours."""

    github: GitHub
    repository: str
    number: int
    viewer: Callable[[], Account]

    @property
    def path(self) -> str:
        """Return the path of the list."""
        return f"/repos/{self.repository}/issues/{self.number}/comments"

    def of(self, comment: OwnComment) -> str:
        """Return the path of one comment."""
        return f"/repos/{self.repository}/issues/comments/{comment.id}"


def ours_in(thread: Thread, key: str, **since: str) -> Iterator[OwnComment]:
    """Yield our comments with the key, page by page, oldest first: by marker and by author, since anybody can copy a
    marker."""
    for page in thread.github.pages(thread.path, list[models.Comment], **since):
        for comment in page:
            marker = read_marker(comment.body)
            if marker and marker.key == key and thread.viewer().is_author(comment.user):
                at = parse_time(comment.updated_at)
                url, body = comment.html_url or "", comment.body or ""
                yield OwnComment(comment.id, url, body, marker, at.timestamp() if at else 0.0)


def find_ours(thread: Thread, key: str, **since: str) -> list[OwnComment]:
    """Return our comments with the key over all pages, oldest first."""
    return sorted(ours_in(thread, key, **since), key=lambda comment: comment.id)


def put_comment(thread: Thread, ours: Sequence[OwnComment], draft: Draft, *, always: bool = False) -> tuple[str, str]:
    """Bring our one comment up to the draft; return what was done, and the comment's URL.

    The oldest stays, copies go. Nothing is written when it says so already, as we wrote it.
    """
    if not ours:
        return _create(thread, draft)
    oldest, *copies = ours
    done = UNCHANGED
    if always or not oldest.marker.intact or oldest.marker.content != draft.marker.content:
        _write(thread, "PATCH", thread.of(oldest), draft)
        done = UPDATED
    for copy in copies:
        _delete(thread, copy)
    return done, oldest.url


def _create(thread: Thread, draft: Draft) -> tuple[str, str]:
    """Create the comment, then look whether another run did so too; the older comment of the two stays."""
    try:
        made = _write(thread, "POST", thread.path, draft)
    except UnsureError:
        made = None  # it may be there: look before writing again
    ours = _again(thread, draft.marker.key, made)
    if not ours:
        made = _write(thread, "POST", thread.path, draft)
        return CREATED, made.html_url or ""
    if made is None or ours[0].id == made.id:
        for copy in ours[1:]:
            _delete(thread, copy)
        return CREATED, ours[0].url
    return put_comment(thread, ours, draft)


def _again(thread: Thread, key: str, made: models.Comment | None) -> list[OwnComment]:
    """Look again; after a comment was made, only at what is as young as it, by the server's clock."""
    made_at = parse_time(made.created_at) if made else None
    since = {"since": (made_at - _RACE).strftime("%Y-%m-%dT%H:%M:%SZ")} if made_at else {}
    return find_ours(thread, key, **since)


def _write(thread: Thread, method: str, path: str, draft: Draft) -> models.Comment:
    for shorter in Shorter:
        try:
            body = {"body": draft.marker.over(draft.text(shorter))}
            return thread.github.write(method, path, body, models.Comment)
        except ApiError as error:
            if error.status != 422 or shorter == Shorter[-1]:
                raise
    raise AssertionError("unreachable")


def _delete(thread: Thread, comment: OwnComment) -> None:
    try:
        thread.github.request("DELETE", thread.of(comment))
    except ApiError as error:
        if error.status != 404:  # another run was quicker
            raise
