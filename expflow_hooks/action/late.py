"""Late results: every open pull request again, but those with nothing new, within the requests that an hour has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from expflow_hooks.action import outputs, publish
from expflow_hooks.action.evidence.files import Files
from expflow_hooks.action.evidence.fingerprint import digest, fingerprint
from expflow_hooks.action.github import comments
from expflow_hooks.action.github.statuses import Posted
from expflow_hooks.action.page.marker import read_state
from expflow_hooks.action.request.job import Job
from expflow_hooks.action.request.subjects import PER_HEAD, JudgedChange, Subject
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.wording import counted

RESERVE = 50
"""Requests of the hour that are left to the events of pull requests."""


def due(job: Job, found: Iterable[Subject]) -> Iterator[Subject]:
    """Yield the heads that are to be judged again, while the hour has requests for one; count the others."""
    unchanged = waiting = 0
    for subject in found:
        if not _has_left(job, RESERVE):
            waiting += 1
            continue
        posted = publish.read_status(job, subject)
        if _is_unchanged(job, subject, posted):
            unchanged += 1
        elif not _has_left(job, RESERVE + PER_HEAD):
            waiting += 1
        else:
            clean = posted is not None and posted.ours and posted.seal.scanned == publish.scan_digest(subject)
            yield _without_scan(subject) if clean else subject
    if unchanged:
        outputs.say([f"expflow: {counted(unchanged, 'head')} with nothing new"])
    if waiting:
        outputs.say(
            [f"expflow: {counted(waiting, 'head')} left to the next run: the hour has {job.api.left} requests left"]
        )


def _has_left(job: Job, requests: int) -> bool:
    """Return whether more requests than these are left in this hour, by the server's last answer."""
    return job.api.left is None or job.api.left > requests


def _without_scan(subject: Subject) -> Subject:
    """Return a subject that is not scanned again: its head is the same, and what the base took over is not its own."""
    targets = [target._replace(question=replace(target.question, scan=False)) for target in subject.targets]
    return subject._replace(targets=targets)


def _is_unchanged(job: Job, subject: Subject, posted: Posted | None) -> bool:
    """Return whether status and comments already show the current verdict."""
    if any(target.place is None for target in subject.targets):
        return False
    try:
        told = [_fingerprint(job, target) for target in subject.targets]
        if job.inputs.status != "never" and not (
            posted is not None
            and posted.ours
            and posted.seal.judged == digest(told)
            and posted.seal.boards == (job.inputs.board,)
        ):
            return False
        return job.inputs.comment == "never" or all(
            _has_comment(job, target, one, posted) for target, one in zip(subject.targets, told, strict=True)
        )
    except UnreadableError:
        return False


def _fingerprint(job: Job, target: JudgedChange) -> str:
    assert target.place is not None
    base = Files(target.place.base, target.question.base)
    return fingerprint(job.inputs, target.question, base, target.place.workspace, job.tracker)


def _has_comment(job: Job, target: JudgedChange, told: str, posted: Posted | None) -> bool:
    """Return whether the comment was written for the same, and is as it was written; or none, where none was due."""
    assert target.pull is not None
    thread = comments.Thread(job.api, job.repository, target.pull.number, lambda: job.viewer)
    ours = next(comments.ours_in(thread, job.inputs.comment_key), None)
    if ours is None:
        return posted is not None and "#issuecomment-" not in posted.url
    return ours.marker.intact and read_state(ours.body).get("judged") == told
