"""Cancel, stop and delete in the registry: the guard first, then the line with who did what and why.

What is done on a server as well is in `operations.remote`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from expflow_hooks.core.errors import PinRefusedError, UsageError
from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.core.pin import guard as pin
from expflow_hooks.core.pin.places import pin_is_set
from expflow_hooks.core.policy.load import load_policy
from expflow_hooks.core.registry.experiment import Experiment, from_mapping, next_state
from expflow_hooks.core.registry.permit import Permit
from expflow_hooks.core.registry.writer import Writer
from expflow_hooks.operations.who import who


class Request(NamedTuple):
    """What is asked for: the operation, the experiment, and how the guard may be passed."""

    operation: str  # cancel, stop or delete
    experiment_id: str
    force: bool = False
    reason: str | None = None


class Outcome(NamedTuple):
    """What an operation did: the states before and after, how it was authorised (pin, force or unguarded).

    `told` is what the server did, in words; None where no server was asked. `recorded` is false where somebody else's
    line said the same already.
    """

    experiment_id: str
    before: str
    after: str
    authorised: str
    told: str | None = None
    recorded: bool = True


def authorise(request: Request, ask: pin.Ask, registry: str, *, allow_force: bool = True, at_stake: str = "") -> Permit:
    """Return the permit of an operation that the guard lets go on; raise PinRefusedError if it does not.

    The policy of the registry's folder says whether `--force` is allowed; `allow_force` can only forbid it, too. The
    prompt shows `at_stake`, and what the registry tells of rank and references.
    """
    if request.force:
        policy = load_policy(os.path.dirname(os.path.realpath(registry)))
        if not (allow_force and policy.allow_force):
            raise PinRefusedError("--force is refused here: the policy says guard.allow_force: false; give the PIN")
        return Permit("force")
    if not pin_is_set():
        return Permit("unguarded")
    from expflow_hooks.operations.impact import at_stake_in

    at_stake += at_stake_in(registry, request.experiment_id)
    pin.require(f"{request.operation} {request.experiment_id}{at_stake}", ask)
    return Permit("pin")


def operate(writer: Writer, request: Request, ask: pin.Ask, *, allow_force: bool = True) -> Outcome:
    """Do a guarded operation on a registered experiment and append its line.

    Raises TransitionError for a state that the operation is not for, PinRefusedError if the guard says no; nothing has
    been written then.
    """
    present = _required(writer.present(request.experiment_id), request)
    _check(present, request)
    permit = authorise(request, ask, writer.path, allow_force=allow_force, at_stake=shown_stake(from_mapping(present)))
    return apply(writer, request, permit)


def apply(writer: Writer, request: Request, permit: Permit) -> Outcome:
    """Append the line of an operation that the guard let go on; raise TransitionError where the state moved on."""
    told = event(request, permit)
    done: list[Outcome] = []

    def make(record: dict[str, Any] | None) -> dict[str, Any]:
        record = _required(record, request)
        before, after = _check(record, request)  # again, under the lock: it may have moved on while we asked
        done.append(Outcome(request.experiment_id, before, after, permit.way))
        return {**record, "status": after, "event": told}

    writer.update(request.experiment_id, make, permit)
    return done[-1]


def event(request: Request, permit: Permit) -> dict[str, Any]:
    """Return the history's entry for an operation: what, who, when, how authorised, why."""
    return {
        "action": request.operation,
        **who(),
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "authorised": permit.way,
        **({"reason": request.reason} if request.reason else {}),
    }


def shown_stake(experiment: Experiment) -> str:
    """Return name, state and metrics of an experiment, for the prompt."""
    metrics = ", ".join(f"{name} {show_number(value)}" for name, value in list((experiment.metrics or {}).items())[:6])
    return f" ({experiment.label}, {experiment.state}{', ' + metrics if metrics else ''})"


def _check(record: Mapping[str, Any], request: Request) -> tuple[str, str]:
    state = from_mapping(record).state
    return state, next_state(request.operation, request.experiment_id, state)


def _required(record: dict[str, Any] | None, request: Request) -> dict[str, Any]:
    if record is None:
        raise UsageError(f"no experiment {request.experiment_id!r}: it is no longer in the registry")
    return record
