"""Showing a judgement where people look, as comment and commit status. Best effort: neither changes the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from expflow_hooks.action.evidence.fingerprint import digest
from expflow_hooks.action.evidence.heads import missed, read_attested
from expflow_hooks.action.github import comments, statuses
from expflow_hooks.action.github.client import ApiError
from expflow_hooks.action.github.statuses import Posted, Seal
from expflow_hooks.action.page.integrity import missing_lines
from expflow_hooks.action.page.marker import read_state
from expflow_hooks.action.page.page import Page, marker_of, render_comment
from expflow_hooks.action.page.sizing import COMMENT_LIMIT, fit
from expflow_hooks.action.page.words import description, plain, status_state
from expflow_hooks.action.refusals import why_refused
from expflow_hooks.action.request.job import Job
from expflow_hooks.action.request.subjects import JudgedChange, Subject
from expflow_hooks.action.verdict import NO_CANDIDATE, Judgement, worst_of
from expflow_hooks.core.errors import UnreadableError


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


def read_status(job: Job, subject: Subject) -> Posted | None:
    """Return the status that counts on a head, or None where there is none, none is wanted, or none can be read."""
    if job.github is None or job.inputs.status == "never" or not subject.posts:
        return None
    name = statuses.context(job.inputs.comment_key)
    try:
        return statuses.newest(job.github, job.repository, subject.head, name, lambda: job.viewer)
    except UnreadableError:
        return None


def is_younger(posted: Posted | None, started: float, seal: Seal) -> bool:
    """Return whether another run has judged the head since we began, and something else than we did."""
    return posted is not None and posted.ours and posted.at > started and posted.seal.judged != seal.judged


def seal_of(job: Job, subject: Subject, judged: Sequence[Judgement], posted: Posted | None) -> Seal:
    """Return what the status vouches for: all that was judged, and whether the scan found nothing."""
    told = [one.evidence.judged for one in judged]
    clean = all(one.evidence.scanned_clean for one in judged)
    boards = {*(posted.seal.boards if posted else ()), job.inputs.board}
    return Seal(digest(told) if all(told) else "", scan_digest(subject) if clean else "", tuple(sorted(boards)))


def scan_digest(subject: Subject) -> str:
    """Return the digest of what a scan is for: the head, and the branches that it goes to."""
    return digest([subject.head, *sorted(target.question.base_branch for target in subject.targets)])[:8]


def publish(job: Job, subject: Subject, judged: Sequence[Judgement], posted: Posted | None) -> list[Published]:
    """Write the comments of our own pull requests, and the status of their head; what cannot be is a warning."""
    if job.github is None:
        return [Published()]
    done = []
    for target, judgement in zip(subject.targets, judged, strict=True):
        if target.own:
            done.append(_tried("comment", partial(_comment, job, subject, target, judgement), Published()))
    if job.inputs.status != "never" and subject.posts:
        seal = seal_of(job, subject, judged, posted)
        done = done or [Published()]
        done[0] = _tried("status", lambda: _status(job, subject, judged, posted, seal, done[0]), done[0])
    return done


def _tried(what: str, step: Callable[[], Published], before: Published) -> Published:
    """Return what a step published. Whatever goes wrong there, even a fault of ours, must not reach the verdict."""
    try:
        return step()
    except ApiError as error:
        status, why = why_refused(what, error)
    except Exception as error:
        said = str(error) if isinstance(error, UnreadableError) else type(error).__name__
        status, why = "failed", said
    kept = before.status if before.status != "skipped" else status
    return before._replace(status=kept, warnings=(*before.warnings, f"the {what} was not posted: {why}"))


def _comment(job: Job, subject: Subject, target: JudgedChange, judgement: Judgement) -> Published:
    if target.pull is None or job.inputs.comment == "never":
        return Published()
    thread = comments.Thread(job.api, job.repository, target.pull.number, lambda: job.viewer)
    ours = comments.find_ours(thread, job.inputs.comment_key)
    if not ours and job.inputs.comment == "on-change" and _has_nothing_to_say(judgement):
        return Published()
    page = make_page(job, judgement, ours[0].body if ours else "")
    marker = marker_of(page)
    always = job.inputs.comment == "always"
    if len(ours) == 1 and not always and ours[0].marker == marker:
        return Published(comments.UNCHANGED, ours[0].url, _fitted(page, 0)[1], _warnings(page))
    if not subject.is_current(target):
        return Published(comments.OUTDATED, ours[0].url if ours else "")
    truncated = [False]

    def text(shorter: int) -> str:
        rendered, truncated[0] = _fitted(page, shorter)
        return rendered

    status, url = comments.put_comment(thread, ours, comments.Draft(marker, text), always=always)
    return Published(status, url, truncated[0], _warnings(page))


def make_page(job: Job, judgement: Judgement, body: str) -> Page:
    """Return the page, and what is missing from the registry of what the comment vouched for."""
    state = read_state(body)
    return Page(judgement, job.event.run, state, missed(judgement.evidence.chain, read_attested(state)))


def _warnings(page: Page) -> tuple[str, ...]:
    if page.missing is None:
        return ()
    return (f"warning: the registry is not what the comment vouched for: {plain(missing_lines(page.missing))}",)


def _fitted(page: Page, shorter: int) -> tuple[str, bool]:
    text, step = fit(lambda detail: render_comment(page, detail), COMMENT_LIMIT >> (2 * shorter))
    return text, step > 0


def _has_nothing_to_say(judgement: Judgement) -> bool:
    rules = judgement.evidence.rules
    return judgement.verdict == NO_CANDIDATE and judgement.passed and not (rules and rules.changes)


def _status(
    job: Job, subject: Subject, judged: Sequence[Judgement], posted: Posted | None, seal: Seal, shown: Published
) -> Published:
    """Set the status, unless it already shows and attests the same."""
    worst = worst_of(judged)
    number = next((t.pull.number for t, j in zip(subject.targets, judged, strict=True) if j is worst and t.pull), 0)
    several = f"#{number}: " if len(judged) > 1 and number else ""
    told = statuses.fit(several + description(worst))
    said = posted is not None and posted.ours and (posted.state, posted.description) == (status_state(worst), told)
    if said and posted is not None and (posted.seal == seal or not seal.judged):
        return shown
    statuses.post_status(
        job.api,
        job.repository,
        subject.head,
        state=status_state(worst),
        name=statuses.context(job.inputs.comment_key),
        description=told,
        url=seal.on(shown.url or job.event.run.url),
    )
    return shown
