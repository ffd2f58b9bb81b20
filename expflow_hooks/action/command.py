"""`expflow-hooks action`: what action.yml runs, and its comment printed here."""

from __future__ import annotations

import os

import click


@click.command("action", epilog="Example: INPUT_GATES=pde_mean:lt:18.09 expflow-hooks action --dry-run")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Print the comment for the branch that is checked out. GitHub is not asked; a source that is a server is.",
)
def command(dry_run: bool) -> int:
    """Judge the change that a workflow's event is about, comment on it, and exit by the verdict.

    The inputs of action.yml are read from the environment: INPUT_SORT_BY, INPUT_GATES, INPUT_FAIL_ON and so on.
    """
    from expflow_hooks.action import main

    return main.dry_run(os.environ) if dry_run else main.run(os.environ)
