"""Who may end an experiment that the registry has: an operation that asked the guard, its own run, another tracker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from expflow_hooks.core.errors import PinRefusedError
from expflow_hooks.core.registry.experiment import GUARDED, OPERATIONS

_OF_RUN = ("stopped", "failed")  # what a run says of itself when it ends before its end
_OPERATION_TO = {target: operation for operation, (_, target) in OPERATIONS.items()}


class Permit(NamedTuple):
    """Why a line may lead to a guarded state or carry an `event`.

    `way` is how an operation passed the guard (pin, force, unguarded); `run` where the run's own process says that it
    stopped; `origin` where another tracker says what became of it.
    """

    way: str


def refuse_unpermitted(before: Mapping[str, Any] | None, record: Mapping[str, Any], permit: Permit | None) -> None:
    """Raise PinRefusedError if a record needs a permit that it does not have.

    It needs one if it leads an experiment that the registry has to a guarded state, or brings an `event`.
    """
    if before is None:
        return
    state, event = record.get("status"), record.get("event")
    ends = isinstance(state, str) and state in GUARDED and state != before.get("status")
    if not ends and event is None:
        return
    if permit is None or not _covers(permit, record, event if isinstance(event, Mapping) else {}):
        name = record.get("experiment_id")
        if ends:
            operation = _OPERATION_TO[str(state)]
            how = f"`expflow-hooks run {operation} {name}`"
            raise PinRefusedError(f"{name}: only an operation that asked the guard makes it {state}: {how}")
        raise PinRefusedError(f"{name}: a record brings no `event` of its own: operations write it, after the guard")


def _covers(permit: Permit, record: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    if permit.way == "run":
        return event.get("by") == "run" and "authorised" not in event and record.get("status") in _OF_RUN
    if permit.way == "origin":
        return not event and bool(record.get("origin") or record.get("clearml_task_id"))
    return event.get("authorised") == permit.way


def permit_of_waiting(record: Mapping[str, Any]) -> Permit:
    """Return the permit that a record may have which waited for the lock: only what asks no guard waits."""
    event = record.get("event")
    return Permit("run" if isinstance(event, Mapping) and event.get("by") == "run" else "origin")
