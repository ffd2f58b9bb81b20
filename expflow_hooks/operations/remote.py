"""Cancel, stop and delete on a tracker's server: refusals first, then the guard, the server, and the registry line.

The line says what was seen on the server afterwards, also where an answer was lost; what did not happen is not told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from expflow_hooks.core.errors import TransitionError, UnreadableError
from expflow_hooks.core.pin import guard as pin
from expflow_hooks.core.registry.experiment import OPERATIONS, Experiment, from_mapping
from expflow_hooks.core.registry.permit import Permit
from expflow_hooks.core.registry.writer import Writer
from expflow_hooks.operations.operate import Outcome, Request, authorise, event, shown_stake

if TYPE_CHECKING:
    from expflow_hooks.sources.clearml.control import Reached, RemoteTask


class Prepared(NamedTuple):
    """An operation that nothing known speaks against: the request, the task, and both as they stood then."""

    request: Request
    task: RemoteTask
    before: Experiment
    record: dict[str, Any] | None  # the registry's, None where it has none yet


def operate_on_task(
    writer: Writer, request: Request, ask: pin.Ask, task: RemoteTask, *, allow_force: bool = True
) -> Outcome:
    """Do a guarded operation on a task of the server, and append the line of its experiment with what was seen.

    An experiment that the registry does not have yet gets its first line from the task. Raises TransitionError for a
    state that the operation is not for, PinRefusedError if the guard says no, UnreadableError if the server cannot do
    it: nothing has been written then, unless the message says what was.
    """
    prepared = prepare(writer, request, task)
    stake = shown_stake(prepared.before)
    permit = authorise(request, ask, writer.path, allow_force=allow_force, at_stake=stake)
    return perform(writer, prepared, permit)


def prepare(writer: Writer, request: Request, task: RemoteTask) -> Prepared:
    """Look at registry and server, and raise what the operation would be refused for, before anybody gives a PIN."""
    record = writer.present(request.experiment_id)
    target = OPERATIONS[request.operation][1]
    state = None if record is None else from_mapping(record).state
    if state == "deleted" or (state == target and target != "stopped"):
        raise TransitionError(f"{request.experiment_id}: it is {state} here already{_by(record or {})}")
    return Prepared(request, task, task.check(request.operation), record)


def perform(writer: Writer, prepared: Prepared, permit: Permit) -> Outcome:
    """Do what was prepared and authorised; append one line, whoever else did the same at the same time."""
    request, before = prepared.request, prepared.before
    reached = prepared.task.do(request.operation)
    done = Outcome(request.experiment_id, before.state, reached.state, permit.way, reached.told)
    line = _line(prepared, reached, permit)

    def make(record: dict[str, Any] | None) -> dict[str, Any]:
        if record is not None and record != prepared.record and _agrees(record, reached.state):
            raise _Said(f"recorded already{_by(record)}")
        return line(record)

    try:
        writer.update(request.experiment_id, make, permit)
    except _Said as said:
        done = done._replace(told=f"{reached.told}; {said}", recorded=False)
    except UnreadableError as error:
        raise UnreadableError(f"{error}; but on the server it was done: {reached.told}") from None
    if reached.error is not None:
        raise UnreadableError(f"{reached.error}; recorded as {reached.state}: {reached.told}")
    return done


class _Said(Exception):
    """Another process's line already records the same."""


def _agrees(record: dict[str, Any], state: str) -> bool:
    present = from_mapping(record).state
    return present in (state, "deleted")


def _line(prepared: Prepared, reached: Reached, permit: Permit) -> Callable[[dict[str, Any] | None], dict[str, Any]]:
    """Return what makes the line of the present record: whatever takes time is known before the lock is taken."""
    from expflow_hooks.sources.clearml.records import record_of

    request, task_id = prepared.request, prepared.task.task_id
    told = {**event(request, permit), "task": task_id, "before": prepared.before.state, "server": reached.told}
    news = {"experiment_id": request.experiment_id, "clearml_task_id": task_id, "status": reached.state, "event": told}
    return lambda record: {**(record_of(prepared.before)[0] if record is None else record), **news}


def _by(record: dict[str, Any]) -> str:
    given = record.get("event")
    who = given.get("by") if isinstance(given, dict) else None
    at = given.get("at") if isinstance(given, dict) else None
    return f", by {who} at {at}" if isinstance(who, str) and isinstance(at, str) else ""
