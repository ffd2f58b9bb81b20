"""From an event to what is to be judged: one function a kind. A subject is a head and all that its status speaks for.

A status belongs to a commit, not to a pull request: where several open ones have one head, each is judged by its base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from expflow_hooks.action.evidence.proposal import CommitReader
from expflow_hooks.action.evidence.question import Place, Question
from expflow_hooks.action.github import pulls
from expflow_hooks.action.github.client import ApiError
from expflow_hooks.action.request.event import EventKind, Pull
from expflow_hooks.action.request.job import Job
from expflow_hooks.core.errors import ExpflowError, UndecidedError, UnreadableError

PER_HEAD = 250
"""The most requests for judging one of many heads: a fork's thousand files must not take the hour from all others."""


class JudgedChange(NamedTuple):
    """One change to judge: where to read it and what to ask, or why that is unknown.

    `pull` is the pull request as it is now; its comment is written where it is our `own`.
    """

    place: Place | None
    question: Question
    pull: Pull | None = None
    own: bool = True
    error: ExpflowError | None = None

    @property
    def title(self) -> str:
        """Return how the log names it."""
        return f"#{self.pull.number}" if self.pull else ""


class Subject(NamedTuple):
    """A head and the changes judged for it, our own first; `posts`: whether we may set its status."""

    head: str
    targets: Sequence[JudgedChange]
    posts: bool = True
    most: int = 0
    """The most requests for judging it; 0: as many as it takes."""
    is_current: Callable[[JudgedChange], bool] = lambda target: True
    """Says whether a pull request is still what was judged."""


def subjects(job: Job) -> Iterator[Subject]:
    """Yield what the event is about; raise UndecidedError where that is gone already."""
    return _SUBJECTS[job.event.kind](job)


def again(job: Job, subject: Subject) -> Subject:
    """Return the same subject as it is now."""
    job.remote.tip.cache_clear()
    return next((found for found in subjects(job) if found.head == subject.head), subject)


def _pull(job: Job) -> Iterator[Subject]:
    told = job.event.pull
    assert told is not None
    if job.github is None:  # a dry run: the payload and the clone are all there is
        base = job.checkout.tip(f"origin/{told.base_branch}") or told.base
        yield Subject(told.head, [JudgedChange(_here(job), replace(_question(told), base=base), told)])
        return
    yield _of_head(job, told, _under_test(job, told))


def _under_test(job: Job, pull: Pull) -> str:
    """Return the merge commit that the run has checked out, if it is one of the head."""
    commit = job.event.run.commit
    return commit if commit != pull.head and pull.head in job.checkout.parents(commit) else ""


def _pull_by_api(job: Job) -> Iterator[Subject]:
    told = job.event.pull
    if told is not None:
        yield _of_head(job, told, "")
        return
    listed = pulls.open_pulls(job.api, job.repository)
    found = [pull for pull in listed if pull.head == job.event.head]
    if not found:
        raise UndecidedError("no open pull request has this commit as its head: a newer run judges it")
    yield Subject(job.event.head, [_by_api(job, pull) for pull in found], is_current=partial(_is_open, job))


def _of_head(job: Job, told: Pull, under_test: str) -> Subject:
    """Return the subject of a pull request's event: as it is now, with all others that have its head."""
    listed = pulls.open_pulls(job.api, job.repository)
    now = next((pull for pull in listed if pull.number == told.number and pull.head == told.head), None)
    pull = now or told
    if now is None:  # closed, or moved on: nothing is published of it
        place = _here(job) if job.event.kind is EventKind.PULL else Place(job.remote, job.remote, tracker=job.tracker)
        own = JudgedChange(place, _question(told), told)
    elif job.event.kind is EventKind.PULL:
        own = _here_or_there(job, pull)
    else:
        own = _by_api(job, pull)
    if under_test:
        own = own._replace(question=replace(own.question, merges=(*own.question.merges, under_test)))
    others = [other for other in listed if other.head == pull.head and other.number != pull.number]
    targets = [own, *(_by_api(job, other)._replace(own=False) for other in others)]
    posts = now is not None or bool(others)
    return Subject(pull.head, targets, posts, is_current=partial(_is_open, job))


def _all_open(job: Job) -> Iterator[Subject]:
    by_head: dict[str, list[Pull]] = {}
    for pull in pulls.open_pulls(job.api, job.repository):
        by_head.setdefault(pull.head, []).append(pull)
    for head, found in by_head.items():
        targets = [_by_api(job, pull, job.workspace) for pull in found]
        yield Subject(head, targets, most=PER_HEAD, is_current=partial(_is_there, job))


def _push(job: Job) -> Iterator[Subject]:
    event = job.event
    if not event.head:  # a branch was deleted: there is nothing to judge
        return
    if event.branch and event.branch != event.default_branch:
        yield _branch(job)
        return
    base = event.base if event.base and job.checkout.has(event.base) else ""
    question = Question(base, event.head, base_branch=event.branch)
    yield Subject(event.head, [_outcome(job, question, lambda: _merged(job))])


