"""The audit in the comment: what fails is open, what holds is folded. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from expflow_hooks.action.page.leaderboard import folded, listing
from expflow_hooks.action.page.sizing import Detail
from expflow_hooks.action.verdict import Judgement
from expflow_hooks.core.audit.rules import RuleResult
from expflow_hooks.core.audit.validate import all_pass
from expflow_hooks.render.escape import code_span

_MOST_OPEN = 6  # points


def audit(judgement: Judgement, detail: Detail) -> Iterator[str]:
    """Yield the checks that fail, open, then those that hold, folded."""
    if not judgement.checks:
        return
    names = _names(judgement)
    checks = [(names[run], check) for run, found in judgement.checks.items() for check in found]
    failed = sum(not all_pass(found) for found in judgement.checks.values())
    if failed:
        points = [_point(name, check) for name, check in checks if not check.passed]
        few = detail._replace(entries=min(_MOST_OPEN, detail.entries))
        yield folded(f"Audit: {failed} of {len(judgement.checks)} fail", listing(points, few), opened=True)
    holding = [_point(name, check) for name, check in checks if check.passed]
    if holding:
        title = "Audit: what holds" if failed else "Audit: every rule holds"
        yield folded(title, listing(holding, detail))


def _names(judgement: Judgement) -> Mapping[str, str]:
    """Return what each judged run is called: its name, unless others share it."""
    runs = [one.experiment for one in judgement.evidence.candidates.judged]
    count = Counter(run.label for run in runs)
    return {run.experiment_id: run.label if count[run.label] == 1 else run.experiment_id for run in runs}


def _point(name: str, check: RuleResult) -> str:
    return f"{'✅' if check.passed else '❌'} {code_span(name)} {code_span(check.label)}: {code_span(check.detail)}"
