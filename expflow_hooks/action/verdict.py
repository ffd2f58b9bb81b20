"""The verdict over one change, from what was gathered. Pure: no git, no network, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from expflow_hooks.action.evidence.evidence import Evidence, Fragments
from expflow_hooks.core.audit.rules import RuleResult
from expflow_hooks.core.audit.validate import audit
from expflow_hooks.core.change.belonging import EXACT, STALE, UNPROVED, Belonging
from expflow_hooks.core.errors import FAILED, OK, UNDECIDED, UNREADABLE, USAGE, worst
from expflow_hooks.core.metrics.gates import FAILS
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.wording import counted, listed
from expflow_hooks.render.table import Data

PASS, FAIL, NO_CANDIDATE, UNDECIDED_VERDICT, ERROR = "pass", "fail", "no-candidate", "undecided", "error"
VERDICTS = (ERROR, FAIL, UNDECIDED_VERDICT, NO_CANDIDATE, PASS)
"""Worst first, for the verdict over several pull requests."""
WAITING = ("too_few_runs", "undecided", "not_comparable")
"""What keeps a candidate's row below the line without saying no to it."""


class Reason(NamedTuple):
    """One reason: the exit code that it alone would give, the sentence, and the row that it is about, if it is one."""

    code: int
    said: Fragments
    row: str = ""


@dataclass(frozen=True)
class Judgement:
    """The verdict, the exit code that it alone decides, and the reasons as sentences, the worst first."""

    evidence: Evidence
    verdict: str
    passed: bool
    exit_code: int
    reasons: Sequence[Fragments]
    rows: Sequence[Row] = ()
    """The rows of the judged candidates, in the ranking's order."""
    checks: Mapping[str, Sequence[RuleResult]] = field(default_factory=dict)
    failing: Mapping[str, Fragments] = field(default_factory=dict)
    """The first ids of the rows that do not hold, and why."""
    waiting: Mapping[str, Fragments] = field(default_factory=dict)
    """The first ids of the rows that say neither yes nor no, and what they lack."""
    general: Sequence[Fragments] = ()
    """The reasons that are about more than one row."""

    @cached_property
    def own(self) -> frozenset[str]:
        """Return the first ids of the candidates' rows."""
        return frozenset(row.experiment_id for row in self.rows)

    @cached_property
    def exact(self) -> frozenset[str]:
        """Return the first ids of the candidates' rows of which every run ran what the head holds."""
        exact = {o.experiment.experiment_id for o in self.evidence.candidates.judged if o.freshness == EXACT}
        return frozenset(row.experiment_id for row in self.rows if exact.issuperset(row.runs))

    @property
    def failed_gates(self) -> list[str]:
        """Return the gates that a judged candidate fails, each once."""
        failed = [r.gate.text for row in self.rows for r in row.gate_results if r.outcome == FAILS]
        return list(dict.fromkeys(failed))


def judge(evidence: Evidence) -> Judgement:
    """Return the verdict: obstacles first, then broken promises, then the candidates."""
    rows = candidate_rows(evidence)
    checks = _audits(evidence)
    failing = {row.experiment_id: why for row in rows if (why := _why_fails(row, evidence, checks))}
    open_rows = [row for row in rows if row.kind in WAITING and row.experiment_id not in failing]
    waiting = {row.experiment_id: _why_waits(row, evidence) for row in open_rows}
    found = [*_problems(evidence), *_promises(evidence), *_numbers(evidence, rows, failing, waiting)]
    code = _decided([finding.code for finding in found])
    found.sort(key=lambda finding: _WORST_FIRST.index(finding.code))
    reasons, general = [one.said for one in found], [one.said for one in found if not one.row]
    verdict = _verdict(code, evidence)
    return Judgement(evidence, verdict, code == OK, code, reasons, rows, checks, failing, waiting, general)


def worst_of(judgements: Sequence[Judgement]) -> Judgement:
    """Return the worst of several judgements: of pull requests that share a head, the one that speaks for it."""
    return min(judgements, key=lambda one: (VERDICTS.index(one.verdict), one.passed))


_WORST_FIRST = (USAGE, UNREADABLE, FAILED, UNDECIDED, OK)
_VERDICT_OF = {FAILED: FAIL, USAGE: ERROR, UNREADABLE: ERROR}


