"""`expflow-hooks run cancel|stop|delete|sync`: the guarded operations, on the registry and on the ClearML server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from expflow_hooks.cli.options import complete_experiment, pin_options, policy
from expflow_hooks.core.errors import OK, UNDECIDED, worst
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.experiment import OPERATIONS, UNFINISHED, Experiment, Selection, latest
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.render.options import together
from expflow_hooks.render.output import emit, warn
from expflow_hooks.sources.open import registry_path

_AUTHORISED = {"force": "forced, without the PIN", "unguarded": "no PIN is set, so nothing asked for it"}

_common = together(
    click.argument("experiment_id", metavar="[ID]", required=False, shell_complete=complete_experiment),
    click.option("--task-id", "-t", metavar="T", help="The ClearML task; ID is then the registry's name for it."),
    click.option("--registry-only", is_flag=True, help="Leave the ClearML server alone; only the history says it."),
    click.option("--source", metavar="FILE", help="The registry it is in."),
    click.option("--reason", metavar="TEXT", help="Why; kept in the history."),
    pin_options,
)
_wait = click.option(
    "--wait", type=click.FloatRange(min=0), default=60.0, show_default=True, metavar="SECONDS",
    help="How long a worker has to obey.",
)  # fmt: skip


@click.command("cancel", epilog="Example: expflow-hooks run cancel exp-001 --reason 'wrong mesh'")
@_common
@_wait
@click.option(
    "--where", metavar="EXPR", multiple=True, help="All unfinished ones of which this holds, such as tags~fno; one PIN."
)
def cancel(where: tuple[str, ...], **options: Any) -> int:
    """Cancel an experiment that has not finished, or all that --where selects. Asks for the PIN."""
    if where and (options["experiment_id"] or options["task_id"]):
        raise click.UsageError("--where selects the experiments itself: give no ID and no --task-id beside it")
    return _cancel_where(where, **options) if where else _operate("cancel", **options)


@click.command("stop", epilog="Example: expflow-hooks run stop exp-001 --reason 'it diverged'")
@_common
@_wait
def stop(**options: Any) -> int:
    """Stop a running experiment. Asks for the PIN; exits 3 if it still runs after the wait."""
    return _operate("stop", **options)


@click.command("delete", epilog="Example: expflow-hooks run delete exp-001 --reason 'wrong data'")
@_common
@_wait
@click.option("--stop", is_flag=True, help="Stop the ClearML task first if it is queued or runs.")
@click.option("--permanently", is_flag=True, help="Delete the ClearML task, where it would only be archived.")
@click.option("--with-models", "delete_models", is_flag=True, help="With --permanently: its output models as well.")
@click.option("--published", is_flag=True, help="With --permanently: although it is published.")
@click.option("--parent", is_flag=True, help="With --permanently: although other tasks were made from it.")
def delete(**options: Any) -> int:
    """Delete an experiment: a line records it, its metrics stay in the history. Asks for the PIN."""
    for option, name in (("delete_models", "with-models"), ("published", "published"), ("parent", "parent")):
        if options[option] and not options["permanently"]:
            raise click.UsageError(f"--{name} goes with --permanently: an archived task keeps all it has")
    return _operate("delete", **options)


@click.command("sync", epilog="Example: expflow-hooks run sync --source experiments.jsonl")
@click.option("--source", metavar="FILE", help="The registry to bring up to date.")
def sync(source: str | None) -> int:
    """Bring up to date what is recorded of other trackers: ClearML tasks by id, what was imported by origin."""
    from expflow_hooks.sources.clearml import read as clearml
    from expflow_hooks.sources.clearml import records as clearml_records
    from expflow_hooks.sources.imports import sync_origins
    from expflow_hooks.sources.writing import open_writer

    rules = policy()
    writer = open_writer(registry_path(source, rules))
    imported = sync_origins(writer, rules)
    for spec, done in imported.items():
        for warning in done.warnings:
            warn(f"{spec}: {warning}")
        emit(f"{writer.path}: {len(done.changed)} brought up to date from {spec}, {done.unchanged} unchanged\n")
    if not any(clearml_records.is_remote(r.get("clearml_task_id")) for r in Registry(writer.path).records()):
        if not imported:
            emit(f"{writer.path}: no line has a clearml_task_id or an origin, so there is nothing to bring\n")
        return OK
    synced = clearml_records.sync(writer, rules, clearml.open_client())
    for warning in synced.warnings:
        warn(warning)
    emit(f"{writer.path}: {len(synced.changed)} brought up to date, {synced.unchanged} unchanged\n")
    return OK


COMMANDS = (cancel, stop, delete, sync)


def _operate(
    name: str,
    *,
    experiment_id: str | None,
    task_id: str | None,
    registry_only: bool,
    source: str | None,
    reason: str | None,
    pin: str | None,
    pin_fd: int | None,
    force: bool,
    **server: Any,
) -> int:
    from expflow_hooks.operations.operate import Request, operate
    from expflow_hooks.operations.prompt import asker
    from expflow_hooks.operations.remote import operate_on_task
    from expflow_hooks.sources.writing import open_writer

    rules = policy()
    path = registry_path(source, rules)
    experiment_id, task_id = _which(
        Registry(path, missing_ok=source is None or task_id is not None), experiment_id, task_id
    )
    request = Request(name, experiment_id, force, reason)
    ask, allow = asker(pin, descriptor=pin_fd), rules.allow_force
    if task_id is None or registry_only:
        done = operate(open_writer(path), request, ask, allow_force=allow)
    else:
        done = operate_on_task(open_writer(path), request, ask, _remote(task_id, rules, server), allow_force=allow)
    if done.authorised != "pin":
        warn(f"{name} {experiment_id}: {_AUTHORISED[done.authorised]}; the history says so")
    recorded = "Recorded; " if done.recorded else ""
    emit(
        f"{experiment_id}: {done.before} → {done.after} in {path}. {recorded}{done.told or 'no process was stopped'}.\n"
    )
    return OK if done.after == OPERATIONS[name][1] else UNDECIDED


def _cancel_where(
    where: tuple[str, ...],
    *,
    registry_only: bool,
    source: str | None,
    reason: str | None,
    pin: str | None,
    pin_fd: int | None,
    force: bool,
    wait: float,
    **_: Any,
) -> int:
    from expflow_hooks.core.registry.condition import parse_condition
    from expflow_hooks.operations.many import operate_on_many
    from expflow_hooks.operations.operate import Request
    from expflow_hooks.operations.prompt import asker
    from expflow_hooks.sources.clearml.records import is_remote
    from expflow_hooks.sources.writing import open_writer

    rules = policy()
    path = registry_path(source, rules)
    selection = Selection(conditions=tuple(parse_condition(text) for text in where))
    found = [one for one in latest(Registry(path).experiments(), selection) if one.state in UNFINISHED]
    if not found:
        warn(f"undecided: no unfinished experiment matched in {path}")
        return UNDECIDED

    def task_of(one: Experiment) -> Any:
        remote = is_remote(one.clearml_task_id) and not registry_only
        return _remote(str(one.clearml_task_id), rules, {"wait": wait}) if remote else None

    def show(ready: Sequence[Experiment]) -> None:
        for one in ready:
            warn(f"cancel {one.experiment_id}: {one.label}, {one.state}")

    request = Request("cancel", "", force, reason)
    many = operate_on_many(open_writer(path), request, found, asker(pin, descriptor=pin_fd), task_of, show)
    for error in many.failed:
        warn(str(error))
    for done in many.done:
        emit(f"{done.experiment_id}: {done.before} → {done.after}. {done.told or 'no process was stopped'}.\n")
    codes = [error.exit_code for error in many.failed]
    codes += [UNDECIDED for done in many.done if done.after != "cancelled"]
    return worst(codes) if codes else OK


def _which(registry: Registry, experiment_id: str | None, task_id: str | None) -> tuple[str, str | None]:
    """Return the registry's id and the server's task (None for an experiment that has none)."""
    from expflow_hooks.sources.clearml.records import check_pair, is_remote, owners

    if experiment_id is None:
        if task_id is None:
            raise click.UsageError("give an ID of the registry, such as exp-001, or --task-id T")
        return (owners(registry, task_id)[-1:] or [task_id])[0], task_id
    if task_id is None:
        record = registry.history(experiment_id)[-1].record  # an id that is not there is told with the nearest ones
        linked = record.get("clearml_task_id")
        return experiment_id, str(linked) if is_remote(linked) else None
    check_pair(registry, experiment_id, task_id)
    return experiment_id, task_id


def _remote(task_id: str, rules: Policy, server: dict[str, Any]) -> Any:
    from expflow_hooks.core.errors import UnreadableError
    from expflow_hooks.sources.clearml.control import RemoteTask, Ways
    from expflow_hooks.sources.clearml.read import open_client

    try:
        return RemoteTask(open_client(), task_id, rules.metrics, Ways(**server))
    except UnreadableError as error:
        raise UnreadableError(f"{error}; --registry-only leaves the server alone") from None
