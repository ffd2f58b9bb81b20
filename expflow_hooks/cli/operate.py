"""`expflow-hooks run cancel|stop|delete|sync`: the guarded operations, on the registry and on the ClearML server."""

from __future__ import annotations

from typing import Any

import click

from expflow_hooks.cli.options import complete_experiment, pin_options, policy
from expflow_hooks.core.errors import OK, UNDECIDED
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.experiment import OPERATIONS
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.render.options import together
from expflow_hooks.render.output import emit, warn
from expflow_hooks.sources.open import registry_path

_AUTHORISED = {"force": "forced, without the PIN", "unguarded": "no PIN is set, so nothing asked for it"}

_common = together(
    click.argument("experiment_id", metavar="[ID]", required=False, shell_complete=complete_experiment),
    click.option("--task-id", "-t", metavar="T", help="The ClearML task; ID is then the registry's name for it."),
    click.option("--registry-only", is_flag=True, help="Leave the ClearML server alone; only the history says it."),
    click.option("--source", metavar="FILE", help="The registry it stands in."),
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
def cancel(**options: Any) -> int:
    """Cancel an experiment that has not finished. Asks for the PIN."""
    return _operate("cancel", **options)


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
    """Delete an experiment: a line says so, its metrics stay in the history. Asks for the PIN."""
    for option, name in (("delete_models", "with-models"), ("published", "published"), ("parent", "parent")):
        if options[option] and not options["permanently"]:
            raise click.UsageError(f"--{name} goes with --permanently: an archived task keeps all it has")
    return _operate("delete", **options)


@click.command("sync", epilog="Example: expflow-hooks run sync --source experiments.jsonl")
@click.option("--source", metavar="FILE", help="The registry to bring up to date.")
def sync(source: str | None) -> int:
    """Bring status and metrics of the lines with a clearml_task_id from the ClearML server."""
    from expflow_hooks.sources.clearml import read as clearml
    from expflow_hooks.sources.clearml import records as clearml_records
    from expflow_hooks.sources.writing import open_writer

    rules = policy()
    writer = open_writer(registry_path(source, rules))
    if not any(clearml_records.is_remote(r.get("clearml_task_id")) for r in Registry(writer.path).records()):
        emit(f"{writer.path}: no line has a clearml_task_id, so there is nothing to bring\n")
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
