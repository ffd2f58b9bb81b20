"""`expflow-hooks report`: the leaderboard as a page, and a page a run."""

from __future__ import annotations

import os
from typing import Any

import click

from expflow_hooks.cli.compare import query_options, ranked
from expflow_hooks.cli.options import policy, source_option
from expflow_hooks.core.errors import OK, UNREADABLE
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.registry.history import HistoryLine
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.wording import counted
from expflow_hooks.render.html.board import MOST_BELOW, summary
from expflow_hooks.render.html.report import INDEX, write_report
from expflow_hooks.render.output import emit
from expflow_hooks.sources.open import is_registry, registry_to_read

MOST_ROWS = 1000
"""How many ranked rows a page has where neither `--top` nor the policy says."""


@click.command("report", epilog="Example: expflow-hooks report --output report --sort-by pde_mean")
@source_option
@query_options
@click.option("--output", "-o", "folder", default="report", show_default=True, metavar="DIR", help="The folder.")
@click.option("--title", default="Leaderboard", show_default=True, help="The page's heading.")
def command(folder: str, title: str, **options: Any) -> int:
    """Write the leaderboard as one self-contained page, index.html, and a page for each run.

    Nothing is loaded from anywhere, and it can be read whole without JavaScript.
    """
    rules = policy()
    top = options["top"] or rules.leaderboard.top or MOST_ROWS
    ranking, source = ranked(rules, {**options, "top": top})
    lines = _lines(options["source"], ranking, rules)
    write_report(folder, ranking, source.name, lines, rules.metrics, title)
    emit(f"{os.path.join(folder, INDEX)}: {summary(ranking)}; {counted(len(lines), 'page')} of runs\n")
    return UNREADABLE if source.unreadable() else OK


def _lines(source: str | None, ranking: Ranking, rules: Policy) -> dict[str, list[HistoryLine]]:
    """Return the lines of every run on the page; a server has none."""
    if not is_registry(source, rules):
        return {}
    shown = (*ranking.ranked, *ranking.below[:MOST_BELOW])
    wanted = {name for row in shown for name in row.runs}
    return Registry(registry_to_read(source, rules), indexed=True).histories(wanted)