def _verdict(code: int, evidence: Evidence) -> str:
    found = evidence.candidates
    if code == UNDECIDED:
        waits = evidence.problems or found.judged or found.unfinished or _nothing_matched(evidence)
        return UNDECIDED_VERDICT if waits else NO_CANDIDATE
    return _VERDICT_OF.get(code) or (PASS if found.judged else NO_CANDIDATE)


def _decided(codes: Sequence[int]) -> int:
    """Return the exit code: like everywhere, but a broken promise or gate goes before what is still undecided.

    A command that found nothing has nothing to say no to; a change that fails already is not mended by waiting.
    """
    return FAILED if FAILED in codes and set(codes) <= {OK, FAILED, UNDECIDED} else worst(list(codes))


def candidate_rows(evidence: Evidence) -> list[Row]:
    """Return the rows of the ranking that hold a judged candidate."""
    if evidence.ranking is None:
        return []
    ids = evidence.candidates.ids
    return [row for row in (*evidence.ranking.rows, *evidence.ranking.apart) if not ids.isdisjoint(row.runs)]


def _problems(evidence: Evidence) -> Iterable[Reason]:
    yield from (Reason(problem.exit_code, problem.said) for problem in evidence.problems)
    if evidence.rules and evidence.rules.broken:
        yield Reason(USAGE, ("the policy that this change proposes cannot be used: ", Data(evidence.rules.broken)))
    if evidence.unreadable:
        lines = listed(evidence.unreadable, 5)
        lines = Data(lines) if ":" in lines else lines  # the name of a folder's file comes from a person
        said = ("unreadable lines in the registry (", lines, "): one of them may be the one that fails")
        yield Reason(UNREADABLE, said)


def _promises(evidence: Evidence) -> Iterable[Reason]:
    if evidence.leaks:
        count = len(evidence.leaks)
        places = "place gives" if count == 1 else "places give"
        said = f"{count} {places} a PIN away; removing it is not enough, change the PIN"
        yield Reason(FAILED, (said,))
    if evidence.lost:
        first = evidence.lost[0]
        lost = f"the registry lost {counted(len(evidence.lost), 'line')} of the base, first "
        yield Reason(FAILED, (lost, *_line(evidence, first.file, first.line)))
    if evidence.broken:
        places = counted(len(evidence.broken), "place")
        number = evidence.broken[0].line
        where = evidence.chain.where(number) if evidence.chain else ("", number)
        held = f"the history of the registry's new lines does not hold in {places}, first "
        yield Reason(FAILED, (held, *_line(evidence, *where)))
    if evidence.rules and evidence.rules.origin == "head":
        said = "no policy binds yet: this change proposes the one it is judged by, so a person decides"
        yield Reason(UNDECIDED, (said,))


def _line(evidence: Evidence, file: str, line: int) -> Fragments:
    """Return a line's position in words, with its file where that is not the registry itself."""
    return (f"line {line}",) if file in ("", evidence.source) else (f"line {line} of ", Data(file))


def _numbers(
    evidence: Evidence, rows: Sequence[Row], failing: Mapping[str, Fragments], waiting: Mapping[str, Fragments]
) -> Iterable[Reason]:
    """Yield the reasons from ranking, gates and audit; nothing for a pass."""
    if evidence.ranking is None:
        if not evidence.problems:  # nobody looked, and nobody said why: that is never a pass
            yield Reason(UNREADABLE, ("nothing was ranked",))
        return
    found = evidence.candidates
    if found.judged:
        yield from _candidates(evidence, rows, failing, waiting)
        if evidence.evaluator:
            how = "; record the base's best again, under its own id, with `definition=definition_of(...)`"
            yield Reason(UNDECIDED, ("this change touches the evaluator: ", Data(listed(evidence.evaluator)), how))
        yield from _freshness(found.judged)
        yield from (_withdrawn(one) for one in found.judged if one.withdrawn)
    elif not found.unfinished:
        yield from _none(evidence)
    if found.unfinished:
        runs = counted(len(found.unfinished), "experiment")
        are = "is" if len(found.unfinished) == 1 else "are"
        names = Data(listed(one.experiment.label for one in found.unfinished))
        yield Reason(UNDECIDED, (f"{runs} of this change {are} unfinished: ", names))
    if evidence.rules and evidence.rules.fail_on == "any-fail":
        own = {row.experiment_id for row in rows}
        others = [row for row in evidence.ranking.below if row.kind == "gate_failed" and row.experiment_id not in own]
        if others:
            yield Reason(FAILED, (f"{counted(len(others), 'other experiment')} fail a gate (`fail_on: any-fail`)",))


