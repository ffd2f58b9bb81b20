"""`expflow-hooks compare-scores`: rank experiments by a metric, with gates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from expflow_hooks.cli.options import (
    complete_metric,
    policy,
    selection,
    selection_options,
    shown_options,
    source_option,
)
from expflow_hooks.core.errors import FAILED, UNDECIDED, UNREADABLE, UsageError, worst
from expflow_hooks.core.metrics.gates import AGGREGATES
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.policy.query import make_query
from expflow_hooks.core.ranking.query import GroupBy
from expflow_hooks.core.ranking.rank import Ranking, rank
from expflow_hooks.core.registry.experiment import latest
from expflow_hooks.core.registry.location import STDIN
from expflow_hooks.operations.indexing import refresh_ranking
from expflow_hooks.render import PARQUET
from expflow_hooks.render.listing import parse_columns, refuse_unknown, value_of
from expflow_hooks.render.options import data_output_options, together
from expflow_hooks.render.output import emit_bytes, look, page, progress, warn, warn_unreadable
from expflow_hooks.render.ranking import ranking_frame, render_ranking
from expflow_hooks.sources.base import LAST, Reading, Source
from expflow_hooks.sources.base_group import to_compare
from expflow_hooks.sources.open import open_source

FAIL_ON = ("never", "none-pass", "any-fail")
F = TypeVar("F", bound=Callable[..., Any])

_sort_by = click.option(
    "--sort-by", metavar="M", shell_complete=complete_metric, help="The metric. Default: seg_total."
)
# Two options, not two values of one: what such a one is when neither is given differs between versions of click.
_ascending = click.option("--ascending", is_flag=True, help="The smallest value is best.")
_descending = click.option("--descending", is_flag=True, help="The largest value is best.")
_gate = click.option(
    "--gate",
    "gates",
    metavar="M:OP:V",
    multiple=True,
    help="Such as pde_mean:lt:18.09; lt, le, gt or ge. M@ucl95 and M@lcl95 judge the bound of a group, M~base the"
    " difference to the base.",
)
_leaderboard = click.option(
    "--leaderboard", metavar="NAME", help="One of the policy's leaderboards, where it has several."
)
_base = click.option(
    "--base",
    metavar="ID|REV",
    help="What gates M~base:OP:V compare with: an experiment's group, or the best group of the registry at a commit."
    " Default: at the tip of the default branch.",
)
_group_ignore = click.option(
    "--group-ignore", metavar="PARAM", multiple=True, help="Group runs that differ in PARAM only."
)
_aggregate = click.option("--aggregate", type=click.Choice(AGGREGATES), help="What a group's value is. Default: mean.")
_min_runs = click.option(
    "--min-runs", type=click.IntRange(min=1), metavar="N", help="Groups of fewer runs do not rank."
)
_top = click.option("--top", "--max", "-m", "top", type=click.IntRange(min=1), metavar="N", help="Show the first N.")
_fail_on = click.option(
    "--fail-on", type=click.Choice(FAIL_ON), default="never", show_default=True, help="When to exit with 1."
)


def query_options(function: F) -> F:
    """Add the options that select and rank experiments."""
    return together(
        selection_options,
        _leaderboard,
        _sort_by,
        _ascending,
        _descending,
        _gate,
        _base,
        _group_ignore,
        _aggregate,
        _min_runs,
        _top,
    )(function)


def ranking_options(function: F) -> F:
    """Add the options for ranking, failing and the output format."""
    return together(query_options, shown_options, _fail_on, data_output_options)(function)


@click.command(
    "compare-scores",
    epilog="Example: expflow-hooks compare-scores --source experiments.jsonl --sort-by pde_mean"
    " --gate pde_mean:lt:18.09 --gate train_time_min:lt:60 --top 10",
)
@source_option
@ranking_options
def command(form: str, output: str | None, fail_on: str, **options: Any) -> int:
    """Rank experiments by a metric; those that fail a gate or cannot be compared are listed below the line, with the
    reason."""
    return compare(policy(), options, form, output, fail_on)


def compare(
    rules: Policy,
    options: dict[str, Any],
    form: str,
    output: str | None,
    fail_on: str,
    reading: Reading = LAST,
) -> int:
    """Rank by options and policy, show the ranking, and return the exit code."""
    ranking, source = ranked(rules, options, reading)
    unreadable = source.unreadable()
    columns = shown_columns(rules, options, ranking, reading)
    if form == PARQUET:
        emit_bytes(ranking_frame(ranking, columns).to_parquet(), output)
    else:
        style, precise = look(output), options["precise"]
        page(
            render_ranking(ranking, source.name, form, len(unreadable), style, precise=precise, columns=columns), output
        )
    if source.file:
        refresh_ranking(source.file, ranking.query)
    if not ranking.experiments:
        warn(f"undecided: no experiment matched in {source.name}")
    return exit_code(ranking, fail_on, bool(unreadable))


def ranked(rules: Policy, options: dict[str, Any], reading: Reading = LAST) -> tuple[Ranking, Source]:
    """Return the ranking that the options and the policy ask for, and its source; warn of what reading brought up."""
    if (name := options.get("leaderboard")) or (rules.leaderboards and not options["sort_by"]):
        rules = rules.of_board(name)
    query = make_query(
        rules,
        selection(options),
        sort_by=options["sort_by"],
        ascending=_direction(options),
        gates=options["gates"],
        group_by=_group_by(rules, options),
        top=options["top"],
    )
    source = open_source(options["source"], rules, query, reading)
    ranking = rank(*to_compare(source, query, options["base"], progress(source.name, source.unit)))
    warn_unreadable(source.name, source.unreadable())
    for warning in source.warnings:
        warn(warning)
    return ranking, source


def shown_columns(
    rules: Policy, options: dict[str, Any], ranking: Ranking, reading: Reading
) -> dict[str, dict[str, Any]]:
    """Return what `--columns` asks for, by column and experiment: a ranking keeps no parameters or other metrics."""
    names = parse_columns(options["columns"])
    if not names:
        return {}
    if options["source"] == STDIN:
        raise UsageError("--columns reads the source twice, which standard input does not allow: name a file")
    wanted = {name for row in ranking.rows for name in row.runs}
    again = open_source(options["source"], rules, ranking.query, reading)
    runs = [run for run in latest(again.experiments(None)) if run.experiment_id in wanted]
    refuse_unknown(names, runs, rules.metrics)
    return {name: {run.experiment_id: value_of(run, name) for run in runs} for name in names}


def _direction(options: dict[str, Any]) -> bool | None:
    """Return whether the smallest value is best; None leaves it to the metric."""
    if options["ascending"] and options["descending"]:
        raise UsageError("--ascending and --descending exclude each other; give one of them")
    return True if options["ascending"] else False if options["descending"] else None


def _group_by(rules: Policy, options: dict[str, Any]) -> GroupBy | None:
    base = rules.leaderboard.group_by or GroupBy()
    if not (options["group_ignore"] or options["aggregate"] or options["min_runs"]):
        return None
    return GroupBy(
        options["group_ignore"] or base.ignore,
        options["aggregate"] or base.aggregate,
        options["min_runs"] or base.min_runs,
    )


def exit_code(ranking: Ranking, fail_on: str, unreadable: bool) -> int:
    """Return the exit code: what `fail_on` asks for, and 3 where nothing was there to judge."""
    counts = ranking.counts
    codes = [] if ranking.experiments else [UNDECIDED]
    if fail_on == "never":
        return worst(codes)
    judged = counts["ranked"] + counts["gate_failed"] + counts["no_value"]
    waiting = counts["undecided"] + counts["not_comparable"] + counts["not_comparable_with"] + counts["too_few_runs"]
    if unreadable:  # a line that nobody could read may be the one that fails
        codes.append(UNREADABLE)
    if not judged or (waiting and (fail_on == "any-fail" or not counts["ranked"])):
        codes.append(UNDECIDED)
    if judged and (not counts["ranked"] or (fail_on == "any-fail" and counts["ranked"] < judged)):
        codes.append(FAILED)
    return worst(codes)
