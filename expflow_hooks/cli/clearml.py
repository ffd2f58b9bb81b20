"""`expflow-hooks clearml`: commands whose source is the team's ClearML server, with the options that only it has."""

from __future__ import annotations

from typing import Any

import click

from expflow_hooks.cli.compare import compare, exit_code, ranked, ranking_options
from expflow_hooks.cli.lazy import CommandGroup
from expflow_hooks.cli.options import policy
from expflow_hooks.render.output import emit
from expflow_hooks.render.ranking import render_ranking
from expflow_hooks.sources.base import CLEARML, Reading


@click.group(
    cls=CommandGroup, name="clearml", epilog="Example: expflow-hooks clearml compare-scores --project PDEBench"
)
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


@command.command("publish-board", epilog="Example: expflow-hooks clearml publish-board --project PDEBench --name Board")
@ranking_options
@click.option("--name", default="Leaderboard", show_default=True, metavar="TEXT", help="The report's name.")
def publish_board(form: str, output: str | None, fail_on: str, name: str, **options: Any) -> int:
    """Put the ranking as a table into a report task of the project, updated in place."""
    from expflow_hooks.sources.clearml import board
    from expflow_hooks.sources.clearml.read import open_client

    rules = policy()
    project = options["project"] or rules.leaderboard.project
    if not project:
        raise click.UsageError("give --project, or leaderboard.project in the policy: a report belongs to a project")
    ranking, source = ranked(rules, {**options, "source": CLEARML})
    table = render_ranking(ranking, source.name, "markdown")
    report_id, made = board.publish_board(open_client(), project, name, table)
    emit(f"report {report_id} {'made' if made else 'updated'} in {project}: {len(ranking.ranked)} ranked\n")
    return exit_code(ranking, fail_on, bool(source.unreadable()))