def _candidates(
    evidence: Evidence, rows: Sequence[Row], failing: Mapping[str, Fragments], waiting: Mapping[str, Fragments]
) -> Iterable[Reason]:
    assert evidence.rules is not None
    mode = evidence.rules.fail_on
    tolerated = mode == "never" or (mode == "none-pass" and len(failing) + len(waiting) < len(rows))
    stale = {one.experiment.experiment_id for one in evidence.candidates.judged if one.freshness == STALE}
    by_id = {row.experiment_id: row for row in rows}
    for name, why in failing.items():
        # Numbers of other code say neither yes nor no.
        code = OK if tolerated else UNDECIDED if stale.issuperset(by_id[name].runs) else FAILED
        yield Reason(code, (Data(by_id[name].label), *why), name)
    for name, why in waiting.items():
        yield Reason(OK if tolerated else UNDECIDED, (Data(by_id[name].label), *why), name)


def _why_waits(row: Row, evidence: Evidence) -> Fragments:
    """Return what a candidate's row still lacks."""
    if row.kind == "too_few_runs":
        return (f" has {row.n} of {row.group.fewest if row.group else 1} runs",)
    assert evidence.ranking is not None
    return ": ", Data(row.reason(evidence.ranking.query.sort_by) or "")


def _why_fails(row: Row, evidence: Evidence, checks: Mapping[str, Sequence[RuleResult]]) -> Fragments:
    """Return why a candidate's row does not hold, or nothing."""
    assert evidence.ranking is not None
    if row.kind in ("gate_failed", "no_value"):
        return ": ", Data(row.reason(evidence.ranking.query.sort_by) or "")
    failed = [check.label for run in row.runs for check in checks.get(run, ()) if not check.passed]
    return (": audit: ", Data(", ".join(dict.fromkeys(failed)))) if failed else ()


def _freshness(judged: Sequence[Belonging]) -> Iterable[Reason]:
    """Yield why no candidate ran the code as it is now; nothing if one did."""
    if any(one.freshness == EXACT for one in judged):
        return
    stale = [one for one in judged if one.freshness == STALE]
    paths = list(dict.fromkeys(path for one in stale for path in one.paths))
    if stale:
        named = ("code that results depend on changed after the runs: ", Data(listed(paths)))
        unnamed = ("the code that results depend on is not the code that ran; train again on this commit",)
        yield Reason(UNDECIDED, named if paths else unnamed)
    unproved = [one.experiment.label for one in judged if one.freshness == UNPROVED]
    if unproved:
        said = " names neither code nor a clean commit, so nothing says what these numbers were made of"
        yield Reason(UNDECIDED, (Data(listed(unproved)), said))


def _withdrawn(one: Belonging) -> Reason:
    later = (Data(one.experiment.label), ": a later line says ", Data(one.withdrawn))
    return Reason(OK, (*later, "; it is judged by its completed line, which this change adds"))


def _none(evidence: Evidence) -> Iterable[Reason]:
    """Yield why there is no candidate, with the code that this has."""
    if not evidence.needs_candidate:
        yield Reason(OK, ("this change needs no experiment: it touches nothing that results depend on",))
    elif _nothing_matched(evidence):
        yield Reason(UNDECIDED, ("no experiment matched in ", Data(evidence.source_name)))
    else:
        yield Reason(UNDECIDED, ("no completed experiment belongs to this change",))


def _nothing_matched(evidence: Evidence) -> bool:
    return evidence.ranking is not None and evidence.ranking.experiments == 0 and evidence.needs_candidate


def _audits(evidence: Evidence) -> dict[str, list[RuleResult]]:
    """Return the checks of every judged candidate that the audit is for."""
    rules = evidence.rules
    if rules is None or not rules.audits:
        return {}
    wanted = set(rules.policy.audit.tags)
    return {
        one.experiment.experiment_id: audit(
            one.experiment,
            rules.policy.audit.rules,
            rules.policy.metrics,
            evidence.groups.get(one.experiment.experiment_id),
        )
        for one in evidence.candidates.judged
        if wanted.issubset(one.experiment.tags or ())
    }
