"""`expflow-hooks run`: list, show and add experiments; cancel, stop or delete one, guarded."""

from __future__ import annotations

from typing import Any

import click

from expflow_hooks.cli.lazy import CommandGroup
from expflow_hooks.cli.listing import listed, open_registry
from expflow_hooks.cli.operate import COMMANDS
from expflow_hooks.cli.options import (
    complete_experiment,
    complete_metric,
    policy,
    selection_options,
    shown_options,
    source_option,
)
from expflow_hooks.core.errors import FAILED, OK, UNDECIDED, UNREADABLE, worst
from expflow_hooks.core.registry.history import revisions
from expflow_hooks.operations.indexing import refresh
from expflow_hooks.render import PARQUET
from expflow_hooks.render.experiments import render_history, render_record
from expflow_hooks.render.listing import data_frame, parse_columns, render_experiments
from expflow_hooks.render.options import data_output_options, output_options
from expflow_hooks.render.output import emit, emit_bytes, look, page, warn_unreadable
from expflow_hooks.sources.open import is_registry, registry_path


@click.group(cls=CommandGroup, name="run", epilog="Example: expflow-hooks run list --status running")
def command() -> None:
    """List, show and add experiments; cancel, stop or delete one, guarded by the PIN."""


@command.command("list", epilog='Example: expflow-hooks run list --since 7d --where "lr<0.01" --sort-by pde_mean')
@source_option
@selection_options
@click.option("--sort-by", metavar="M", shell_complete=complete_metric, help="By a metric, parameter or field.")
@shown_options
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="The N that changed last. Default for text: 50.")
@click.option("--all", "deleted", is_flag=True, help="Deleted experiments as well.")
@data_output_options
def list_runs(source: str | None, form: str, output: str | None, **options: Any) -> int:
    """List experiments, each in its present state; as data all of them, unless --top says how many."""
    found = listed(source, options, form)
    if form == PARQUET:
        emit_bytes(data_frame(found.experiments, parse_columns(options["columns"])).to_parquet(), output)
        return OK
    text = (
        render_record(found.as_records())
        if form == "json"
        else render_experiments(
            found.experiments,
            found.source,
            form,
            look(output),
            policy().leaderboard.sort_by,
            columns=parse_columns(options["columns"]),
            precise=options["precise"],
            hidden=found.hidden,
            more=found.more,
        )
    )
    page(text, output)
    return OK


@command.command("show", epilog="Example: expflow-hooks run show exp-001 --history")
@click.argument("experiment_id", metavar="ID", shell_complete=complete_experiment)
@click.option("--history", is_flag=True, help="Every line it has had, oldest first.")
@source_option
@output_options
def show(experiment_id: str, history: bool, source: str | None, form: str, output: str | None) -> int:
    """Show one experiment: every field, why it belongs to the branch here, with --history how it came to be so."""
    if not is_registry(source, policy()):
        from expflow_hooks.cli.tasks import task_as_line

        lines = task_as_line(experiment_id, source)
        emit(render_history(lines, [], form, look(output)), output)
        return OK
    registry = open_registry(source, indexed=True)
    lines = registry.history(experiment_id)
    warn_unreadable(registry.path, registry.unreadable)
    note = ""
    if form in ("text", "markdown") and registry.path != "-":
        from expflow_hooks.operations.standing import standing_of

        note = standing_of(lines, registry.path, policy()).says
    emit(render_history(lines if history else lines[-1:], revisions(lines), form, look(output), note), output)
    refresh(registry.path)
    return OK


# expflow-pde's name for it
command.add_command(click.Command("status", params=show.params, callback=show.callback, hidden=True, help=show.help))


@command.command("add", epilog='Example: echo \'{"experiment_id": "exp-001"}\' | expflow-hooks run add -')
@click.argument("file", metavar="FILE|-", required=False)
@click.option("--task-id", "-t", metavar="T", help="Make the record from this ClearML task; a FILE's one goes over it.")
@click.option("--replace", is_flag=True, help="Start the record anew: what was recorded before and is not given goes.")
@click.option("--source", metavar="FILE", help="The registry to add to.")
def add(file: str | None, task_id: str | None, replace: bool, source: str | None) -> int:
    """Add experiments, or to what is recorded of them: one JSON object, a list of them, or one a line.

    A metric or parameter that is given replaces that one, all else stays. Commit, branch, dirty, code and time come
    from git and the clock where a first record does not say them.
    """
    if task_id is not None:
        from expflow_hooks.cli.tasks import add_from_task

        if replace:
            raise click.UsageError("--replace is for records of your own, not for --task-id")
        return add_from_task(task_id, file, source)
    if file is None:
        raise click.UsageError("give a FILE, - for standard input, or --task-id T")
    from expflow_hooks.cli.records import append_records, read_records, refuse_conflicts

    records = read_records(file)
    path = registry_path(source, policy())
    refuse_conflicts(path)
    append_records(path, records, replace=replace)
    emit(
        f"{len(records)} added to {path}: {', '.join(r['experiment_id'] for r in records[:5])}"
        f"{', …' if len(records) > 5 else ''}\n"
    )
    return OK


@command.command("verify", epilog="Example: expflow-hooks run verify --source experiments.jsonl")
@click.option("--expect-head", metavar="HASH", help="A head that must be there: a cut tail is found.")
@click.option("--source", metavar="FILE", help="The registry to verify.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--output", "-o", metavar="FILE", help="Write to FILE instead of standard output.")
def verify(expect_head: str | None, source: str | None, form: str, output: str | None) -> int:
    """Check that nothing was edited, removed or inserted. Exits 1 if so.

    Exits 3 if lines are there that no chain covers, or that no append writes there: a second beginning, a line that
    names what was named before, a head that does not follow from the expected one.
    """
    from expflow_hooks.cli.verification import verified
    from expflow_hooks.render.verification import render_verification

    result, registry = verified(open_registry(source), expect_head)
    emit(render_verification(result, registry, form), output)
    codes = [FAILED] if result.problems else []
    codes += [UNREADABLE] if registry.unreadable else []
    codes += [UNDECIDED] if result.uncovered or result.unexpected or not result.lines else []
    return worst(codes)


for _command in COMMANDS:
    command.add_command(_command)