def _branch(job: Job) -> Subject:
    """Return a pushed branch, judged as a pull request to the default branch; where there is one, that speaks."""
    event = job.event
    posts = True
    if job.github is None:
        base = job.checkout.tip(f"origin/{event.default_branch}")
    else:
        posts = all(pull.head != event.head for pull in pulls.open_pulls(job.api, job.repository))
        base = job.remote.tip(event.default_branch)
    question = Question(base, event.head, branch=event.branch, base_branch=event.default_branch)
    return Subject(event.head, [JudgedChange(_here(job), _since(job, question))], posts)


def _merged(job: Job) -> Pull | None:
    return pulls.pull_of_commit(job.api, job.repository, job.event.head) if job.github else None


def _merge_group(job: Job) -> Iterator[Subject]:
    event = job.event
    question = Question(event.base, event.head, number=event.number, base_branch=event.branch)
    yield Subject(event.head, [_outcome(job, question, lambda: _queued(job))])


def _queued(job: Job) -> Pull | None:
    number = job.event.number
    return pulls.get_pull(job.api, job.repository, number) if number and job.github else None


def _outcome(job: Job, question: Question, ask: Callable[[], Pull | None]) -> JudgedChange:
    """Return the outcome of a pull request, such as a squash: the runs are made of the pull request's commits.

    What GitHub does not say of it is an error: without the commits, none of its runs would be found.
    """
    try:
        pull = ask()
        if pull is None:
            return JudgedChange(_here(job), question)
        change = job.remote.proposal(pull.base, pull.head)
    except UnreadableError as error:
        return JudgedChange(None, question, error=error)
    change = change._replace(merges=(question.head,), branch=_question(pull).branch, number=pull.number)
    return JudgedChange(_here(job), replace(question, runs=(change, job.remote)))


def _local(job: Job) -> Iterator[Subject]:
    head, branch = job.checkout.head()
    question = Question(job.checkout.default_base(), head, branch=branch if branch not in ("main", "master") else "")
    yield Subject(head, [JudgedChange(_here(job), question)])


_SUBJECTS: dict[EventKind, Callable[[Job], Iterator[Subject]]] = {
    EventKind.PULL: _pull,
    EventKind.PULL_BY_API: _pull_by_api,
    EventKind.PUSH: _push,
    EventKind.MERGE_GROUP: _merge_group,
    EventKind.ALL_OPEN: _all_open,
    EventKind.LOCAL: _local,
}


def _question(pull: Pull) -> Question:
    return Question(
        pull.base,
        pull.head,
        branch=pull.head_branch if pull.same_repository and pull.head_branch != pull.default_branch else "",
        number=pull.number,
        base_branch=pull.base_branch,
        merges=(pull.merged_as,) if pull.merged and pull.merged_as else (),
        maybe="" if pull.merged else pull.merged_as,
    )


def _here(job: Job, base: CommitReader | None = None) -> Place:
    return Place(job.checkout, base or job.checkout, job.workspace, job.tracker)


def _at_tip(job: Job, pull: Pull) -> Question:
    """Return the question by the tip of the base branch as it is now: `base.sha` is where the last push found it."""
    return replace(_question(pull), base=job.remote.tip(pull.base_branch))


def _here_or_there(job: Job, pull: Pull) -> JudgedChange:
    """Return a pull request read from the checkout, and by API what of the base the clone has not yet."""
    try:
        question = _since(job, _at_tip(job, pull))
    except UnreadableError as error:
        return JudgedChange(None, _question(pull), pull, error=error)
    return JudgedChange(_here(job, job.remote if question.since else None), question, pull)


def _since(job: Job, question: Question) -> Question:
    """Return the question with the newest commit of the base branch that the clone has, if it lacks the tip."""
    if not question.base or job.checkout.has(question.base):
        return question
    return replace(question, since=job.checkout.tip(f"origin/{question.base_branch}"))


def _by_api(job: Job, pull: Pull, workspace: str = "") -> JudgedChange:
    try:
        question = _at_tip(job, pull)
    except UnreadableError as error:
        return JudgedChange(None, _question(pull), pull, error=error)
    return JudgedChange(Place(job.remote, job.remote, workspace, job.tracker), question, pull)


def _is_open(job: Job, target: JudgedChange) -> bool:
    """Return whether a pull request is still open, with the head and the base branch that were judged."""
    assert target.pull is not None
    now = (pull for pull in pulls.open_pulls(job.api, job.repository) if pull.number == target.pull.number)
    return any(_same(pull, target.pull) for pull in now)


def _is_there(job: Job, target: JudgedChange) -> bool:
    """Say the same, of one that was listed a while ago: asked for alone."""
    assert target.pull is not None
    try:
        return _same(pulls.get_pull(job.api, job.repository, target.pull.number), target.pull)
    except ApiError as error:
        if error.status == 404:
            return False
        raise


def _same(now: Pull, then: Pull) -> bool:
    return (now.head, now.base_branch, now.is_open) == (then.head, then.base_branch, True)
