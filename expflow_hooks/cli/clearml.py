"""`expflow-hooks clearml`: commands whose source is the team's ClearML server, with the options that only it has."""

from __future__ import annotations

from typing import Any

import click

from expflow_hooks.cli.compare import compare, ranking_options
from expflow_hooks.cli.lazy import Group
from expflow_hooks.cli.options import policy
from expflow_hooks.sources.base import CLEARML, Reading


@click.group(cls=Group, name="clearml", epilog="Example: expflow-hooks clearml compare-scores --project PDEBench")
def command() -> None:
    """Rank the experiments of a ClearML server.

    CLEARML_API_HOST, CLEARML_API_ACCESS_KEY and CLEARML_API_SECRET_KEY say which and how, else ~/clearml.conf.
    """


@command.command(
    "compare-scores",
    epilog="Example: expflow-hooks clearml compare-scores --project PDEBench --tags task1 --sort-by pde_mean",
)
@ranking_options
@click.option(
    "--aggregate-values",
    "values",
    type=click.Choice(["last", "min", "max"]),
    help="Which of every metric's values over the training counts. Default: the policy's, else last.",
)
@click.option(
    "--at-best", is_flag=True, help="Judge all metrics at the best iteration of --sort-by; one request a task more."
)
@click.option("--subprojects", is_flag=True, help="The projects below the project as well.")
@click.option("--commit", "commits", metavar="SHA", multiple=True, help="Only experiments of this commit.")
def compare_scores(
    form: str,
    output: str | None,
    fail_on: str,
    values: str | None,
    at_best: bool,
    commits: tuple[str, ...],
    **options: Any,
) -> int:
    """Rank the server's experiments by a metric; archived ones are left out."""
    if at_best and values:
        raise click.UsageError("--at-best and --aggregate-values exclude each other")
    reading = Reading(values, commits, at_best=at_best)
    return compare(policy(), {**options, "source": CLEARML}, form, output, fail_on, reading)
