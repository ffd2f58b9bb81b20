"""A ranking as people and programs see it: the leaderboard in text and Markdown, rows in CSV, the JSON of schema 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from expflow_hooks.core.metrics.gates import FAILS, HOLDS, NOT_COMPARABLE, UNDECIDED
from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.results import RankingResult, RankingRow
from expflow_hooks.core.wording import counted
from expflow_hooks.render.frames import Frame
from expflow_hooks.render.jsontext import to_json
from expflow_hooks.render.leaderboard import (
    MOST_BELOW,
    MOST_TABLES,
    Entry,
    GateCell,
    Leaderboard,
    apart_heading,
    leaderboard,
    summary,
)
from expflow_hooks.render.listing import show_value
from expflow_hooks.render.numbers import Show, for_column, in_full
from expflow_hooks.render.table import PLAIN, Bad, Column, Data, Good, Open, Style, Table, to_form


def ranking_json(ranking: Ranking, source: str, unreadable: int = 0) -> RankingResult:
    """Return the ranking as schema 1: ranked rows, then those below the line with `rank: null` and a reason.

    With `top` there are no more rows than that; `counts` says how many there would be.
    """
    return {
        "schema": 1,
        "source": source,
        "metric": ranking.query.sort_by,
        "direction": "descending" if ranking.higher_is_better else "ascending",
        "gates": [gate.text for gate in ranking.query.gates],
        "definition": ranking.definition,
        "ranking": _rows_json(ranking),
        "counts": {**ranking.counts, "unreadable_lines": unreadable},
        "other_tables": [
            {"definition": other.definition, "ranking": _rows_json(other), "counts": other.counts}
            for other in ranking.others
        ],
    }


def _rows_json(ranking: Ranking) -> list[RankingRow]:
    return [_row_json(row, ranking.query.sort_by) for row in ranking.shown]


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


_MOST_VALUES = 3  # of a column that a row of several runs shows

_NONE: Mapping[str, Any] = MappingProxyType({})
Columns = Mapping[str, Mapping[str, Any]]
"""What else is shown of the runs: by column and experiment id."""


def ranking_table(board: Leaderboard, more: Columns = _NONE, *, precise: bool = False) -> Table:
    """Return the leaderboard: rank, name, value, one column per gate with value and margin, and the notes."""
    columns = [Column("rank", right=True), Column("name", narrowest=12)]
    columns += [Column("id", narrowest=10, spare=1)] if board.has_ids else []
    columns.append(Column(f"{board.metric} {board.arrow}", right=True))
    columns += [Column("n", right=True, spare=3), Column("spread", right=True, spare=5)] if board.grouped else []
    columns += [Column(gate, spare=2) for gate in board.gates]
    columns += [Column(Data(name), narrowest=8, spare=3) for name in more]
    columns.append(Column("notes", narrowest=24, spare=4))
    known = board.ranking.query.metrics
    shows = {
        name: for_column(values.values(), precise=precise) if name in known else show_number
        for name, values in more.items()
    }
    rows = []
    for entry in board.entries:
        asked = [Data(_of_runs(entry.row, more[name], shows[name])) for name in more]
        rows.append([*_cells(entry, board), *asked, Data("; ".join(entry.notes))])
    return Table(columns, rows, [Data(line) for line in summary(board)])


def _of_runs(row: Row, values: Mapping[str, Any], show: Show) -> str:
    """Return what the runs of a row have, each value once."""
    texts = dict.fromkeys(show_value(values.get(name), show) for name in row.runs)
    return ", ".join(list(texts)[:_MOST_VALUES]) + (", …" if len(texts) > _MOST_VALUES else "")


def _cells(entry: Entry, board: Leaderboard) -> list[str]:
    row = entry.row
    cells = [entry.rank, Data(row.label), *([Data(row.experiment_id)] if board.has_ids else []), entry.value]
    cells += [str(row.n), entry.spread] if board.grouped else []
    return [*cells, *map(show_gate, entry.gates)]


_KINDS: dict[str, type[str]] = {HOLDS: Good, FAILS: Bad}
MARKS = {HOLDS: "✓", FAILS: "✗", UNDECIDED: "?", NOT_COMPARABLE: "?"}


def show_gate(cell: GateCell) -> str:
    """Return a gate's cell: whether it holds, the value, and the margin, which is positive inside the gate."""
    margin = f" ({cell.margin})" if cell.margin else ""
    return _KINDS.get(cell.outcome, Open)(f"{MARKS[cell.outcome]} {cell.text}{margin}")


def ranking_frame(ranking: Ranking, more: Columns = _NONE) -> Frame:
    """Return one line a row, the gates as columns of value and whether they passed."""
    query = ranking.query
    headings = ["rank", "experiment_id", "name", "status", "n", "metric", "value", "value_status", "spread"]
    headings += ["gates_passed", *(f"{gate.text} {part}" for gate in query.gates for part in ("value", "passed"))]
    rows = [
        [
            *_csv_row(row, query.sort_by),
            table.definition.get(query.measured[0]),
            *(_of_runs(row, values, in_full) for values in more.values()),
        ]
        for table in (ranking, *ranking.others)
        for row in table.shown
    ]
    return Frame([*headings, "reason", "notes", "definition", *more], rows)


def _csv_row(row: Row, metric: str) -> Sequence[Any]:
    entry = _row_json(row, metric)
    gates = [value for gate in entry["gates"] for value in (gate["value"], gate["passed"])]
    first = [entry[key] for key in ("rank", "experiment_id", "name", "status", "n")]
    second = [entry[key] for key in ("value", "value_status", "spread", "gates_passed")]
    return [*first, metric, *second, *gates, entry["reason"], "; ".join(entry["notes"])]


def render_ranking(
    ranking: Ranking,
    source: str,
    form: str,
    unreadable: int = 0,
    look: Style = PLAIN,
    *,
    precise: bool = False,
    columns: Columns = _NONE,
) -> str:
    """Return the ranking in one of the formats text, json, markdown, csv."""
    if form == "json":
        return to_json(ranking_json(ranking, source, unreadable))
    if form == "csv":
        return ranking_frame(ranking, columns).to_csv()
    below = min(MOST_BELOW, ranking.query.top or MOST_BELOW)

    def shown(one: Ranking) -> str:
        board = leaderboard(one, source, below=below, precise=precise)
        return to_form(ranking_table(board, columns, precise=precise), form, look)

    parts = [shown(ranking)]
    for other in ranking.others[:MOST_TABLES]:
        heading = apart_heading(other)
        parts.append((f"### {heading}\n\n" if form == "markdown" else f"{heading}\n") + shown(other))
    if more := len(ranking.others[MOST_TABLES:]):
        parts.append(f"{counted(more, 'more table')} of other definitions; --format json has all\n")
    return "\n".join(parts)
