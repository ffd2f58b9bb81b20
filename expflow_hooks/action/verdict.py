"""The verdict over one change, from what was gathered. Pure: no git, no network, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from expflow_hooks.action.evidence.change import Change, Leak
from expflow_hooks.action.evidence.rules import Rules
from expflow_hooks.action.page.candidates import NONE, Candidates
from expflow_hooks.action.page.heads import Chain
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.core.audit.rules import Check
from expflow_hooks.core.audit.validate import audit
from expflow_hooks.core.errors import OK, SAYS_NO, UNDECIDED, UNREADABLE, USAGE, worst
from expflow_hooks.core.metrics.gates import FAILS
from expflow_hooks.core.ranking.query import GroupBy
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.registry import verify
from expflow_hooks.core.registry.append_only import Lost
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.reader import Revision
from expflow_hooks.core.wording import counted, listed
from expflow_hooks.render.table import Data

PASS, FAIL, NO_CANDIDATE, UNDECIDED_VERDICT, ERROR = "pass", "fail", "no-candidate", "undecided", "error"
VERDICTS = (ERROR, FAIL, UNDECIDED_VERDICT, NO_CANDIDATE, PASS)
"""Worst first, for the verdict over several pull requests."""

Said = tuple[str, ...]
"""A sentence in pieces: `Data` pieces come from a person or an experiment, the others are ours."""


class Problem(NamedTuple):
    """What kept the judging from looking: an exit code of 2 or 4, and the reason."""

    exit_code: int
    said: Said


@dataclass(frozen=True)
class Evidence:
    """Everything that a verdict over one change rests on."""

    inputs: Inputs
    change: Change | None = None
    rules: Rules | None = None
    source: str = ""  # as output names it
    registry: str = ""  # its path in the repository, where it is in one
    ranking: Ranking | None = None
    candidates: Candidates = NONE
    needs_candidate: bool = True
    unreadable: Sequence[str] = ()  # lines, in words
    leaks: Sequence[Leak] = ()
    lost: Sequence[Lost] = ()
    broken: Sequence[verify.Problem] = ()  # of the registry's new lines
    chain: Chain | None = None
    revisions: Mapping[str, Sequence[Revision]] = field(default_factory=dict)
    lines: Mapping[str, tuple[str, int]] = field(default_factory=dict)  # id -> file and last line of it there
    notes: Sequence[Said] = ()
    problems: Sequence[Problem] = ()


@dataclass(frozen=True)
class Judgement:
    """The verdict, the exit code that it alone decides, and the sentences that say why."""

    evidence: Evidence
    verdict: str
    passed: bool
    exit_code: int
    reasons: Sequence[Said]
    rows: Sequence[Row] = ()
    """The rows of the judged candidates, in the ranking's order."""
    checks: Mapping[str, Sequence[Check]] = field(default_factory=dict)

    @property
    def failed_gates(self) -> list[str]:
        """Return the gates that a judged candidate fails, each once."""
        failed = [r.gate.text for row in self.rows for r in row.gate_results if r.outcome == FAILS]
        return list(dict.fromkeys(failed))


def judge(evidence: Evidence) -> Judgement:
    """Return the verdict: what kept us from looking first, then broken promises, then the candidates."""
    rows = candidate_rows(evidence)
    checks = _audits(evidence)
    codes: list[int] = []
    reasons: list[Said] = []
    for code, said in (*_problems(evidence), *_promises(evidence), *_numbers(evidence, rows, checks)):
        codes.append(code)
        reasons.append(said)
    code = _decided(codes)
    return Judgement(evidence, _verdict(code, evidence), code == OK, code, reasons, rows, checks)


_VERDICT_OF = {SAYS_NO: FAIL, USAGE: ERROR, UNREADABLE: ERROR}


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
    return SAYS_NO if SAYS_NO in codes and set(codes) <= {OK, SAYS_NO, UNDECIDED} else worst(list(codes))


def candidate_rows(evidence: Evidence) -> list[Row]:
    """Return the rows of the ranking that hold a judged candidate."""
    if evidence.ranking is None:
        return []
    ids = evidence.candidates.ids
    return [row for row in evidence.ranking.rows if ids.intersection(runs_of(row))]


def runs_of(row: Row) -> tuple[str, ...]:
    """Return the ids of the runs in a row."""
    return row.group.runs if row.group else (row.experiment_id,)


def keep_apart(experiments: Iterable[Experiment], ids: frozenset[str], group_by: GroupBy | None) -> list[Experiment]:
    """Return the experiments with the candidates marked, so that a group never mixes the change's runs with others.

    The parameters may be the same where the code differs, which is what the change is about.
    """
    import msgspec

    if group_by is None:
        return list(experiments)
    mark = {"\0candidate": "1"}
    return [
        msgspec.structs.replace(run, params={**run.params, **mark}) if run.params and run.experiment_id in ids else run
        for run in experiments
    ]


def _problems(evidence: Evidence) -> Iterable[tuple[int, Said]]:
    yield from evidence.problems
    if evidence.rules and evidence.rules.broken:
        yield USAGE, ("the policy that this change proposes cannot be used: ", Data(evidence.rules.broken))
    if evidence.unreadable:
        lines = listed(evidence.unreadable, 5)
        lines = Data(lines) if ":" in lines else lines  # the name of a folder's file comes from a person
        yield UNREADABLE, ("unreadable lines in the registry (", lines, "): one of them may be the one that fails")


