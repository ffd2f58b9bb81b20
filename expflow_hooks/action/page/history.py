"""What changed since the last comment: the state that a comment keeps, and the sentences on two of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from expflow_hooks.action.evidence.evidence import Fragments
from expflow_hooks.action.evidence.heads import Attested, attest, read_attested
from expflow_hooks.action.page.numbers import short
from expflow_hooks.action.verdict import Judgement
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.render.table import Data

_KEPT = 20  # rows: enough to tell what moved, and small beside the comment


def make_state(
    judgement: Judgement, before: Mapping[str, Any] | None = None, missing: Attested | None = None
) -> dict[str, Any]:
    """Return what the next comment compares with: verdict, head, how many rank, the best, the candidates, and what is
    vouched for of the registry."""
    evidence = judgement.evidence
    head = evidence.proposal.head if evidence.proposal else ""
    attested = attest(evidence.chain, head, read_attested(before or {}), missing)
    ranking = evidence.ranking
    best = ranking.ranked[0] if ranking and ranking.ranked else None
    return {
        "verdict": judgement.verdict,
        "head": head,
        "base": evidence.proposal.base if evidence.proposal else "",
        "judged": evidence.judged,
        "ranked": ranking.counts["ranked"] if ranking else 0,
        "best": _state_of(best) if best else None,
        "candidates": {_id(row): _state_of(row) for row in judgement.rows[:_KEPT]},
        "registry": attested._asdict() if attested else None,
    }


def what_changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Fragments]:
    """Return the differences of two states in sentences; nothing without a state before."""
    return list(_differences(before, now)) if before else []


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Fragments]:
    if before.get("verdict") != now["verdict"]:
        yield "verdict: ", Data(before.get("verdict")), " → ", Data(now["verdict"])
    if before.get("head") != now["head"]:
        yield "head commit: ", Data(str(before.get("head"))[:7]), " → ", Data(now["head"][:7])
    old, new = _row(before.get("best")), _row(now["best"])
    if old != new:
        yield "best: ", Data(_place(old)), " → ", Data(_place(new))
    candidates = before.get("candidates")
    known = candidates if isinstance(candidates, dict) else {}
    for name, kept in now["candidates"].items():
        was, row = _row(known.get(name)), _row(kept)
        if was is None:
            yield "new candidate: ", Data(_place(row))
        elif was != row:
            yield "candidate: ", Data(_place(was)), " → ", Data(_place(row))
    if before.get("ranked") != now["ranked"]:
        yield Data(f"{before.get('ranked')} → {now['ranked']}"), " ranked"


def _id(row: Row) -> str:
    return row.runs[0][:80]


def _state_of(row: Row) -> list[Any]:
    return [row.label[:80], row.rank, short(row.value)]


def _row(kept: Any) -> tuple[Any, ...] | None:
    return tuple(map(str, kept)) if isinstance(kept, (list, tuple)) and len(kept) == 3 else None


def _place(row: tuple[Any, ...] | None) -> str:
    if row is None:
        return "none"
    name, rank, value = row
    return f"{name} {value} " + ("(below the line)" if rank == "None" else f"(rank {rank})")
