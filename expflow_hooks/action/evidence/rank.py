"""The ranking of a change: the experiments that count, the candidates among them, and what they are compared with."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from expflow_hooks.action.evidence import records
from expflow_hooks.action.evidence.base_group import base_group, base_runs
from expflow_hooks.action.evidence.candidates import claimed, keep_apart, rival_of, to_change
from expflow_hooks.action.evidence.case import Case
from expflow_hooks.action.evidence.evaluator import measured_again, touched
from expflow_hooks.action.evidence.heads import chain_of
from expflow_hooks.action.evidence.proposal import CommitReader
from expflow_hooks.action.evidence.records import More
from expflow_hooks.action.evidence.tasks import read_whole
from expflow_hooks.core.audit.rules import needs_groups
from expflow_hooks.core.audit.runs import groups_of
from expflow_hooks.core.change.belonging import SHORTEST_ID, Tree, find_candidates
from expflow_hooks.core.change.code import code_patterns
from expflow_hooks.core.policy.path_patterns import any_match
from expflow_hooks.core.ranking import rank as ranking
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.registry.experiment import Experiment, latest
from expflow_hooks.core.registry.history import revisions
from expflow_hooks.core.registry.location import is_elsewhere, is_folder, locate
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.render.table import Data
from expflow_hooks.sources.base import CLEARML


def rank(case: Case) -> None:
    """Read the experiments, find the candidates, and rank everything."""
    experiments, registry = read_experiments(case, case.rules.query)
    choose_candidates(case, experiments, registry)
    if case.evidence.source == CLEARML:
        experiments = read_judged(case, experiments)
    rank_all(case, experiments)
    if registry is not None:
        look_back(case, registry)


def read_judged(case: Case, experiments: list[Experiment]) -> list[Experiment]:
    """Return the experiments with those read whole that are judged, which that may change: their changes show then."""
    known: frozenset[str] = frozenset()
    while not case.evidence.candidates.ids <= known:
        known |= case.evidence.candidates.ids
        experiments = read_whole(case.evidence, experiments)
        choose_candidates(case, experiments, None)
    return experiments


def read_experiments(case: Case, query: Query) -> tuple[list[Experiment], Registry | None]:
    """Return the experiments that count, each in its present state, and their registry if there is one."""
    evidence, source = case.evidence, case.evidence.source
    if is_elsewhere(source):
        found = case.place.tracker.read(source, case.rules.policy, query)
        evidence.source_name = found.name
        evidence.notes += [(Data(warning),) for warning in found.warnings]
        return latest(found.experiments, query.selection), None
    if not case.tracked:
        registry = Registry(locate(source).path)
        evidence.source_name = source
        evidence.chain = chain_of(registry, source, registry.lines)
    else:
        others = [More(case.bases_registry, case.question.base_branch or "the base")]
        if case.place.workspace:
            others.append(More(records.in_workspace(case.place.workspace, source), "the workspace"))
        united, more = records.unite(case.heads_registry, others)
        registry = Registry(source, held=united)
        evidence.source_name = f"{source} of {case.proposal.head[:12]}" + "".join(f", {one}" for one in more)
    return latest(registry.experiments(), query.selection), registry


def choose_candidates(case: Case, experiments: Sequence[Experiment], registry: Registry | None) -> None:
    """Find the experiments that belong to the change, and whether it touches what results depend on."""
    board = case.rules.policy.leaderboard
    patterns = code_patterns(board.paths, case.tracked)
    proposal, repository = case.question.runs or (case.proposal, case.place.repository)
    maybe = case.question.maybe
    named = maybe and any((run.revision or "").lower().startswith(maybe[:SHORTEST_ID]) for run in experiments)
    if named and proposal.head in repository.parents(maybe):
        proposal = proposal._replace(merges=(*proposal.merges, maybe))
    added = {}
    if registry is not None and case.tracked:
        head = Registry(case.tracked, held=case.heads_registry)
        added = records.added_lines(head, (case.forks_registry, case.bases_registry))
    judged = claimed(experiments, added, board.claims) if board.claims else experiments
    found = find_candidates(judged, to_change(proposal), _trees(case, repository), patterns, added)
    case.evidence.candidates = found
    case.evidence.touches_code = any_match(patterns, case.head.differing(case.fork))


def _trees(case: Case, repository: CommitReader) -> Tree:
    """Return a function that gives a commit's tree; those of head, fork point and base are read already."""
    known = {files.commit: files for files in (case.fork, case.head, case.base)}
    return lambda commit: known[commit].entries if commit in known else repository.tree(commit)


def rank_all(case: Case, experiments: Sequence[Experiment]) -> None:
    """Rank all experiments, candidates by the lines under judgement, beside the base's best."""
    evidence, query = case.evidence, case.rules.query
    if is_elsewhere(evidence.source):  # asked already: each question is asked once
        found = case.place.tracker.read(evidence.source, case.rules.policy, query)
        query = query._replace(remarks=found.remarks)
    files = touched(case.rules.policy.evaluator, case.head.differing(case.fork))
    base = base_runs(case.registry_of_base, query) if files or query.compares else None
    again = measured_again(experiments, base, query) if files and base is not None else {}
    evidence.candidates = evidence.candidates.without(again)
    judged = {one.experiment.experiment_id: one.experiment for one in evidence.candidates.judged}
    # A run that a later line withdraws is ranked as the line says that is judged.
    present = [judged.get(run.experiment_id, run) for run in experiments]
    if needs_groups(case.rules.policy.audit.rules):
        evidence.groups = groups_of(judged, present, case.rules.policy.ignored)
    query = query._replace(candidates=frozenset(judged))
    query = query._replace(definition=ranking.definition_to_rank(present, query))
    runs = present if base is None else [again.get(run.experiment_id, run) for run in base]
    best = base_group(runs, evidence.candidates.all_ids, query)
    apart = keep_apart(present, evidence.candidates, query.group_by)
    evidence.ranking = ranking.rank(apart, query._replace(base=best))
    evidence.rival = rival_of(evidence.ranking, evidence.candidates.all_ids)
    by_id: Mapping[str, Experiment] = {run.experiment_id: run for run in (*runs, *present)}
    evidence.rivals_runs = [by_id[name] for name in evidence.rival.runs] if evidence.rival else []
    known = any(run.definition_of(query.measured) == query.definition for run in again.values())
    evidence.evaluator = () if known else files


def look_back(case: Case, registry: Registry) -> None:
    """Note what only a registry knows: unreadable lines, revisions, and the line of each judged run."""
    evidence, tracked = case.evidence, case.tracked
    bad = ((line.line, posixpath.basename(line.file)) for line in registry.unreadable)
    evidence.unreadable = [f"{file}:{line}" if file else str(line) for line, file in bad]
    rivals = evidence.rival.runs if evidence.rival else ()
    evidence.histories = registry.histories(sorted({*evidence.candidates.ids, *rivals}))
    past = {name: found for name, found in evidence.histories.items() if name in evidence.candidates.ids}
    at = ((name, found[-1]) for name, found in past.items())
    folder = tracked if is_folder(tracked) else ""
    evidence.lines = {
        name: (folder + posixpath.basename(line.file) if folder else tracked, line.line) for name, line in at
    }
    evidence.revisions = {name: found for name in sorted(past) if (found := revisions(past[name]))}
