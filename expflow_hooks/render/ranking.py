"""A ranking as people and programs see it: the leaderboard in text and Markdown, rows in CSV, the JSON of schema 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from expflow_hooks.core.metrics.gates import FAILS, HOLDS, NOT_COMPARABLE, UNDECIDED, Comparison, GateResult
from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.results import RankingResult, RankingRow
from expflow_hooks.core.wording import counted
from expflow_hooks.render.jsontext import to_json
from expflow_hooks.render.table import PLAIN, Bad, Column, Data, Good, Open, Style, Table, to_csv, to_form

MOST_BELOW = 10  # rows below the line that a person is shown, fewer with --top; JSON and CSV hold all

_KIND_WORDS = {
    "gate_failed": "gate failed",
    "undecided": "undecided",
    "not_comparable": "not comparable",
    "too_few_runs": "too few runs",
    "no_value": "sort value does not count",
    "not_completed": "not completed",
}


def ranking_json(ranking: Ranking, source: str, unreadable: int = 0) -> RankingResult:
    """Return the ranking as schema 1: ranked rows, then those below the line with `rank: null` and a reason."""
    return {
        "schema": 1,
        "source": source,
        "metric": ranking.query.sort_by,
        "direction": "descending" if ranking.higher_is_better else "ascending",
        "gates": [gate.text for gate in ranking.query.gates],
        "ranking": [_row_json(row, ranking.query.sort_by) for row in ranking.rows],
        "counts": {**ranking.counts, "unreadable_lines": unreadable},
    }


def _row_json(row: Row, metric: str) -> RankingRow:
    status = row.value_status
    return {
        "rank": row.rank,
        "band": list(row.band) if row.band else None,
        "optimism": row.optimism,
        "experiment_id": row.experiment_id,
        "name": row.name,
        "status": row.state,
        "n": row.n,
        "value": None if status else row.value,
        "value_status": status or "ok",
        "spread": row.group.spread if row.group else None,
        "gates_passed": row.gates_passed,
        "gates": [result.as_dict() for result in row.gate_results],
        "reason": row.reason(metric),
        "notes": list(row.told),
        "runs": list(row.group.runs) if row.group else [row.experiment_id],
        "tags": list(row.tags),
        "commit": row.commit,
    }


def ranking_table(ranking: Ranking, source: str) -> Table:
    """Return the leaderboard: rank, name, value, one column a gate with value and margin, and what there is to say."""
    query = ranking.query
    grouped = query.group_by is not None
    arrow = "↓" if not ranking.higher_is_better else "↑"
    ids = any(row.label != row.experiment_id for row in (*ranking.ranked, *ranking.below[:MOST_BELOW]))
    columns = [Column("rank", right=True), Column("name", narrowest=12)]
    columns += [Column("id", narrowest=10, spare=1)] if ids else []
    columns.append(Column(f"{query.sort_by} {arrow}", right=True))
    columns += [Column("n", right=True, spare=3), Column("spread", right=True, spare=5)] if grouped else []
    columns += [Column(gate.show(), spare=2) for gate in query.gates]
    columns.append(Column("notes", narrowest=24, spare=4))
    below = ranking.below[: min(MOST_BELOW, query.top or MOST_BELOW)]
    rows = [_cells(row, query.sort_by, grouped, ids) for row in (*ranking.ranked, *below)]
    return Table(columns, rows, _notes(ranking, source, len(below)))


def _cells(row: Row, metric: str, grouped: bool, ids: bool) -> list[str]:
    cells = [show_rank(row), Data(row.label), *([Data(row.experiment_id)] if ids else [])]
    cells.append(show_number(row.value))
    if grouped:
        spread = row.group.spread if row.group else None
        cells += [str(row.n), "" if spread is None else f"{spread:.4g}"]
    cells += [gate_cell(result) for result in row.gate_results]
    said = [text for text in (row.reason(metric), luck(row), *row.told) if text]
    return [*cells, Data("; ".join(said))]


def show_rank(row: Row) -> str:
    """Return the ranks that a row may have: one, or those of its band, `1-3`."""
    first, last = row.band or (row.rank, row.rank)
    if first is None:
        return "–"
    return str(first) if first == last else f"{first}-{last}"


_KINDS: dict[str, type[str]] = {HOLDS: Good, FAILS: Bad}
_MARKS = {HOLDS: "✓", FAILS: "✗", UNDECIDED: "?", NOT_COMPARABLE: "?"}


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
    return f"best of {k} not told apart: looks about {row.optimism:.2g} better than it is"


def gate_cell(result: GateResult) -> str:
    mark = _MARKS[result.outcome]
    kind = _KINDS.get(result.outcome, Open)
    if result.comparison:
        return kind(f"{mark} {show_comparison(result.comparison)}")
    if result.status or result.margin is None:
        return kind(f"{mark} {result.status or result.outcome.replace('-', ' ')}")
    return kind(f"{mark} {show_number(result.value)} ({result.margin:+.4g})")


def _notes(ranking: Ranking, source: str, below_shown: int) -> list[str]:
    counts = ranking.counts
    what = "group" if ranking.query.group_by else "experiment"
    line = f"{counts['ranked']} ranked"
    line += f" ({counts['cut']} more cut by --top)" if counts["cut"] else ""
    kinds = [f"{counts[kind]} {words}" for kind, words in _KIND_WORDS.items() if counts[kind]]
    line += f", {counts['below_the_line']} below the line" + (f": {', '.join(kinds)}" if kinds else "")
    hidden = counts["below_the_line"] - below_shown
    line += f" ({hidden} not listed here; --format json lists all)" if hidden else ""
    notes = [line, f"{counted(counts['experiments'], 'experiment')} from {source}"]
    if ranking.query.group_by is not None:
        notes[0] = f"by {what}: {line}"
    return [Data(note) for note in notes]


def ranking_csv(ranking: Ranking) -> str:
    """Return one line a row, the gates as columns of value, status and whether they passed."""
    query = ranking.query
    headings = ["rank", "experiment_id", "name", "status", "n", "metric", "value", "value_status", "spread"]
    headings += ["gates_passed", *(f"{gate.text} {part}" for gate in query.gates for part in ("value", "passed"))]
    rows = [_csv_row(row, query.sort_by) for row in ranking.rows]
    return to_csv([*headings, "reason", "notes"], rows)


def _csv_row(row: Row, metric: str) -> Sequence[Any]:
    entry = _row_json(row, metric)
    gates = [value for gate in entry["gates"] for value in (gate["value"], gate["passed"])]
    first = [entry[key] for key in ("rank", "experiment_id", "name", "status", "n")]
    second = [entry[key] for key in ("value", "value_status", "spread", "gates_passed")]
    return [*first, metric, *second, *gates, entry["reason"], "; ".join(entry["notes"])]


def render_ranking(ranking: Ranking, source: str, form: str, unreadable: int = 0, look: Style = PLAIN) -> str:
    """Return the ranking in one of the formats text, json, markdown, csv."""
    if form == "json":
        return to_json(ranking_json(ranking, source, unreadable))
    if form == "csv":
        return ranking_csv(ranking)
    table = ranking_table(ranking, source)
    return to_form(table, form, look)
