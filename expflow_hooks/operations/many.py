"""One operation on many experiments under one PIN: those known to be refused are left out first, and listed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from expflow_hooks.core.errors import ExpflowError, TransitionError
from expflow_hooks.core.pin import guard as pin
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.writer import Writer
from expflow_hooks.operations.operate import Outcome, Request, apply, authorise
from expflow_hooks.operations.remote import Prepared, perform, prepare

if TYPE_CHECKING:
    from expflow_hooks.sources.clearml.control import RemoteTask


class Many(NamedTuple):
    """What became of each experiment: what was done, and the error of each that was not."""

    done: list[Outcome]
    failed: list[ExpflowError]


def operate_on_many(
    writer: Writer,
    request: Request,
    experiments: Sequence[Experiment],
    ask: pin.Ask,
    task_of: Callable[[Experiment], RemoteTask | None],
    show: Callable[[Sequence[Experiment]], None],
) -> Many:
    """Do an operation on each experiment, after one question; `show` lists them before it is asked.

    `task_of` gives the server's task of an experiment, None for one without. One that fails stops no other.
    """
    ready: list[tuple[Experiment, Request, Prepared | None]] = []
    many = Many([], [])
    for experiment in experiments:
        one = request._replace(experiment_id=experiment.experiment_id)
        try:
            task = task_of(experiment)
            ready.append((experiment, one, None if task is None else prepare(writer, one, task)))
        except TransitionError as error:
            many.failed.append(error)
    if not ready:
        return many
    show([experiment for experiment, _, _ in ready])
    counted = "1 experiment" if len(ready) == 1 else f"{len(ready)} experiments"
    permit = authorise(request._replace(experiment_id=counted), ask, writer.path)
    for _, one, prepared in ready:
        try:
            many.done.append(perform(writer, prepared, permit) if prepared else apply(writer, one, permit))
        except ExpflowError as error:
            many.failed.append(error)
    return many
