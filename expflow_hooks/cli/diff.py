"""`expflow-hooks diff`: two experiments side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import click

from expflow_hooks.cli.options import complete_experiment, policy, source_option
from expflow_hooks.core.errors import OK, UndecidedError, UnreadableError, UsageError
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.ranking.configurations import Configurations
from expflow_hooks.core.ranking.difference import Side, compare
from expflow_hooks.core.ranking.query import GroupBy
from expflow_hooks.core.registry.experiment import Experiment, Selection, latest
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.render.difference import render_difference
from expflow_hooks.render.options import output_options
from expflow_hooks.render.output import look, page, progress, warn, warn_unreadable
from expflow_hooks.sources.base import Reading
from expflow_hooks.sources.base_group import find_base
from expflow_hooks.sources.open import open_source

BASE = "base"


@click.command("diff", epilog="Example: expflow-hooks diff exp-001 exp-002")
@click.argument("first", metavar="A", shell_complete=complete_experiment)
@click.argument("second", metavar="B|base", shell_complete=complete_experiment)
@source_option
@output_options
def command(first: str, second: str, source: str | None, form: str, output: str | None) -> int:
    """Compare two experiments: metrics with the better side, parameters, code; differences first.

    Where the policy groups runs, each side is its whole group. `base` is the best of the default branch's registry.
    """
    rules = policy()
    query = make_query(rules, Selection())._replace(top=None)
    opened = open_source(source, rules, query, Reading(judged=False))
    experiments = latest(opened.experiments(progress(opened.name, opened.unit)), Selection())
    warn_unreadable(opened.name, opened.unreadable())
    for warning in opened.warnings:
        warn(warning)
    if second == BASE:
        best = find_base(None, opened.name, experiments, query)
        if best is None:
            raise UndecidedError("the base has no experiment that ranks, so there is nothing to compare with")
        # The better known side stands first: what is asked about is the experiment.
        first, second = best.experiment_id, first
    sides = [_side(name, experiments, rules, opened.name) for name in (first, second)]
    how = rules.leaderboard.group_by.aggregate if rules.leaderboard.group_by else "mean"
    difference = compare(sides[0], sides[1], rules.metrics, how)
    page(render_difference(difference, *_files(sides), form, look(output)), output)
    return OK


def _side(name: str, experiments: Sequence[Experiment], rules: Policy, source: str) -> Side:
    by_id = {run.experiment_id: run for run in experiments}
    if name not in by_id:
        raise UsageError(f"no experiment {name[:80]!r} in {source}{did_you_mean(name, by_id)}")
    run, grouping = by_id[name], rules.leaderboard.group_by
    return Side(run, [run] if grouping is None else _group(run, experiments, grouping))


def _group(run: Experiment, experiments: Sequence[Experiment], grouping: GroupBy) -> list[Experiment]:
    key = Configurations(grouping.ignore).key
    wanted = key(run)
    if wanted is None or run.state != "completed":
        return [run]
    return [other for other in experiments if other.state == "completed" and key(other) == wanted]


def _files(sides: Sequence[Any]) -> tuple[list[str] | None, str | None]:
    """Return the files that differ between the two commits, or why that is not known."""
    from expflow_hooks.git.repository import Git

    commits = [side.experiment.revision for side in sides]
    if None in commits:
        return None, "a run without a commit, so the files that differ are not known"
    git = Git(os.getcwd())
    try:
        if not git.try_top():
            return None, "not in a repository, so the files that differ are not known"
        for commit in commits:
            if not git.commit(str(commit)):
                return None, f"commit {str(commit)[:12]} is not in this repository"
        return git.differing(str(commits[0]), str(commits[1])), None
    except UnreadableError as error:
        return None, f"could not look ({error})"
