"""What is done to a task on a ClearML server: stop, archive or delete it; and what was seen of it before and after.

`tasks.dequeue` is not used: on a task that a worker has just taken it resets what runs. `tasks.stop` is right for both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from expflow_hooks.core.errors import TransitionError, UnreadableError, UsageError
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.registry.experiment import Experiment, next_state
from expflow_hooks.sources.clearml.client import Client, ServerError
from expflow_hooks.sources.clearml.metrics import Flattening
from expflow_hooks.sources.clearml.query import read_by_id, read_children
from expflow_hooks.sources.clearml.remarks import Remarks
from expflow_hooks.sources.clearml.task import to_experiment

WAIT = 60.0  # seconds for a worker to obey
_LIVE = frozenset({"queued", "in_progress"})  # what a worker has, or will have
_PUBLISHED = frozenset({"published", "publishing"})
_STOPPING = "stopping"  # the status message of what was asked to stop and still runs
_POLL = 1.0  # seconds between looks


class Ways(NamedTuple):
    """How an operation is done: `wait` is the seconds a worker has to obey; the others are what a delete may do."""

    wait: float = WAIT
    stop: bool = False  # stop first what is queued or runs
    permanently: bool = False  # delete for good, where it would only be archived
    delete_models: bool = False
    published: bool = False  # delete for good although it is published
    parent: bool = False  # delete for good although other tasks were made from it


class Seen(NamedTuple):
    """A task at one moment; `experiment` is None if the server no longer has it."""

    status: str
    message: str
    archived: bool
    experiment: Experiment | None

    @property
    def state(self) -> str:
        """Return the experiment's state in our words."""
        return self.experiment.state if self.experiment else "gone"


class Reached(NamedTuple):
    """What the server was seen to reach, in our words and for the history; `error` is what went wrong on the way."""

    state: str
    told: str
    error: str | None = None


