"""`expflow-hooks metrics`: the metrics that gates, ranking and audit know."""

from __future__ import annotations

import click

from expflow_hooks.cli.lazy import CommandGroup
from expflow_hooks.cli.options import complete_metric, policy
from expflow_hooks.render.metrics import render_metrics
from expflow_hooks.render.options import output_options
from expflow_hooks.render.output import emit, look


@click.group(cls=CommandGroup, name="metrics", epilog="Example: expflow-hooks metrics show pde_mean")
def command() -> None:
    """The standard metrics and the policy's."""


@command.command("list", epilog="Example: expflow-hooks metrics list --format markdown")
@output_options
def list_metrics(form: str, output: str | None) -> int:
    """List every metric: group, direction, unit, threshold."""
    emit(render_metrics(list(policy().metrics), form, look(output)), output)
    return 0


@command.command("show", epilog="Example: expflow-hooks metrics show train_time_min")
@click.argument("name", shell_complete=complete_metric)
@output_options
def show(name: str, form: str, output: str | None) -> int:
    """Show one metric."""
    emit(render_metrics([policy().metrics.require(name)], form, look(output)), output)
    return 0
