"""The ranking in the comment, folded: the table with the candidates in place, its chart, and what is below the line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from expflow_hooks.action.page.chart import Bar, draw
from expflow_hooks.action.page.numbers import are_distinguishable, short, short_in_gate
from expflow_hooks.action.page.sizing import Detail
from expflow_hooks.action.verdict import Judgement
from expflow_hooks.core.metrics.gates import FAILS, HOLDS, NOT_COMPARABLE, UNDECIDED, GateResult
from expflow_hooks.core.metrics.values import show_number, value_status
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.wording import counted
from expflow_hooks.render.escape import code_span
from expflow_hooks.render.leaderboard import MOST_TABLES, apart_heading, luck, show_comparison, show_rank

DEFAULT_TOP = 20
_CHARTED = 12  # rows
_TAGS = 4
_COMMIT = re.compile(r"[0-9a-f]{40}")


def leaderboard(judgement: Judgement, detail: Detail, commits_url: str) -> str:
    """Return the whole ranking, folded; nothing where there is none."""
    ranking = judgement.evidence.ranking
    if ranking is None or not detail.ranking or not ranking.experiments:
        return ""
    chart = _chart(judgement, ranking) if detail.chart else ""
    apart = [_apart(judgement, other, detail) for other in ranking.others[:MOST_TABLES]]
    table, below_the_line = _table(judgement, ranking, detail, commits_url), _below(judgement, ranking, detail)
    blocks = filter(None, (table, chart, below_the_line, *apart))
    counts = ranking.counts
    below = f", {counts['below_the_line']} below the line" if counts["below_the_line"] else ""
    below += f", not comparable with {counted(counts['not_comparable_with'], 'other')}" if apart else ""
    return folded(f"Ranking: {counts['ranked']} ranked{below}", "\n\n".join(blocks))


def arrow(ranking: Ranking) -> str:
    """Return the direction as an arrow: ↓ where the smallest value is best."""
    return "↑" if ranking.higher_is_better else "↓"


def _table(judgement: Judgement, ranking: Ranking, detail: Detail, commits_url: str) -> str:
    shown = _shown(judgement, ranking, detail)
    if not shown:
        return ""
    query = ranking.query
    headings = ["Rank", "Experiment", f"{code_span(query.sort_by)} {arrow(ranking)}"]
    headings += [code_span(gate.show()) for gate in query.gates]
    headings += ["Tags", "Commit"] if detail.columns else []
    lines = [row_of(headings), "|--:|:--|--:|" + ":--|" * (len(headings) - 3)]
    show = short if are_distinguishable(row.value for row in shown) else show_number
    place, places = 0, {row.experiment_id: at for at, row in enumerate(ranking.ranked)}
    for row in shown:
        at = places[row.experiment_id]
        if at > place:
            lines.append(row_of([f"<sub>{at - place} more</sub>"] + [""] * (len(headings) - 1)))
        lines.append(row_of(_cells(judgement, row, detail, commits_url, show)))
        place = at + 1
    if len(ranking.ranked) > place:
        lines.append(row_of([f"<sub>{len(ranking.ranked) - place} more</sub>"] + [""] * (len(headings) - 1)))
    return "\n".join(lines)


def _shown(judgement: Judgement, ranking: Ranking, detail: Detail) -> list[Row]:
    """Return the first rows, and the candidates wherever they rank."""
    evidence = judgement.evidence
    top = evidence.inputs.top or (evidence.rules.policy.leaderboard.top if evidence.rules else None) or DEFAULT_TOP
    first = ranking.ranked[: min(top, detail.rows)]
    shown = {row.experiment_id for row in first}
    own = [row for row in judgement.rows if row.rank is not None and row.experiment_id not in shown]
    return first + own[: detail.rows]


def _cells(judgement: Judgement, row: Row, detail: Detail, commits_url: str, show: Callable[[Any], str]) -> list[str]:
    own = row.experiment_id in judgement.own
    rank = f"▶ **{show_rank(row)}**" if own else show_rank(row)
    name = f"**{code_span(row.label)}**" if own else code_span(row.label)
    name += note_lines(row, exact=row.experiment_id in judgement.exact)
    cells = [rank, name, value_cell(row, show), *(gate_cell(result) for result in row.gate_results)]
    return [*cells, tags_cell(row.tags), commit_cell(row.commit, commits_url)] if detail.columns else cells


def note_lines(row: Row, *, exact: bool) -> str:
    """Return a row's notes, a small line each; where `code` was compared, a clean commit is not needed."""
    unproved = ["not reproducible: uncommitted changes"] if row.dirty and not exact else []
    notes = [*filter(None, [luck(row)]), *row.told, *unproved]
    return "".join(f"<br><sub>{code_span(note)}</sub>" for note in notes)


def value_cell(row: Row, show: Callable[[Any], str]) -> str:
    """Return the sort metric's value; of a group with its spread and the number of runs."""
    shown = show(row.value)
    if row.group is None:
        return shown
    spread = f" ± {row.group.spread:.3g}" if row.group.spread is not None else ""
    return f"{shown}{spread} <sub>n={row.n}</sub>"