def _promises(evidence: Evidence) -> Iterable[tuple[int, Said]]:
    if evidence.leaks:
        count = len(evidence.leaks)
        places = "place gives" if count == 1 else "places give"
        yield SAYS_NO, (f"{count} {places} a PIN away; removing it is not enough, change the PIN",)
    if evidence.lost:
        first = evidence.lost[0]
        yield (
            SAYS_NO,
            (
                f"the registry lost {counted(len(evidence.lost), 'line')} of the base, first ",
                *_line(evidence, first.file, first.line),
            ),
        )
    if evidence.broken:
        places = counted(len(evidence.broken), "place")
        where = evidence.chain.where(evidence.broken[0].line) if evidence.chain else ("", evidence.broken[0].line)
        said = f"the history of the registry's new lines does not hold in {places}, first "
        yield SAYS_NO, (said, *_line(evidence, *where))


def _line(evidence: Evidence, file: str, line: int) -> Said:
    """Return where a line stands, in words: with its file where that is not the registry itself."""
    return (f"line {line}",) if file in ("", evidence.registry or evidence.source) else (f"line {line} of ", Data(file))


def _numbers(
    evidence: Evidence, rows: Sequence[Row], checks: Mapping[str, Sequence[Check]]
) -> Iterable[tuple[int, Said]]:
    """Yield what the ranking, the gates and the audit say; nothing for a pass."""
    if evidence.ranking is None:
        return
    found = evidence.candidates
    if found.judged:
        yield from _candidates(evidence, rows, checks)
        if found.stale:
            yield UNDECIDED, ("code that results depend on changed after the runs: ", Data(listed(found.stale)))
    elif not found.unfinished:
        yield from _none(evidence)
    if found.unfinished:
        count = len(found.unfinished)
        names = Data(listed([run.label for run in found.unfinished]))
        yield (
            UNDECIDED,
            (f"{counted(count, 'experiment')} of this change {'is' if count == 1 else 'are'} unfinished: ", names),
        )
    if evidence.inputs.fail_on == "any-fail":
        others = [row for row in evidence.ranking.below if row.kind == "gate_failed" and row not in rows]
        if others:
            yield SAYS_NO, (f"{counted(len(others), 'other experiment')} fail a gate (`fail-on: any-fail`)",)


def _candidates(
    evidence: Evidence, rows: Sequence[Row], checks: Mapping[str, Sequence[Check]]
) -> Iterable[tuple[int, Said]]:
    failures = [(row, reason) for row in rows if (reason := _why_fails(row, evidence, checks))]
    failing = [row.experiment_id for row, _ in failures]
    waiting = [row for row in rows if row.kind in WAITING and row.experiment_id not in failing]
    mode = evidence.inputs.fail_on
    tolerated = mode == "never" or (mode == "none-pass" and len(failures) + len(waiting) < len(rows))
    stale = bool(evidence.candidates.stale)  # numbers of other code: they say neither yes nor no
    for row, reason in failures:
        yield (OK if tolerated else UNDECIDED if stale else SAYS_NO), (Data(row.label), *reason)
    for row in waiting:
        yield (OK if tolerated else UNDECIDED), (Data(row.label), *_why_waits(row, evidence))


WAITING = ("too_few_runs", "undecided", "not_comparable")
"""What keeps a candidate's row below the line without saying no to it."""


def _why_waits(row: Row, evidence: Evidence) -> Said:
    """Return what a candidate's row still lacks."""
    if row.kind == "too_few_runs":
        return (f" has {row.n} of {row.group.fewest if row.group else 1} runs",)
    assert evidence.ranking is not None
    return ": ", Data(row.reason(evidence.ranking.query.sort_by) or "")


def _why_fails(row: Row, evidence: Evidence, checks: Mapping[str, Sequence[Check]]) -> Said:
    """Return why a candidate's row does not hold, or nothing."""
    assert evidence.ranking is not None
    if row.kind in ("gate_failed", "no_value"):
        return ": ", Data(row.reason(evidence.ranking.query.sort_by) or "")
    failed = [check.label for run in runs_of(row) for check in checks.get(run, ()) if not check.passed]
    return (": audit: ", Data(", ".join(dict.fromkeys(failed)))) if failed else ()


def _none(evidence: Evidence) -> Iterable[tuple[int, Said]]:
    """Yield why there is no candidate, with the code that this has."""
    if not evidence.needs_candidate:
        yield OK, ("this change touches nothing that results depend on, so it needs no candidate",)
    elif _nothing_matched(evidence):
        yield UNDECIDED, ("no experiment matched in ", Data(evidence.source))
    else:
        code = UNDECIDED if evidence.inputs.require_candidate else OK
        yield code, ("no completed experiment belongs to this change",)


def _nothing_matched(evidence: Evidence) -> bool:
    empty = evidence.ranking is not None and evidence.ranking.experiments == 0
    return empty and evidence.needs_candidate and not evidence.inputs.allow_empty


def _audits(evidence: Evidence) -> dict[str, list[Check]]:
    """Return the checks of every judged candidate that the audit is for."""
    rules = evidence.rules
    if rules is None or not rules.audits:
        return {}
    wanted = set(rules.policy.audit.tags)
    return {
        run.experiment_id: audit(run, rules.policy.audit.rules, rules.policy.metrics)
        for run in evidence.candidates.judged
        if wanted.issubset(run.tags or ())
    }
