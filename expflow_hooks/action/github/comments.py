"""The one comment of a pull request, as verbs on GitHub's API: find ours, write it if it should be, keep it single."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from expflow_hooks.action.github import models
from expflow_hooks.action.github.client import ApiError, GitHub, UnsureError
from expflow_hooks.action.page.marker import Marker, read_marker
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.registry.experiment import parse_time

_ACTIONS_BOT = "github-actions[bot]"
_RACE = timedelta(minutes=5)  # two runs that both saw no comment wrote theirs within this

CREATED, UPDATED, UNCHANGED, OUTDATED = "created", "updated", "unchanged", "outdated"


class Viewer(NamedTuple):
    """Whose token this is."""

    login: str
    id: int = 0

    def wrote(self, comment: models.Comment) -> bool:
        """Say whether a comment is ours; one whose author was deleted is nobody's."""
        user = comment.user or models.User()
        if self.id and user.id:
            return user.id == self.id
        return user.login == self.login or (user.type == "Bot" and user.login == f"{self.login}[bot]")


class Comment(NamedTuple):
    """A comment of ours with the same key."""

    id: int
    url: str
    body: str
    marker: Marker


class Draft(NamedTuple):
    """A comment to write: its marker, and its body at some length: a larger number asks for a shorter one."""

    marker: Marker
    body: Callable[[int], str]


Shorter = range(3)
"""How often a body that GitHub refuses for its length is tried again, shorter each time."""


@lru_cache(maxsize=1)  # of one run, however many pull requests it judges
def read_viewer(github: GitHub) -> Viewer:
    """Return whose token this is; a token that may not ask is the Actions' own."""
    try:
        viewer = github.graphql("query{viewer{login databaseId}}").viewer
        return Viewer(viewer.login, viewer.databaseId or 0)
    except ApiError as error:
        if error.status == 401:
            raise
    except UnreadableError:
        pass
    return Viewer(_ACTIONS_BOT)  # no person can have this name: brackets are not allowed in one


def find_ours(github: GitHub, repository: str, number: int, viewer: Viewer, key: str, **since: str) -> list[Comment]:
    """Return our comments with the key over all pages, oldest first: by marker and by author, since anybody can copy
    a marker."""
    found = []
    path = f"/repos/{repository}/issues/{number}/comments"
    for page in github.pages(path, list[models.Comment], **since):
        for comment in page:
            marker = read_marker(comment.body)
            if marker and marker.key == key and viewer.wrote(comment):
                found.append(Comment(comment.id, comment.html_url or "", comment.body or "", marker))
    return sorted(found, key=lambda comment: comment.id)


class Desk(NamedTuple):
    """Where the comment stands: the server, the repository, the pull request and whose token this is."""

    github: GitHub
    repository: str
    number: int
    viewer: Viewer


def put_comment(desk: Desk, ours: Sequence[Comment], draft: Draft, *, always: bool = False) -> tuple[str, str]:
    """Make our one comment say what the draft says; return what was done, and the comment's address.

    The oldest stays, copies go. Nothing is written when it says so already, nor over a younger run's comment.
    """
    if not ours:
        return _create(desk, draft)
    oldest, *copies = ours
    youngest = max(comment.marker.age for comment in ours)
    done = UNCHANGED
    if youngest > draft.marker.age:
        done = OUTDATED
    elif always or oldest.marker.content != draft.marker.content:
        _write(desk, "PATCH", f"/repos/{desk.repository}/issues/comments/{oldest.id}", draft)
        done = UPDATED
    if done != OUTDATED or oldest.marker.age == youngest:
        for copy in copies:
            _delete(desk, copy)
    return done, oldest.url


def _create(desk: Desk, draft: Draft) -> tuple[str, str]:
    """Create the comment, then look whether another run did so too; the older comment of the two stays."""
    path = f"/repos/{desk.repository}/issues/{desk.number}/comments"
    try:
        made = _write(desk, "POST", path, draft)
    except UnsureError:
        made = None  # it may be there: look before writing again
    ours = _again(desk, draft.marker.key, made)
    if not ours:
        made = _write(desk, "POST", path, draft)
        return CREATED, made.html_url or ""
    if made is None or ours[0].id == made.id:
        for copy in ours[1:]:
            _delete(desk, copy)
        return CREATED, ours[0].url
    return put_comment(desk, ours, draft)


def _again(desk: Desk, key: str, made: models.Comment | None) -> list[Comment]:
    """Look again; after a comment was made, only at what is as young as it, by the server's clock."""
    made_at = parse_time(made.created_at) if made else None
    since = {"since": (made_at - _RACE).strftime("%Y-%m-%dT%H:%M:%SZ")} if made_at else {}
    return find_ours(desk.github, desk.repository, desk.number, desk.viewer, key, **since)


def _write(desk: Desk, method: str, path: str, draft: Draft) -> models.Comment:
    for shorter in Shorter:
        try:
            return desk.github.write(method, path, {"body": draft.body(shorter)}, models.Comment)
        except ApiError as error:
            if error.status != 422 or shorter == Shorter[-1]:
                raise
    raise AssertionError("unreachable")


def _delete(desk: Desk, comment: Comment) -> None:
    try:
        desk.github.request("DELETE", f"/repos/{desk.repository}/issues/comments/{comment.id}")
    except ApiError as error:
        if error.status != 404:  # another run was quicker
            raise