_MARKS = {HOLDS: "✅", FAILS: "❌", UNDECIDED: "⏳", NOT_COMPARABLE: "⏳"}


def gate_cell(result: GateResult, digits: int = 6) -> str:
    """Return a gate's cell: whether it holds, the value, and the margin, which is positive inside the gate."""
    mark = _MARKS[result.outcome]
    if result.comparison:
        return f"{mark} {show_comparison(result.comparison)}"
    if result.status or result.margin is None:
        return f"{mark} {result.status or result.outcome.replace('-', ' ')}"
    return f"{mark} {short_in_gate(result, digits)} <sub>{result.margin:+.4g}</sub>"


def gate_line(result: GateResult, metric: str, digits: int) -> str:
    """Return a gate with outcome and margin, and its value where it is of another metric than the one beside it."""
    mark, _, told = gate_cell(result, digits).partition(" ")
    if result.gate.metric == metric and not result.gate.of_groups and "<sub>" in told:
        told = told[told.index("<sub>") :]
    return f"{mark} {code_span(result.gate.show())} {told}"


def tags_cell(tags: Sequence[str]) -> str:
    """Return the first tags, each in a code span."""
    more = f" +{len(tags) - _TAGS}" if len(tags) > _TAGS else ""
    return " ".join(code_span(tag, 30) for tag in tags[:_TAGS]) + more


def commit_cell(commit: str | None, commits_url: str) -> str:
    """Return a commit's first digits, linked where it is a whole id."""
    if not commit:
        return ""
    if commits_url and _COMMIT.fullmatch(commit):
        return f"[`{commit[:7]}`]({commits_url}/{commit})"
    return code_span(commit[:7] if _COMMIT.fullmatch(commit) else commit, 12)


def row_of(cells: Sequence[str]) -> str:
    """Return a row of a table."""
    return "| " + " | ".join(cells) + " |"


def _chart(judgement: Judgement, ranking: Ranking) -> str:
    rows = [row for at, row in enumerate(ranking.ranked) if at < _CHARTED or row.experiment_id in judgement.own]
    failed = [row for row in judgement.rows if row.rank is None and value_status(row.value) is None]
    bars = [
        Bar(row.rank, row.value, row.experiment_id in judgement.own, row.label)
        for row in (rows + failed)[: 2 * _CHARTED]
    ]
    gates = [gate.threshold for gate in ranking.query.gates if gate.metric == ranking.query.sort_by]
    lines = draw(bars, gates, arrow(ranking))
    return "```text\n" + "\n".join(lines) + "\n```" if lines else ""


def _below(judgement: Judgement, ranking: Ranking, detail: Detail) -> str:
    """Return the rows below the line; the candidates among them come first."""
    if not ranking.below:
        return ""
    own = [row for row in ranking.below if row.experiment_id in judgement.own]
    rows = own + [row for row in ranking.below if row.experiment_id not in judgement.own]
    shown = rows[: max(detail.below, len(own[:3]))]
    lines = [row_of(["Below the line", f"{code_span(ranking.query.sort_by)} {arrow(ranking)}", "Why it does not rank"])]
    lines.append("|:--|--:|:--|")
    for row in shown:
        name = f"▶ **{code_span(row.label)}**" if row.experiment_id in judgement.own else code_span(row.label)
        reason = code_span(row.reason(ranking.query.sort_by) or "", 200)
        lines.append(row_of([name, short(row.value), reason]))
    if len(rows) > len(shown):
        lines.append(row_of([f"<sub>{len(rows) - len(shown)} more</sub>", "", ""]))
    return "\n".join(lines)


def listing(entries: Sequence[str], detail: Detail) -> str:
    """Return a list of points, as many as there is room for, and how many more there are."""
    more = [f"{len(entries) - detail.entries} more"] if len(entries) > detail.entries else []
    return "\n".join(f"- {entry}" for entry in [*entries[: detail.entries], *more])


def _apart(judgement: Judgement, other: Ranking, detail: Detail) -> str:
    """Return a table of those whose numbers were made otherwise, ranked among themselves."""
    query = other.query
    own = [row for row in other.rows if row.experiment_id in judgement.own]
    first = other.ranked[: min(detail.below, detail.rows)]
    rows = first + [row for row in own if row not in first]
    headings = ["Rank", "Experiment", f"{code_span(query.sort_by)} {arrow(other)}"]
    lines = [row_of([*headings, *(code_span(gate.show()) for gate in query.gates)])]
    lines.append("|--:|:--|--:|" + ":--|" * len(query.gates))
    for row in rows:
        mine = row.experiment_id in judgement.own
        name = f"▶ **{code_span(row.label)}**" if mine else code_span(row.label)
        lines.append(row_of([show_rank(row), name, value_cell(row, short), *map(gate_cell, row.gate_results)]))
    more = other.counts["ranked"] + len(other.below) - len(rows)
    lines += [row_of([f"<sub>{more} more</sub>", "", "", *("" for _ in query.gates)])] if more > 0 else []
    return f"**{apart_heading(other)}**\n\n" + "\n".join(lines)


def folded(summary: str, body: str, *, opened: bool = False) -> str:
    """Return a part that opens on a click; the summary is text of ours."""
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>\n\n{body}\n\n</details>"
