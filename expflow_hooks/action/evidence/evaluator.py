"""Whether a change touches what makes the numbers, and whether the base was measured again by it since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from expflow_hooks.core.policy.path_patterns import matcher
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.registry.experiment import Experiment


def touched(patterns: Sequence[str], changed: Iterable[str]) -> tuple[str, ...]:
    """Return the files of the evaluator that differ."""
    return tuple(sorted(filter(matcher(patterns), changed))) if patterns else ()


def measured_again(present: Sequence[Experiment], base: Sequence[Experiment], query: Query) -> dict[str, Experiment]:
    """Return the base's completed runs whose numbers the change made anew, by another definition than the base's."""
    before = {run.experiment_id: run for run in base if run.state == "completed"}
    names = query.measured
    return {
        run.experiment_id: run
        for run in present
        if run.state == "completed"
        and run.experiment_id in before
        and any(run.definition_of(names))
        and run.definition_of(names) != before[run.experiment_id].definition_of(names)
    }
