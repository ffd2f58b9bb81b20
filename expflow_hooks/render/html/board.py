"""The leaderboard as HTML: what a notebook shows, and the main part of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zlib import crc32

from expflow_hooks.core.metrics.gates import FAILS, HOLDS, Gate
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.registry.experiment import parse_time
from expflow_hooks.core.wording import counted
from expflow_hooks.render.html.drawing import Point, Scale, dots, drawn_once, scale_of, shared, timeline
from expflow_hooks.render.html.text import document, framed, html
from expflow_hooks.render.leaderboard import MOST_TABLES, Entry, GateCell, Leaderboard, apart_heading, leaderboard
from expflow_hooks.render.numbers import roughly
from expflow_hooks.render.ranking import show_gate

Link = Callable[[str], "str | None"]
"""Takes an experiment's id, returns the address of its page, or None where it has none."""


def _nowhere(experiment_id: str) -> str | None:
    return None


MOST_BELOW = 200
"""How many rows below the line a page shows."""

_CLASSES = {HOLDS: "y", FAILS: "x"}


def page(ranking: Ranking, source: str, title: str, link: Link, made: str) -> str:
    """Return the whole page: the ranking's subject, the metric over time, the table; `made` is the time in words."""
    board = leaderboard(ranking, source, below=MOST_BELOW)
    parts = [
        f"<h1>{html(title)}</h1>",
        f'<p class="m">{html(summary(ranking))}. From {html(source)}, {html(made)}.</p>',
        timeline(_points(ranking), board.metric, higher=ranking.higher_is_better, gate=_gate(ranking)),
        '<label hidden>Filter <input id="filter" type="search" autocomplete="off"></label>',
        table(board, link),
        *_apart(ranking, source, link),
    ]
    return document(title, "\n".join(part for part in parts if part), script=True)


def summary(ranking: Ranking) -> str:
    """Return how many rank, how many are below the line, and how many were cut."""
    counts = ranking.counts
    cut = f" ({counts['cut']} more are not on this page)" if counts["cut"] else ""
    below = counts["below_the_line"]
    told = f"{below} below the line" + (f" ({below - MOST_BELOW} are not on this page)" if below > MOST_BELOW else "")
    apart = counts["not_comparable_with"]
    told += f", {apart} measured otherwise" if apart else ""
    return f"{counts['ranked']} ranked by {ranking.query.sort_by}{cut}, {told}, of " + counted(
        counts["experiments"], "experiment"
    )


def _apart(ranking: Ranking, source: str, link: Link = _nowhere, *, sortable: bool = True) -> list[str]:
    """Return the tables of experiments that were measured otherwise, each below its heading."""
    return [
        f"<h2>{html(apart_heading(other))}</h2>\n"
        + table(leaderboard(other, source, below=MOST_BELOW), link, sortable=sortable)
        for other in ranking.others[:MOST_TABLES]
    ]


def fragment(ranking: Ranking, source: str, most: int) -> str:
    """Return what a notebook shows: the first rows as a table that cannot be sorted, without a script."""
    shown = ranking._replace(ranked=ranking.ranked[:most])
    board = leaderboard(shown, source, below=min(MOST_BELOW, most))
    more = len(ranking.ranked) - len(shown.ranked)
    about = f"{summary(ranking)}. From {source}" + (f"; the first {most} are shown" if more else "")
    parts = [table(board, sortable=False), f'<p class="m">{html(about)}</p>', *_apart(ranking, source, sortable=False)]
    return framed("\n".join(parts))


def table(board: Leaderboard, link: Link = _nowhere, *, sortable: bool = True) -> str:
    """Return the table alone, each row with its runs as dots beside the gate and the leading band."""
    gate = _gate(board.ranking)
    scale = _scale([entry.row for entry in board.entries], gate)
    headings = ["rank", "name", board.metric, *(("n", "spread") if board.grouped else ()), "runs"]
    headings += [*board.gates, "notes"]
    direction = "descending" if board.ranking.higher_is_better else "ascending"
    cells = "".join(
        _heading(heading, direction if heading == board.metric else "none", sortable) for heading in headings
    )
    show = roughly(value for entry in board.entries for value in _values(entry.row))
    beside = shared(scale, gate, _band(board.ranking))
    name = f"g{crc32(beside.encode()):x}"  # several tables may stand on one page
    body = "\n".join(_row(entry, board, link, dots(_values(entry.row), scale, show, name)) for entry in board.entries)
    head = f"{drawn_once(beside, name)}<div class=w><table{' class=sort' if sortable else ''}>"
    head += f"<caption>Leaderboard</caption><thead><tr>{cells}</tr></thead>"
    return f"{head}<tbody>\n{body}\n</tbody></table></div>"


def _heading(text: str, direction: str, sortable: bool) -> str:
    if not sortable:
        return f'<th scope="col">{html(text)}</th>'
    return f'<th scope="col" aria-sort="{direction}"><button type="button">{html(text)}</button></th>'


def _row(entry: Entry, board: Leaderboard, link: Link, runs: str) -> str:
    row = entry.row
    address = link(row.experiment_id)
    name = html(row.label) if address is None else f'<a href="{html(address)}">{html(row.label)}</a>'
    cells = [
        f"<td class=n>{html(entry.rank)}",
        f"<th scope=row>{name}",
        f"<td class=n>{html(entry.value)}",
    ]
    if board.grouped:
        cells += [f"<td class=n>{row.n}", f"<td class=n>{html(entry.spread)}"]
    cells.append(f"<td>{runs}")
    cells += [_gate_html(cell) for cell in entry.gates]
    cells.append(f"<td class=note>{html('; '.join(entry.notes))}")
    return f"<tr{'' if entry.ranks else ' class=below'}>" + "".join(cells)


def _gate_html(cell: GateCell) -> str:
    return f"<td class={_CLASSES.get(cell.outcome, 'o')}>{html(show_gate(cell))}"


def _values(row: Row) -> list[float]:
    values = [run.value for run in row.group.members] if row.group and row.group.members else [row.value]
    return [float(value) for value in values if value_status(value) is None]


def _scale(rows: Sequence[Row], gate: float | None) -> Scale:
    """Return the scale of what ranks, with the gate where it is not so far that the runs would be one dot."""
    values = [value for row in rows if row.rank is not None for value in _values(row)]
    if not values:
        values = [value for row in rows for value in _values(row)] or [0.0]
    scale = scale_of(values)
    near = gate is not None and scale.low - scale.span <= gate <= scale.high + scale.span
    return scale_of([*values, gate]) if near and gate is not None else scale


def _gate(ranking: Ranking) -> float | None:
    """Return the threshold of the gate on the sort metric itself, which the drawings show."""
    plain: list[Gate] = [g for g in ranking.query.gates if g.metric == ranking.query.sort_by and not g.base]
    return float(plain[0].threshold) if plain else None


def _band(ranking: Ranking) -> tuple[float, float] | None:
    """Return the range of the leading band's values, where it has more than one group."""
    leaders = [row for row in ranking.ranked if row.band and row.band[0] == 1 and row.band[1] > 1]
    values = [float(row.value) for row in leaders]
    return (min(values), max(values)) if values else None


def _points(ranking: Ranking) -> list[Point]:
    found = []
    for row in ranking.ranked:
        at = parse_time(row.timestamp)
        if at is not None:
            found.append(Point(at, float(row.value)))
    return found
