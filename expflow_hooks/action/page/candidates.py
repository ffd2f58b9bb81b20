"""The candidates alone: each with its value, its difference to the base's best, its gates, and why it belongs. Pure.

Three columns, so that a phone shows them: what differs is in words and sign, never in a colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from expflow_hooks.action.page.leaderboard import arrow, folded, gate_line, note_lines, row_of, value_cell
from expflow_hooks.action.page.numbers import are_distinguishable, difference, short, short_in_gate
from expflow_hooks.action.page.sizing import Detail
from expflow_hooks.action.page.words import is_comparable, markdown, whose
from expflow_hooks.action.verdict import Judgement
from expflow_hooks.core.change.belonging import BRANCH, CODE, COMMIT, EXACT, LINE, STALE, UNPROVED
from expflow_hooks.core.metrics.values import show_number
from expflow_hooks.core.ranking.difference import Side, compare
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.registry.experiment import normal_parameter
from expflow_hooks.core.wording import listed
from expflow_hooks.render.escape import code_span
from expflow_hooks.render.leaderboard import show_rank

_MOST = 15  # rows
_DIGITS = 4  # significant
_MOST_PARAMETERS = 8
_BY = {LINE: "by line", CODE: "by code", COMMIT: "by commit", BRANCH: "by branch"}
_FRESHNESS = {EXACT: "ran this code", STALE: "ran other code", UNPROVED: "nothing proves its code"}

_SHOWN: tuple[Callable[[Any], str], ...] = (partial(short, digits=_DIGITS), short)


def table(judgement: Judgement, detail: Detail) -> str:
    """Return the candidates as a table, those that fail first; nothing where there are none."""
    ranking = judgement.evidence.ranking
    if ranking is None or not judgement.rows:
        return ""
    ordered = sorted(judgement.rows, key=lambda row: _urgency(judgement, row))
    shown = ordered[: min(_MOST, detail.entries)]
    show = next((one for one in _SHOWN if are_distinguishable((row.value for row in shown), one)), show_number)
    shared = _shared(judgement)
    lines = [row_of(["Candidate", f"{code_span(ranking.query.sort_by)} {arrow(ranking)}", "Gates"]), "|:--|--:|:--|"]
    for row in shown:
        name = _name(judgement, row, "" if shared else _belonging(judgement, row.runs))
        value = _value(row, ranking.query.sort_by, show) + "".join(
            f"<br><sub>{one}</sub>" for one in _beside(judgement, row)
        )
        lines.append(row_of([name, value, _gates(judgement, row)]))
    more = list(_more(judgement, ordered[len(shown) :]))
    lines += [row_of([f"<sub>{', '.join(more)}</sub>", "", ""])] if more else []
    return "\n".join(lines) + (f"\n\n<sub>{shared}</sub>" if shared else "")


def _value(row: Row, metric: str, show: Callable[[Any], str]) -> str:
    """Return the value, in more digits where few would put it on the other side of one of its gates."""
    own = [one for one in row.gate_results if one.gate.metric == metric and not one.gate.of_groups and not one.status]
    seems_so = all(short_in_gate(result, _DIGITS) == short(row.value, _DIGITS) for result in own)
    return value_cell(row, show if seems_so else repr)


def _shared(judgement: Judgement) -> str:
    """Return the reason for belonging that all candidates share; nothing if they differ, or for a single one."""
    told = {_belonging(judgement, row.runs) for row in judgement.rows}
    return f"Why they are candidates: {next(iter(told))}." if len(told) == 1 and len(judgement.rows) > 1 else ""


def _belonging(judgement: Judgement, runs: Sequence[str]) -> str:
    """Return why runs belong to the change, and whether they ran its code."""
    found = [one for one in judgement.evidence.candidates.judged if one.experiment.experiment_id in runs]
    by, ran = (
        [*dict.fromkeys(words)] for words in zip(*((_BY[o.by], _FRESHNESS[o.freshness]) for o in found), strict=True)
    )
    return f"{' and '.join(by)} · {', '.join(ran)}"


def _urgency(judgement: Judgement, row: Row) -> int:
    return 0 if row.experiment_id in judgement.failing else 1 if row.experiment_id in judgement.waiting else 2


_SIGNS = ("❌", "⏳", "✅")
_REST = ("fail", "wait", "hold")


def _more(judgement: Judgement, rows: Sequence[Row]) -> Iterator[str]:
    """Yield how many candidates are not shown, in words."""
    for urgency, word in enumerate(_REST):
        count = sum(_urgency(judgement, row) == urgency for row in rows)
        if count:
            yield f"{count} more {word if count > 1 else word + 's'}"


def _name(judgement: Judgement, row: Row, belonging: str) -> str:
    """Return the name with its sign, and below it the rank, why it belongs, and the row's notes."""
    rank = f"rank {show_rank(row)}" if row.rank is not None else "below the line"
    told = " · ".join(filter(None, [rank, belonging]))
    name = f"{_SIGNS[_urgency(judgement, row)]} **{code_span(row.label)}**<br><sub>{told}</sub>"
    return name + note_lines(row, exact=row.experiment_id in judgement.exact)


