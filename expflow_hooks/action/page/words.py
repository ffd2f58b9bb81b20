"""The words of a verdict: sentences as Markdown and as plain text, what each verdict is called, and how it looks."""

from __future__ import annotations

from typing import NamedTuple

from expflow_hooks.action.evidence.evidence import Fragments
from expflow_hooks.action.page.numbers import short
from expflow_hooks.action.verdict import (
    ERROR,
    FAIL,
    NO_CANDIDATE,
    PASS,
    UNDECIDED_VERDICT,
    Judgement,
)
from expflow_hooks.core.metrics.gates import FAILS, HOLDS
from expflow_hooks.core.metrics.values import value_status
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.ranking.uncertainty import contrast
from expflow_hooks.render.escape import code_span, terminal
from expflow_hooks.render.table import Data


class VerdictStyle(NamedTuple):
    """How a verdict looks: its sign, its words, and the state of the commit status."""

    sign: str
    words: str
    state: str


LOOKS = {
    PASS: VerdictStyle("✅", "pass", "success"),
    FAIL: VerdictStyle("❌", "fail", "failure"),
    NO_CANDIDATE: VerdictStyle("⚪", "no candidate", "success"),
    UNDECIDED_VERDICT: VerdictStyle("⏳", "undecided", "pending"),
    ERROR: VerdictStyle("🛑", "error", "error"),
}


def markdown(said: Fragments) -> str:
    """Return a sentence as Markdown; what is not ours stands in code spans."""
    return "".join(code_span(piece, 200) if isinstance(piece, Data) else piece for piece in said)


def plain(said: Fragments) -> str:
    """Return a sentence as text without anything that a terminal or a log would obey."""
    return " ".join(terminal("".join(said)).split())


def status_state(judgement: Judgement) -> str:
    """Return the state of the commit status; no candidate where one is required is a wait for one."""
    missing = judgement.verdict == NO_CANDIDATE and not judgement.passed
    return "pending" if missing else LOOKS[judgement.verdict].state


def standing(judgement: Judgement) -> Fragments:
    """Return where the best candidate stands: its rank, its value, and how far it is from the best of the others."""
    ranking = judgement.evidence.ranking
    best = next((row for row in judgement.rows if row.rank is not None), None)
    if ranking is None or not judgement.rows:
        return ()
    query = ranking.query
    if best is None:
        first = judgement.rows[0]
        return Data(first.label), " stands below the line", *distance(judgement, first)
    said: Fragments = (Data(best.label), f" is rank {best.rank} of {ranking.counts['ranked']} by ", Data(query.sort_by))
    return (*said, f": {short(best.value)}", *distance(judgement, best))


def distance(judgement: Judgement, row: Row) -> Fragments:
    """Return how far a candidate is from the base's best, else the best of the others, and how sure that is."""
    ranking = judgement.evidence.ranking
    assert ranking is not None
    base = ranking.query.base
    other = base or next((other for other in ranking.ranked if other.experiment_id not in judgement.own), None)
    if other is None or value_status(row.value) is not None or value_status(other.value) is not None:
        return ()
    whose = "the base's best, " if base else "the best of the others, "
    gap = abs(row.value - other.value)
    if gap == 0:
        return f", level with {whose}", Data(other.label), *_sure(ranking, row, other)
    ahead = (row.value > other.value) == ranking.higher_is_better
    percent = f" ({100 * gap / abs(other.value):.3g}%)" if other.value else ""
    where = f", {gap:.4g}{percent} {'ahead of' if ahead else 'behind'} {whose}"
    return where, Data(other.label), *_sure(ranking, row, other)


def _sure(ranking: Ranking, row: Row, other: Row) -> Fragments:
    """Return how sure the distance of two groups is; nothing of single runs, whose noise nobody can know."""
    if row.group is None or other.group is None:
        return ()
    result = contrast(row, other, ranking.query.sort_by, higher=ranking.higher_is_better)
    if result.outcome == HOLDS:
        return (f"; 95% sure that it is better, by {abs(result.value):.3g} at least",)
    if result.outcome == FAILS and result.comparison:
        return ("; 95% sure that it is worse",)
    return (f"; not told apart: {result.why}",) if result.why else ()


def description(judgement: Judgement) -> str:
    """Return the verdict in one short line, for the commit status and the log's last line."""
    look = LOOKS[judgement.verdict]
    told = [plain(reason) for reason in judgement.reasons] or [plain(standing(judgement))]
    return f"{look.words}: {'; '.join(told)}" if any(told) else look.words
