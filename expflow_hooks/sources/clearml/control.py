"""What is done to a task on a ClearML server: dequeue, stop, archive or delete it; and what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from expflow_hooks.core.errors import TransitionError, UnreadableError, UsageError
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.registry.experiment import Experiment, next_state
from expflow_hooks.sources.clearml.client import Client, ServerError
from expflow_hooks.sources.clearml.query import read_by_id
from expflow_hooks.sources.clearml.task import Flattening, Remarks, to_experiment

WAIT = 60.0  # seconds for a worker to obey
_LIVE = frozenset({"queued", "in_progress"})  # what a worker has, or will have
_POLL = 1.0  # seconds between looks


class Reached(NamedTuple):
    """What the server really reached: the experiment's state in our words, and what was done, for the history."""

    state: str
    told: str


class RemoteTask:
    """One task on a server, and the operations on it. `wait` is how many seconds a worker has to obey a stop."""

    def __init__(
        self,
        client: Client,
        task_id: str,
        metrics: Metrics,
        *,
        wait: float = WAIT,
        permanently: bool = False,
        delete_models: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.task_id = task_id
        self._client, self._metrics, self._wait, self._sleep = client, metrics, wait, sleep
        self._permanently, self._delete_models = permanently, delete_models

    def read(self) -> Experiment:
        """Return the task as it is now; raise UsageError for an id that the server does not know."""
        return self._experiment(self._look())

    def do(self, operation: str) -> Reached:
        """Do cancel, stop or delete and return what was reached.

        The state is looked up again first: it may have moved on while the PIN was asked for. Raises TransitionError
        for a state that the operation is not for, UnreadableError where the server fails or refuses.
        """
        task = self._look()
        next_state(operation, self.task_id, self._experiment(task).state)
        return _DO[operation](self, str(task.get("status")))

    def _experiment(self, task: Mapping[str, Any]) -> Experiment:
        return to_experiment(task, Flattening(self._metrics), Remarks())

    def _look(self) -> Mapping[str, Any]:
        for task in read_by_id(self._client, [self.task_id], ("status_message",)):
            return task
        raise UsageError(f"no task {self.task_id[:80]!r} on the ClearML server; a task's id has 32 hex digits")

    def _cancel(self, status: str) -> Reached:
        if status == "queued":  # and only then: to dequeue a running task would reset it
            self._change("tasks.dequeue", {"task": self.task_id})
            after = self.read().state
            cancelled = after in ("created", "stopped")
            return Reached("cancelled" if cancelled else after, f"taken off its queue; the server has it as {after}")
        if status == "in_progress":
            reached = self._stop(status)
            return reached._replace(state="cancelled") if reached.state == "stopped" else reached
        return Reached("cancelled", "it was not queued, so the server had nothing to stop")

    def _stop(self, status: str) -> Reached:
        self._change("tasks.stop", {"task": self.task_id})
        deadline = time.monotonic() + self._wait
        while (task := self._look()).get("status") == status and time.monotonic() < deadline:
            self._sleep(min(_POLL, max(0.0, deadline - time.monotonic())))
        state = self._experiment(task).state
        if task.get("status") == status:
            said = str(task.get("status_message") or "no message")[:80]
            return Reached(state, f"asked to stop; after {self._wait:g} s it still runs ({said})")
        return Reached(
            state, f"stopped; the server has it as {state}" if state == "stopped" else f"it {state} meanwhile"
        )

    def _delete(self, status: str) -> Reached:
        if not self._permanently:
            self._many("tasks.archive_many")
            still = "; it still runs there" if status in _LIVE else ""
            return Reached("deleted", f"archived on the server, which can be undone there{still}")
        if status in _LIVE:
            raise TransitionError(
                f"{self.task_id}: cannot delete permanently what is {status}; cancel or stop it first"
            )
        body = {"task": self.task_id, "force": True, "delete_output_models": self._delete_models}
        if self._change("tasks.delete", body).get("deleted") is False:
            raise UnreadableError(f"{self.task_id}: the server did not delete it; nothing was recorded")
        models = "with" if self._delete_models else "without"
        return Reached("deleted", f"deleted on the server for good, {models} its output models")

    def _change(self, endpoint: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._client.call(endpoint, body, tries=1)

    def _many(self, endpoint: str) -> None:
        """Make a call for many with this one task; a failure inside its answer, which is 200, is raised."""
        answer = self._change(endpoint, {"ids": [self.task_id]})
        failed, succeeded = answer.get("failed") or [], answer.get("succeeded") or []
        if failed or not any(entry.get("id") == self.task_id for entry in succeeded):
            error = failed[0].get("error") if failed else None
            said = str((error or {}).get("msg") or "it is not among those that succeeded")[:200]
            host = self._client.credentials.shown_host
            raise ServerError(f"{host}: {endpoint}: {self._client.credentials.hide(said)}; nothing was recorded", 200)


_DO: dict[str, Callable[[RemoteTask, str], Reached]] = {
    "cancel": RemoteTask._cancel,
    "stop": RemoteTask._stop,
    "delete": RemoteTask._delete,
}
