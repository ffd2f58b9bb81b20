"""What one run of the Action works with: inputs, event, environment, and the client of the API where there is one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from expflow_hooks.action.evidence.checkout import Checkout
from expflow_hooks.action.evidence.remote import Remote
from expflow_hooks.action.evidence.tracker import Tracker
from expflow_hooks.action.github.client import GitHub, make_session
from expflow_hooks.action.github.viewer import WORKFLOW, Account, read_viewer
from expflow_hooks.action.request.event import KINDS, Event, EventKind, read_event, read_run
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.core.errors import UnreadableError, UsageError

_OFFLINE = (EventKind.PULL, EventKind.PUSH, EventKind.MERGE_GROUP)
"""What can be judged from the checkout alone."""


@dataclass(frozen=True)
class Job:
    """One run. `github` is None in a dry run, which does not ask it."""

    inputs: Inputs
    event: Event
    environment: Mapping[str, str] = field(repr=False)  # the token is in it
    scratch: str
    github: GitHub | None = None
    tracker: Tracker = field(default_factory=Tracker)

    @property
    def repository(self) -> str:
        """Return the repository as `owner/name`."""
        return self.event.run.repository

    @property
    def workspace(self) -> str:
        """Return the folder of the checkout."""
        return self.environment.get("GITHUB_WORKSPACE") or "."

    @cached_property
    def api(self) -> GitHub:
        """Return the API; raise UnreadableError in a dry run."""
        if self.github is None:
            raise UnreadableError("this needs GitHub's API, which a dry run does not ask")
        return self.github

    @cached_property
    def remote(self) -> Remote:
        """Return the repository on the server."""
        return Remote(self.api, self.repository)

    @cached_property
    def checkout(self) -> Checkout:
        """Return the repository in the workspace."""
        return Checkout(self.workspace, self.scratch)

    @cached_property
    def viewer(self) -> Account:
        """Return whose token this is, without asking where it is the workflow's own."""
        own = self.environment.get("EXPFLOW_OWN_TOKEN") == "true"
        return WORKFLOW if own else read_viewer(self.api)


def start(inputs: Inputs, environment: Mapping[str, str], scratch: str, *, dry_run: bool) -> Job:
    """Return the job that the environment describes; raise UsageError outside a workflow, unless it is a dry run."""
    name = environment.get("GITHUB_EVENT_NAME", "")
    run = read_run(environment)
    if dry_run and KINDS.get(name) not in _OFFLINE:
        return Job(inputs, Event(EventKind.LOCAL, "local", run), environment, scratch)
    if not name:
        raise UsageError("this runs inside a GitHub workflow; `expflow-hooks action --dry-run` shows the comment here")
    event = read_event(name, _payload(environment), run)
    if dry_run:
        return Job(inputs, event, environment, scratch)
    if run.repository.count("/") != 1:
        raise UnreadableError("GITHUB_REPOSITORY is not set: it must read owner/name")
    api = environment.get("GITHUB_API_URL") or "https://api.github.com"
    github = GitHub(make_session(inputs.token), api, environment.get("GITHUB_GRAPHQL_URL", ""))
    return Job(inputs, event, environment, scratch, github)


def _payload(environment: Mapping[str, str]) -> Any:
    path = environment.get("GITHUB_EVENT_PATH", "")
    try:
        with open(path, encoding="utf-8") as file:
            payload = json.load(file)
    except (OSError, ValueError, RecursionError):
        raise UnreadableError("the event's payload cannot be read: GITHUB_EVENT_PATH must name a JSON file") from None
    if not isinstance(payload, dict):
        raise UnreadableError("the event's payload is not a JSON object")
    return payload
