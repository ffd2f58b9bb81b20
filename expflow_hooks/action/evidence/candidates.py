"""The candidates of a change: what the core needs to decide belonging, and how the runs are ranked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from expflow_hooks.action.evidence.proposal import Proposal
from expflow_hooks.core.change.belonging import Candidates, Change
from expflow_hooks.core.ranking.query import GroupBy
from expflow_hooks.core.ranking.rank import Ranking
from expflow_hooks.core.ranking.row import Row
from expflow_hooks.core.registry.experiment import Experiment


def to_change(proposal: Proposal) -> Change:
    """Return what experiments are held against."""
    bases = tuple(dict.fromkeys(filter(None, (proposal.base, proposal.fork_point))))
    times = [commit.at for commit in proposal.commits if commit.at is not None]
    return Change(
        proposal.head,
        tuple(commit.id for commit in proposal.commits),
        bases,
        proposal.merges,
        proposal.branch,
        proposal.forked_at,
        max(times, default=None),
    )


def claimed(
    experiments: Iterable[Experiment], added: Mapping[str, Sequence[Experiment]], tags: Collection[str]
) -> list[Experiment]:
    """Return the experiments that have every tag, now or on a line that the change adds."""
    wanted = set(tags)
    return [
        run
        for run in experiments
        if any(wanted.issubset(line.tags or ()) for line in (run, *added.get(run.experiment_id, ())))
    ]


def keep_apart(experiments: Iterable[Experiment], candidates: Candidates, group_by: GroupBy | None) -> list[Experiment]:
    """Return the experiments with those of the change marked, so that no group mixes its runs with others.

    The parameters may be the same where the code differs, which is what the change is about; so are those of its runs
    that are not judged kept apart from those that are.
    """
    import msgspec

    if group_by is None:
        return list(experiments)
    judged, all_ids = candidates.ids, candidates.all_ids
    return [
        msgspec.structs.replace(run, params={**run.params, "\0candidate": str(run.experiment_id in judged)})
        if run.params and run.experiment_id in all_ids
        else run
        for run in experiments
    ]


def rival_of(ranking: Ranking, own: frozenset[str]) -> Row | None:
    """Return what the candidates are compared with: the base's best where a gate names it, else the best of the others.

    `own` are all runs of the change, whether judged or not.
    """
    return ranking.query.base or next((row for row in ranking.ranked if own.isdisjoint(row.runs)), None)
