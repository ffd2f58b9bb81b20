"""The words of a verdict: sentences as Markdown and as plain text, what each verdict is called, and how it looks."""

from __future__ import annotations

from typing import NamedTuple

from expflow_hooks.action.evidence.evidence import Fragments
from expflow_hooks.action.page.numbers import percent, short
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
    """Return a sentence as Markdown; text from outside appears in code spans."""
    return "".join(code_span(piece, 200) if isinstance(piece, Data) else piece for piece in said)


def plain(said: Fragments) -> str:
    """Return a sentence as text without anything that a terminal or a log would obey."""
    return " ".join(terminal("".join(said)).split())


def status_state(judgement: Judgement) -> str:
    """Return the state of the commit status; no candidate where one is required is a wait for one."""
    missing = judgement.verdict == NO_CANDIDATE and not judgement.passed
    return "pending" if missing else LOOKS[judgement.verdict].state


def headline(judgement: Judgement) -> str:
    """Return the verdict in words; of several candidates it counts those that fail or wait."""
    words, total = LOOKS[judgement.verdict].words, len(judgement.rows)
    if total < 2:
        return words
    groups = judgement.evidence.ranking is not None and judgement.evidence.ranking.query.group_by is not None
    what = f"{total} candidate groups" if groups else f"{total} candidates"
    failing, waiting = len(judgement.failing), len(judgement.waiting)
    if failing:
        told = f"{failing} of {what} {'fails' if failing == 1 else 'fail'}"
        return told if judgement.verdict == FAIL else f"{words}, {told}"
    if waiting:
        return f"{words}, {waiting} of {what} {'waits' if waiting == 1 else 'wait'}"
    return f"{words}, all {what} hold"


def standing(judgement: Judgement) -> Fragments:
    """Return the best candidate's rank, value, and distance to the base's best."""
    ranking = judgement.evidence.ranking
    best = next((row for row in judgement.rows if row.rank is not None), None)
    if ranking is None or not judgement.rows:
        return ()
    query = ranking.query
    if best is None:
        first = judgement.rows[0]
        return Data(first.label), " is below the line", *distance(judgement, first)
    said: Fragments = (Data(best.label), f" is rank {best.rank} of {ranking.counts['ranked']} by ", Data(query.sort_by))
    return (*said, f": {short(best.value)}", *distance(judgement, best))


def is_comparable(row: Row, other: Row) -> bool:
    """Return whether both values count, and were made in the same way."""
    counts = value_status(row.value) is None and value_status(other.value) is None
    return counts and row.kind != "not_comparable"


def whose(judgement: Judgement) -> str:
    """Return what the candidates are compared with, before its name: a server has no base."""
    evidence = judgement.evidence
    base = evidence.registry or (evidence.ranking and evidence.ranking.query.base)
    return "the base's best, " if base else "the best of the others, "


def distance(judgement: Judgement, row: Row) -> Fragments:
    """Return how far a candidate is from the base's best, else the best of the others, and how sure that is."""
    ranking, other = judgement.evidence.ranking, judgement.evidence.rival
    if ranking is None or other is None or not is_comparable(row, other):
        return ()
    gap = row.value - other.value
    if gap == 0:
        return f", level with {whose(judgement)}", Data(other.label), *_sure(ranking, row, other)
    better = (gap > 0) is ranking.higher_is_better
    where = f", {abs(gap):.4g}{percent(abs(gap), other.value).replace('+', '')} {'better' if better else 'worse'} than "
    return where + whose(judgement), Data(other.label), *_sure(ranking, row, other)


def _sure(ranking: Ranking, row: Row, other: Row) -> Fragments:
    """Return how sure the distance of two groups is; nothing of single runs, whose noise nobody can know."""
    if row.group is None or other.group is None:
        return ()
    result = contrast(row, other, ranking.query.sort_by, higher=ranking.higher_is_better)
    if result.outcome == HOLDS:
        return (f"; 95% sure that it is better, by {abs(result.value):.3g} at least",)
    if result.outcome == FAILS and result.comparison:
        return ("; 95% sure that it is worse",)
    return (f"; not separated: {result.why}",) if result.why else ()


def description(judgement: Judgement) -> str:
    """Return the verdict in one short line, for the commit status and the log's last line."""
    words, look = headline(judgement), LOOKS[judgement.verdict]
    begin = words if words.startswith(look.words) else f"{look.words}: {words}"
    told = [plain(reason) for reason in judgement.reasons] or [plain(standing(judgement))]
    return f"{begin}: {'; '.join(told)}" if any(told) else begin
