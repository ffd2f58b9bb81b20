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
    default="last",
    show_default=True,
    help="Which of a metric's values over the training counts.",
)
@click.option("--subprojects", is_flag=True, help="The projects below the project as well.")
@click.option("--commit", "commits", metavar="SHA", multiple=True, help="Only experiments of this commit.")
def compare_scores(
    form: str, output: str | None, fail_on: str, values: str, commits: tuple[str, ...], **options: Any
) -> int:
    """Rank the server's experiments by a metric; archived ones are left out."""
    reading = Reading(values, commits)
    return compare(policy(), {**options, "source": CLEARML}, form, output, fail_on, reading)
