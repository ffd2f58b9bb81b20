"""What happened: a webhook's payload and the runner's variables, read once into one struct. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from expflow_hooks.action.github.models import PullRequest
from expflow_hooks.core.errors import UnreadableError, UsageError


class EventKind(Enum):
    """What there is to judge, and where it may be read from."""

    PULL = "the pull request, from the checkout"
    PULL_BY_API = "the pull request, by API as data only: the run has rights that the head must not get"
    PUSH = "what was pushed, from the checkout"
    MERGE_GROUP = "what the merge queue built, from the checkout"
    ALL_OPEN = "every open pull request, by API"
    LOCAL = "the branch that is checked out, with no event and no API"


KINDS = {
    "pull_request": EventKind.PULL,
    "pull_request_target": EventKind.PULL_BY_API,
    "workflow_run": EventKind.PULL_BY_API,
    "push": EventKind.PUSH,
    "merge_group": EventKind.MERGE_GROUP,
    "schedule": EventKind.ALL_OPEN,
    "workflow_dispatch": EventKind.ALL_OPEN,
    "repository_dispatch": EventKind.ALL_OPEN,
}
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NOTHING = re.compile(r"0{40}|0{64}")
_QUEUED = re.compile(r".*/pr-(\d{1,9})-[0-9a-f]{40}")


class WorkflowRun(NamedTuple):
    """The run of the workflow: where it is, and its place among the others."""

    repository: str = ""
    server: str = "https://github.com"
    id: int = 0
    attempt: int = 1
    commit: str = ""  # GITHUB_SHA: for a pull request the merge commit under test

    @property
    def url(self) -> str:
        """Return the page of the run, or nothing for a run that has none."""
        return f"{self.server}/{self.repository}/actions/runs/{self.id}" if self.id and self.repository else ""


class Pull(NamedTuple):
    """A pull request as far as judging it needs: where it comes from and where it goes."""

    number: int
    base: str
    head: str
    base_branch: str
    head_branch: str
    same_repository: bool
    default_branch: str
    merged_as: str = ""  # merge_commit_sha: for an open one GitHub's test merge, later what was merged
    merged: bool = False
    is_open: bool = True


class Event(NamedTuple):
    """One event: a range, or `pull` where the payload holds it, else `head_of` (owner, branch, commit) to find it."""

    kind: EventKind
    name: str
    run: WorkflowRun
    pull: Pull | None = None
    number: int = 0
    head_of: tuple[str, str, str] | None = None
    base: str = ""
    head: str = ""
    branch: str = ""
    default_branch: str = ""


def read_run(environment: Mapping[str, str]) -> WorkflowRun:
    """Return the run from the runner's variables."""
    return WorkflowRun(
        environment.get("GITHUB_REPOSITORY", ""),
        environment.get("GITHUB_SERVER_URL", "").rstrip("/") or WorkflowRun._field_defaults["server"],
        _number(environment.get("GITHUB_RUN_ID")),
        _number(environment.get("GITHUB_RUN_ATTEMPT")) or 1,
        environment.get("GITHUB_SHA", ""),
    )


def read_event(name: str, payload: Mapping[str, Any], run: WorkflowRun) -> Event:
    """Return the event; raise UsageError for one that the Action is not for, UnreadableError for a broken payload."""
    if name not in KINDS:
        raise UsageError(f"event {name[:60]!r} is not one of {', '.join(KINDS)}: use the Action on one of these")
    try:
        event = Event(KINDS[name], name, run, default_branch=_default_branch(payload))
        return _READERS.get(name, _nothing_more)(event, payload)
    except msgspec.ValidationError as error:
        raise UnreadableError(f"the payload of the event {name} cannot be used: {error}") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnreadableError(f"the payload of the event {name} has no usable {error}") from None


def to_pull(found: PullRequest, default_branch: str = "") -> Pull:
    """Return a pull request from GitHub's description of it, whether by webhook or by API."""
    base, head = found.base, found.head
    return Pull(
        found.number,
        base.sha,
        head.sha,
        base.ref,
        head.ref,
        # A head whose fork was deleted is nobody's branch any more.
        head.repo is not None and head.repo.id == base.repo.id,
        default_branch or base.repo.default_branch or "",
        found.merge_commit_sha or "",
        bool(found.merged or found.merged_at),
        found.state == "open",
    )


def _of_pull(event: Event, payload: Mapping[str, Any]) -> Event:
    pull = to_pull(msgspec.convert(payload["pull_request"], PullRequest), event.default_branch)
    return event._replace(pull=pull, number=pull.number, base=pull.base, head=pull.head)


def _of_workflow_run(event: Event, payload: Mapping[str, Any]) -> Event:
    """Read a finished run: a fork's has no pull request in its payload, so its branch and commit must find it."""
    run = payload["workflow_run"]
    owner = (run.get("head_repository") or {}).get("owner") or {}
    head = _sha(run["head_sha"])
    return event._replace(head=head, head_of=(str(owner.get("login", "")), str(run["head_branch"]), head))


def _of_push(event: Event, payload: Mapping[str, Any]) -> Event:
    before, after = _sha(payload["before"]), _sha(payload["after"])
    base = "" if _NOTHING.fullmatch(before) else before
    head = "" if _NOTHING.fullmatch(after) else after
    return event._replace(base=base, head=head, branch=payload["ref"].removeprefix("refs/heads/"))


def _of_merge_group(event: Event, payload: Mapping[str, Any]) -> Event:
    group = payload["merge_group"]
    found = _QUEUED.fullmatch(group["head_ref"])
    number = int(found[1]) if found else 0
    branch = group["base_ref"].removeprefix("refs/heads/")
    return event._replace(base=_sha(group["base_sha"]), head=_sha(group["head_sha"]), branch=branch, number=number)


def _nothing_more(event: Event, payload: Mapping[str, Any]) -> Event:
    return event


_READERS = {
    "pull_request": _of_pull,
    "pull_request_target": _of_pull,
    "workflow_run": _of_workflow_run,
    "push": _of_push,
    "merge_group": _of_merge_group,
}


def _default_branch(payload: Mapping[str, Any]) -> str:
    return str((payload.get("repository") or {}).get("default_branch") or "")


def _sha(value: Any) -> str:
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        raise ValueError(f"commit id: {str(value)[:60]!r} is none")
    return value


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0
