"""Showing a judgement where people look, as comment and commit status. Best effort: neither changes the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from expflow_hooks.action.github import comments, pulls, statuses
from expflow_hooks.action.github.client import ApiError, GitHub
from expflow_hooks.action.page.heads import missed, read_vouched
from expflow_hooks.action.page.integrity import gone
from expflow_hooks.action.page.marker import read_state
from expflow_hooks.action.page.page import Page, marker_of, render_comment
from expflow_hooks.action.page.sizing import COMMENT_LIMIT, fit
from expflow_hooks.action.page.words import description, plain, status_state
from expflow_hooks.action.request.job import Job
from expflow_hooks.action.verdict import NO_CANDIDATE, Judgement
from expflow_hooks.core.errors import UnreadableError

_PERMISSIONS = {"comment": "pull-requests: write", "status": "statuses: write"}


class Published(NamedTuple):
    """What became of the comment: its status in one word, its address, whether it was shortened, and warnings."""

    status: str = "skipped"
    url: str = ""
    truncated: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def outputs(self) -> Mapping[str, str]:
        """Return the outputs."""
        return {
            "comment-url": self.url,
            "comment-status": self.status,
            "truncated": "true" if self.truncated else "false",
        }


def publish(job: Job, judgement: Judgement, number: int, head: str) -> Published:
    """Write the comment of a pull request and the status of its head; what cannot be posted is a warning."""
    github = job.github
    if github is None:
        return Published()
    published = Published()
    if number and job.inputs.comment != "never":
        published, warning = _tried("comment", lambda: _comment(job, github, judgement, number, head), published)
        published = published._replace(warnings=published.warnings + warning)
    # A younger run has spoken for this head, or the head is none any more.
    if job.inputs.status != "never" and published.status != comments.OUTDATED:
        _, warning = _tried("status", lambda: _status(job, github, judgement, head, published), published)
        published = published._replace(warnings=published.warnings + warning)
    return published


def _tried(what: str, step: Callable[[], Published], before: Published) -> tuple[Published, tuple[str, ...]]:
    """Return what a step published. Whatever goes wrong there, even a fault of ours, must not reach the verdict."""
    try:
        return step(), ()
    except ApiError as error:
        if error.status == 403:
            why = f"the {what} was not posted: the token may not write (`permissions: {_PERMISSIONS[what]}`)"
            return before._replace(status="read-only"), (why,)
        return before._replace(status="failed"), (f"the {what} was not posted: {error}",)
    except Exception as error:
        said = str(error) if isinstance(error, UnreadableError) else type(error).__name__
        return before._replace(status="failed"), (f"the {what} was not posted: {said}",)


def _comment(job: Job, github: GitHub, judgement: Judgement, number: int, head: str) -> Published:
    viewer = comments.read_viewer(github)
    ours = comments.find_ours(github, job.repository, number, viewer, job.inputs.comment_key)
    if not ours and job.inputs.comment == "on-change" and _has_nothing_to_say(judgement):
        return Published()
    page = _page(job, judgement, ours[0].body if ours else "")
    marker = marker_of(page)
    always = job.inputs.comment == "always"
    if ours and not always and ours[0].marker.content == marker.content and len(ours) == 1:
        return Published(comments.UNCHANGED, ours[0].url, _fitted(page, marker, 0)[1], _alarms(page))
    if pulls.get_pull(github, job.repository, number).head != head:
        return Published(comments.OUTDATED, ours[0].url if ours else "")
    desk = comments.Desk(github, job.repository, number, viewer)
    truncated = [False]

    def body(shorter: int) -> str:
        text, truncated[0] = _fitted(page, marker, shorter)
        return text

    status, url = comments.put_comment(desk, ours, comments.Draft(marker, body), always=always)
    return Published(status, url, truncated[0], _alarms(page))


def _page(job: Job, judgement: Judgement, body: str) -> Page:
    """Return the page, and what is missing from the registry of what the comment vouched for."""
    state = read_state(body)
    return Page(judgement, job.event.run, state, missed(judgement.evidence.chain, read_vouched(state)))


def _alarms(page: Page) -> tuple[str, ...]:
    if page.missing is None:
        return ()
    return (f"warning: the registry is not what the comment vouched for: {plain(gone(page.missing))}",)


def _fitted(page: Page, marker: Any, shorter: int) -> tuple[str, bool]:
    text, step = fit(lambda detail: render_comment(page, marker, detail), COMMENT_LIMIT >> (2 * shorter))
    return text, step > 0


def _has_nothing_to_say(judgement: Judgement) -> bool:
    rules = judgement.evidence.rules
    return judgement.verdict == NO_CANDIDATE and judgement.passed and not (rules and rules.changes)


def _status(job: Job, github: GitHub, judgement: Judgement, head: str, published: Published) -> Published:
    statuses.post_status(
        github,
        job.repository,
        head,
        state=status_state(judgement),
        name=statuses.context(job.inputs.comment_key),
        description=description(judgement),
        url=published.url or job.event.run.url,
    )
    return published