def _gates(judgement: Judgement, row: Row) -> str:
    """Return the gates, a line each, and what else keeps the row from holding."""
    assert judgement.evidence.ranking is not None
    metric = judgement.evidence.ranking.query.sort_by
    lines = [gate_line(result, metric, _DIGITS) for result in row.gate_results]
    why = judgement.failing.get(row.experiment_id)
    if why and row.kind not in ("gate_failed", "no_value"):
        lines.append(f"❌ {markdown(why).removeprefix(': ')}")
    if row.kind in ("too_few_runs", "not_comparable", "no_value", "not_completed"):
        lines.append(f"⏳ {code_span(row.reason(metric) or '', 200)}")
    return "<br>".join(lines)


def _beside(judgement: Judgement, row: Row) -> Iterator[str]:
    """Yield the difference to the base's best, with sign, percent and a word."""
    evidence = judgement.evidence
    if evidence.ranking is None or evidence.rival is None or not is_comparable(row, evidence.rival):
        return
    yield difference(row.value, evidence.rival.value, higher=evidence.ranking.higher_is_better)


def not_judged(judgement: Judgement) -> str:
    """Return how many experiments of the change are not judged, because they ran other code or an older commit."""
    runs = [one.experiment for one in judgement.evidence.candidates.superseded]
    if not runs:
        return ""
    names = listed((code_span(run.label) for run in runs[:3]), of=len(runs))
    those = "it ran" if len(runs) == 1 else "they ran"
    return f"<sub>Not judged: {names}, since {those} other code than those above.</sub>"


def parameters(judgement: Judgement, detail: Detail) -> str:
    """Return what the candidates' parameters are beside those of the base's best, folded; nothing where none differ."""
    evidence = judgement.evidence
    if evidence.rival is None or evidence.rules is None or not evidence.rivals_runs:
        return ""
    group_by = evidence.rules.query.group_by
    ignored = {normal_parameter(name) for name in (group_by.ignore if group_by else ("seed",))}
    by_id = {one.experiment.experiment_id: one.experiment for one in evidence.candidates.judged}
    best = Side(evidence.rivals_runs[0], evidence.rivals_runs)
    lines = []
    for row in judgement.rows:
        runs = [by_id[name] for name in row.runs if name in by_id]
        params = compare(best, Side(runs[0], runs), evidence.rules.policy.metrics).params if runs else []
        differing = [one for one in params if not one.same and normal_parameter(one.name) not in ignored]
        shown = [f"{code_span(one.name)} {_told(one.first)} → {_told(one.second)}" for one in differing]
        if shown:
            lines.append(f"- {code_span(row.label)}: {listed(shown, _MOST_PARAMETERS)}")
    more = [f"- {len(lines) - detail.entries} more"] if len(lines) > detail.entries else []
    body = "\n".join(
        [f"{whose(judgement)}{code_span(evidence.rival.label)} → candidate:", "", *lines[: detail.entries]]
    )
    return folded("Parameters that differ", "\n".join([body, *more])) if lines else ""


def _told(value: object) -> str:
    return "–" if value is None else code_span(str(value), 40)
