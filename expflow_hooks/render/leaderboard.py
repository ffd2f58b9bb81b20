"""A leaderboard: a ranking in words, once for the terminal, Markdown, the page and the notebook."""

from __future__ import annotations

from typing import Any, NamedTuple

from expflow_hooks.core.metrics.gates import Comparison, GateResult
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.wording import counted
from expflow_hooks.render.numbers import Show, for_column, in_gate

MOST_TABLES = 5  # of other definitions that a person is shown; JSON and CSV have all
MOST_BELOW = 10  # rows below the line in a table of text, fewer with --top; JSON and CSV have all

_KIND_WORDS = {
    "gate_failed": "gate failed",
    "undecided": "undecided",
    "not_comparable": "not comparable",
    "too_few_runs": "too few runs",
    "no_value": "sort value does not count",
    "not_completed": "not completed",
}


class GateCell(NamedTuple):
    """A gate of one row: its outcome, what was judged in words, and the margin (empty where there is none)."""

    outcome: str
    text: str
    margin: str


class Entry(NamedTuple):
    """One row in words. Names, ids and notes come from people and are escaped by the face that shows them."""

    row: Row
    rank: str
    value: str
    spread: str
    gates: list[GateCell]
    notes: list[str]

    @property
    def ranks(self) -> bool:
        """Return whether the row ranks."""
        return self.row.rank is not None


class Leaderboard(NamedTuple):
    """The rows to show, ranked ones first, and the text that every face puts around them."""

    ranking: Ranking
    source: str
    entries: list[Entry]
    hidden: int  # rows below the line that are not shown

    @property
    def metric(self) -> str:
        """Return the sort metric's name."""
        return self.ranking.query.sort_by

    @property
    def grouped(self) -> bool:
        """Return whether a row is a group of runs."""
        return self.ranking.query.group_by is not None

    @property
    def arrow(self) -> str:
        """Return the direction: ↓ where the smallest value is best."""
        return arrow(self.ranking)

    @property
    def gates(self) -> list[str]:
        """Return the gates as people write them, a column each."""
        return [gate.show() for gate in self.ranking.query.gates]

    @property
    def has_ids(self) -> bool:
        """Return whether a name differs from its id, so that both are shown."""
        return any(entry.row.label != entry.row.experiment_id for entry in self.entries)


def leaderboard(ranking: Ranking, source: str, *, below: int = MOST_BELOW, precise: bool = False) -> Leaderboard:
    """Return a ranking as people see it, with at most `below` rows below the line."""
    ranked, rest = ranking.ranked, ranking.below[:below]
    show = for_column((row.value for row in ranked), (row.value for row in rest), precise=precise)
    judged = [
        for_column((_judged(row, i) for row in ranked), (_judged(row, i) for row in rest), precise=precise)
        for i in range(len(ranking.query.gates))
    ]
    entries = [_entry(row, ranking.query.sort_by, show, judged) for row in (*ranked, *rest)]
    return Leaderboard(ranking, source, entries, len(ranking.below) - len(rest))


def _judged(row: Row, gate: int) -> Any:
    """Return the value that a gate judges, without judging it."""
    return row.results[gate].value if row.results is not None else row.gate_values[gate]


def _entry(row: Row, metric: str, show: Show, judged: list[Show]) -> Entry:
    spread = row.group.spread if row.group else None
    return Entry(
        row,
        show_rank(row),
        show(row.value),
        "" if spread is None else f"{spread:.4g}",
        [gate_cell(result, digits) for result, digits in zip(row.gate_results, judged, strict=True)],
        [text for text in (row.reason(metric), luck(row), *row.told) if text],
    )


def gate_cell(result: GateResult, show: Show) -> GateCell:
    """Return a gate's outcome in words: the value and its margin, or why there is none."""
    if result.comparison:
        return GateCell(result.outcome, show_comparison(result.comparison), "")
    if result.status or result.margin is None:
        return GateCell(result.outcome, result.status or result.outcome.replace("-", " "), "")
    return GateCell(result.outcome, in_gate(result, show), f"{result.margin:+.4g}")


def arrow(ranking: Ranking) -> str:
    """Return the direction as an arrow: ↓ where the smallest value is best."""
    return "↑" if ranking.higher_is_better else "↓"


def show_rank(row: Row) -> str:
    """Return the ranks that a row may have: one, or those of its band, `1-3`."""
    first, last = row.band or (row.rank, row.rank)
    if first is None:
        return "–"
    return str(first) if first == last else f"{first}-{last}"


def show_comparison(found: Comparison) -> str:
    """Return a mean or difference with its interval and the runs on each side: `-1.03 (-6.4%) [-1.3, -0.71] 3:3`."""
    percent = "" if found.percent is None else f" ({found.percent:+.3g}%)"
    interval = "" if found.low is None or found.high is None else f" [{found.low:.4g}, {found.high:.4g}]"
    sides = f" {found.n}:{found.of_base.n}" if found.of_base else ""
    return f"{found.estimate:.4g}{percent}{interval}{sides}"


def luck(row: Row) -> str | None:
    """Return how much of the leader's value is expected to be luck: the best of several looks better than it is."""
    if row.optimism is None or row.band is None:
        return None
    k = row.band[1] - row.band[0] + 1
    return f"leads a band of {k}: looks about {row.optimism:.2g} better than it is"


def summary(board: Leaderboard) -> list[str]:
    """Return the lines below the table: how many rank, how many do not and why, and where they come from."""
    counts = board.ranking.counts
    kinds = [f"{counts[kind]} {words}" for kind, words in _KIND_WORDS.items() if counts[kind]]
    line = "by group: " if board.grouped else ""
    line += f"{counts['ranked']} ranked" + (f" ({counts['cut']} more cut by --top)" if counts["cut"] else "")
    line += f", {counts['below_the_line']} below the line" + (f": {', '.join(kinds)}" if kinds else "")
    where = "" if board.ranking.query.top else "; --format json lists all"
    line += f" ({board.hidden} not listed here{where})" if board.hidden else ""
    apart = f"not comparable with {counted(counts['not_comparable_with'], 'other')}, ranked apart below"
    lines = [line, *([apart] if board.ranking.others else [])]
    return [*lines, f"{counted(counts['experiments'], 'experiment')} from {board.source}"]


def apart_heading(other: Ranking) -> str:
    """Return the heading of a table whose numbers were made otherwise: how, and with how many it is not comparable."""
    known = list(dict.fromkeys(one[:12] for one in other.definition.values() if one))
    how = f"Measured otherwise (definition {', '.join(known)})" if known else "Nothing says how these were measured"
    return f"{how}: not comparable with {counted(other.not_comparable_with, 'other')}"
