"""From an event to what is to be judged: one function a kind, each yields targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from expflow_hooks.action.evidence.change import Change, Repository
from expflow_hooks.action.evidence.checkout import Checkout
from expflow_hooks.action.evidence.gather import Desk, Question
from expflow_hooks.action.evidence.remote import Remote
from expflow_hooks.action.github import pulls
from expflow_hooks.action.github.client import GitHub
from expflow_hooks.action.request.event import Kind, Pull
from expflow_hooks.action.request.job import Job
from expflow_hooks.core.errors import UndecidedError, UnreadableError


class Target(NamedTuple):
    """One change to judge: where to read it, what to ask, and the pull request whose comment it is (0: none)."""

    desk: Desk
    question: Question
    number: int = 0
    title: str = ""


def targets(job: Job) -> Iterator[Target]:
    """Yield what the event is about; raise UndecidedError where that is gone already."""
    return _TARGETS[job.event.kind](job)


def _pull(job: Job) -> Iterator[Target]:
    pull = job.event.pull
    assert pull is not None
    question = _question(pull)
    under_test = job.event.run.commit
    if under_test and under_test != pull.head:
        question = replace(question, merges=(*question.merges, under_test))
    yield Target(_here(job), question, pull.number)


def _pull_by_api(job: Job) -> Iterator[Target]:
    github, event = _api(job), job.event
    pull = event.pull
    if pull is None and event.head_of is not None:
        pull = pulls.pull_of_head(github, job.repository, *event.head_of)
    if pull is None:
        raise UndecidedError("no open pull request has this commit as its head any more: a younger run judges it")
    yield Target(Desk(Remote(github, job.repository), job.scratch), _question(pull), pull.number)


def _all_open(job: Job) -> Iterator[Target]:
    github = _api(job)
    desk = Desk(Remote(github, job.repository), job.scratch, job.workspace, True, job.environment)
    for pull in pulls.open_pulls(github, job.repository):
        yield Target(desk, _question(pull), pull.number, f"#{pull.number}")


def _push(job: Job) -> Iterator[Target]:
    event = job.event
    if not event.head:  # a branch was deleted: there is nothing to judge
        return
    desk = _here(job)
    branch = event.branch if event.branch != event.default_branch else ""
    merged = _asked(lambda: pulls.pull_of_commit(_api(job), job.repository, event.head))
    question = Question(_base_of_push(job), event.head, branch, runs=merged and _runs_of(job, merged, event.head))
    yield Target(desk, question)


def _base_of_push(job: Job) -> str:
    """Return what was there before, or for a new or rewritten branch where the default branch is."""
    checkout, event = Checkout(job.workspace), job.event
    if event.base and checkout.has(event.base):
        return event.base
    return checkout.tip(f"origin/{event.default_branch}") if event.default_branch else ""


def _merge_group(job: Job) -> Iterator[Target]:
    event = job.event
    queued = _asked(lambda: pulls.get_pull(_api(job), job.repository, event.number)) if event.number else None
    runs = _runs_of(job, queued, event.head) if queued else None
    yield Target(_here(job), Question(event.base, event.head, number=event.number, runs=runs))


def _local(job: Job) -> Iterator[Target]:
    checkout = Checkout(job.workspace)
    head, branch = checkout.head()
    yield Target(
        _here(job), Question(checkout.default_base(), head, branch if branch not in ("main", "master") else "")
    )


_TARGETS: dict[Kind, Callable[[Job], Iterator[Target]]] = {
    Kind.PULL: _pull,
    Kind.PULL_BY_API: _pull_by_api,
    Kind.PUSH: _push,
    Kind.MERGE_GROUP: _merge_group,
    Kind.ALL_OPEN: _all_open,
    Kind.LOCAL: _local,
}


def _question(pull: Pull) -> Question:
    branch = pull.head_branch if pull.same_repository and pull.head_branch != pull.default_branch else ""
    merges = (pull.merged_as,) if pull.merged and pull.merged_as else ()
    maybe = "" if pull.merged else pull.merged_as
    return Question(pull.base, pull.head, branch, pull.number, merges, maybe)


def _here(job: Job) -> Desk:
    return Desk(Checkout(job.workspace), job.scratch, job.workspace, environment=job.environment)


def _api(job: Job) -> GitHub:
    if job.github is None:
        raise UnreadableError("this needs GitHub's API, which a dry run does not ask")
    return job.github


def _asked(ask: Callable[[], Pull | None]) -> Pull | None:
    """Return what the server says; its silence only means that the runs are sought in the pushed commits."""
    try:
        return ask()
    except UnreadableError:
        return None


def _runs_of(job: Job, pull: Pull, outcome: str) -> tuple[Change, Repository] | None:
    """Return the commits of a pull request whose outcome, such as a squash, is judged: its runs are made of them."""
    remote = Remote(_api(job), job.repository)
    try:
        change = remote.change(pull.base, pull.head)
    except UnreadableError:
        return None
    return change._replace(merges=(outcome,), branch=_question(pull).branch, number=pull.number), remote