class RemoteTask:
    """One task on a server, and the operations on it."""

    def __init__(
        self,
        client: Client,
        task_id: str,
        metrics: Metrics,
        ways: Ways = Ways(),  # noqa: B008
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.task_id = task_id
        self._client, self._metrics, self._ways, self._sleep = client, metrics, ways, sleep

    def read(self) -> Experiment:
        """Return the task as it is now; raise UsageError for an id that the server does not know."""
        return self._known(self._look())

    def check(self, operation: str) -> Experiment:
        """Return the task as it is now, or raise what the operation would be refused for: asked before any PIN."""
        return self._check(operation, self._look())

    def do(self, operation: str) -> Reached:
        """Do cancel, stop or delete and return what was seen to be reached.

        The task is looked at again first: it may have moved on while the PIN was asked for. Raises TransitionError for
        a state that the operation is not for, UnreadableError where the server fails or refuses: nothing changed then.
        """
        before = self._look()
        experiment = self._check(operation, before)
        try:
            return _DO[operation](self, before)
        except _Unseen as unseen:
            return Reached(unseen.state or experiment.state, unseen.told, str(unseen))

    def _check(self, operation: str, seen: Seen) -> Experiment:
        experiment = self._known(seen)
        next_state(operation, self.task_id, experiment.state)
        if operation == "delete" and seen.status in _LIVE and not self._ways.stop:
            raise TransitionError(
                f"{self.task_id}: it is {experiment.state}, and to archive it would stop it on the server;"
                " stop it first, or give --stop, which does both"
            )
        if operation == "delete" and self._ways.permanently:
            self._check_permanently(seen)
        return experiment

    def _check_permanently(self, seen: Seen) -> None:
        if seen.status in _PUBLISHED and not self._ways.published:
            raise TransitionError(f"{self.task_id}: it is published; --published deletes it for good all the same")
        children = [] if self._ways.parent else read_children(self._client, self.task_id)
        if children:
            raise TransitionError(
                f"{self.task_id}: other tasks were made from it ({', '.join(children)}); --parent deletes it for good"
                " all the same"
            )

    def _known(self, seen: Seen) -> Experiment:
        if seen.experiment is None:
            raise UsageError(f"no task {self.task_id[:80]!r} on the ClearML server; a task's id has 32 hex digits")
        return seen.experiment

    def _look(self) -> Seen:
        for task in read_by_id(self._client, [self.task_id], ("status_message", "system_tags")):
            experiment = to_experiment(task, Flattening(self._metrics), Remarks())
            archived = "archived" in (task.get("system_tags") or ())
            return Seen(str(task.get("status")), str(task.get("status_message") or ""), archived, experiment)
        return Seen("gone", "", archived=False, experiment=None)

    def _cancel(self, before: Seen) -> Reached:
        if before.status not in _LIVE:
            return Reached("cancelled", f"the server has it as {before.status}, so there was nothing to stop")
        after, told = self._stop_and_wait(before)
        return Reached("cancelled" if after.state in ("stopped", "created") else after.state, told)

    def _stop(self, before: Seen) -> Reached:
        after, told = self._stop_and_wait(before)
        return Reached(after.state, told)

    def _stop_and_wait(self, before: Seen) -> tuple[Seen, str]:
        """Ask for a stop, which also takes a task off its queue, and return what was seen, with words for it."""
        asked: Callable[[Seen], bool] = lambda seen: seen.message == _STOPPING or seen.status not in _LIVE  # noqa: E731
        ended: Callable[[Seen], bool] = lambda seen: seen.status not in _LIVE  # noqa: E731
        after = self._change("tasks.stop", {"task": self.task_id}, asked, ended, self._ways.wait)
        if after.status in _LIVE:
            said = after.message[:80] or "no message"
            return after, f"asked to stop; after {self._ways.wait:g} s the server has it as {after.status} ({said})"
        off = "taken off its queue" if before.status == "queued" else "stopped"
        return after, f"{off}; the server has it as {after.status}" if after.state == "stopped" else _meanwhile(after)

    def _delete(self, before: Seen) -> Reached:
        seen, told = before, ""
        if before.status in _LIVE:
            seen, told = self._stop_and_wait(before)
            if seen.status in _LIVE:
                return Reached(seen.state, f"{told}; so it was not archived")
            told = f"{told}; "
        forced = self._ways.permanently and (self._ways.published or self._ways.parent)
        try:
            if not (seen.archived or forced):
                after = self._many("tasks.archive_many")
                told += f"archived, which can be undone there; the server has it as {after.status}"
                seen = after
            elif seen.archived:
                told += "it was archived already"
            return self._for_good(told, forced=forced) if self._ways.permanently else Reached("deleted", told)
        except _Unseen as unseen:
            raise _Unseen(str(unseen), told + unseen.told, "deleted" if seen.archived else seen.state) from None
        except UnreadableError as error:
            if seen is before:
                raise
            state = "deleted" if seen.archived else seen.state
            return Reached(state, f"{told.removesuffix('; ')}; then {error}", str(error))

    def _for_good(self, told: str, *, forced: bool) -> Reached:
        body = {"task": self.task_id, "force": forced, "delete_output_models": self._ways.delete_models}
        gone: Callable[[Seen], bool] = lambda seen: seen.experiment is None  # noqa: E731
        if not gone(self._change("tasks.delete", body, gone, gone)):
            raise UnreadableError(f"{self.task_id}: the server said that it deleted it, and still has it")
        models = "with" if self._ways.delete_models else "without"
        return Reached("deleted", f"{told + '; ' if told else ''}deleted for good, {models} its output models")

    def _many(self, endpoint: str) -> Seen:
        """Make a call for many with this one task; a failure inside its answer, which is 200, is raised."""
        archived: Callable[[Seen], bool] = lambda seen: seen.archived or seen.experiment is None  # noqa: E731
        after = self._change(endpoint, {"ids": [self.task_id]}, archived, archived)
        if not archived(after):
            raise UnreadableError(f"{self.task_id}: the server said that it archived it, and it is not archived")
        return after

    def _change(
        self,
        endpoint: str,
        body: Mapping[str, Any],
        begun: Callable[[Seen], bool],
        done: Callable[[Seen], bool],
        wait: float = 0.0,
    ) -> Seen:
        """Ask for a change once, whatever becomes of the answer look until it is done, and return what was seen.

        Raises UnreadableError where the change was refused or its answer lost and it had not begun.
        """
        problem: UnreadableError | None = None
        try:
            _read_failed(self._client.call(endpoint, body, tries=1), endpoint, self._client)
        except UnreadableError as error:
            problem = error
        try:
            after = self._look()
            if problem is not None and (_refused(problem) or not begun(after)):
                raise _not_done(problem, after)
            deadline = time.monotonic() + wait
            while not done(after) and time.monotonic() < deadline:
                self._sleep(min(_POLL, max(0.0, deadline - time.monotonic())))
                after = self._look()
        except _NotDone:
            raise
        except UnreadableError as error:
            raise _Unseen(str(error), f"{endpoint} was asked for; what became of it could not be seen") from None
        return after


class _NotDone(UnreadableError):
    """A change that the server refused, or whose answer was lost, and that a look afterwards did not find."""


class _Unseen(UnreadableError):
    """A change that was asked for, after which the server could not be asked what became of it."""

    def __init__(self, message: str, told: str, state: str | None = None) -> None:
        super().__init__(message)
        self.told, self.state = told, state


def _refused(problem: UnreadableError) -> bool:
    """Return whether the server itself refused; other answers, and lost ones, leave the outcome open."""
    return isinstance(problem, ServerError) and problem.code < 500


def _not_done(problem: UnreadableError, after: Seen) -> _NotDone:
    return _NotDone(f"{problem}; looked at again, the server has it as {after.status}")


def _meanwhile(after: Seen) -> str:
    return f"asked to stop, but the server has it as {after.status}"


def _read_failed(answer: Mapping[str, Any], endpoint: str, client: Client) -> None:
    """Raise ServerError for a failure inside the answer to a call for many."""
    failed = answer.get("failed")
    if isinstance(failed, list) and failed:
        error = failed[0].get("error") if isinstance(failed[0], dict) else None
        said = str((error if isinstance(error, dict) else {}).get("msg") or "it failed")[:200]
        raise ServerError(f"{client.credentials.shown_host}: {endpoint}: {client.credentials.hide(said)}", 200)


_DO: dict[str, Callable[[RemoteTask, Seen], Reached]] = {
    "cancel": RemoteTask._cancel,
    "stop": RemoteTask._stop,
    "delete": RemoteTask._delete,
}
