"""Gathering the evidence for one change: promises, rules, experiments, candidates. What cannot be read is kept as such.

Nothing of the head is run here, and no step that fails lets a later one pass: a problem is an error verdict.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple, TypeVar

from expflow_hooks.action.evidence import registry as registries
from expflow_hooks.action.evidence.base_group import base_group
from expflow_hooks.action.evidence.change import Change, Repository
from expflow_hooks.action.evidence.rules import Rules, choose_rules
from expflow_hooks.action.page.candidates import find_candidates, matters
from expflow_hooks.action.page.heads import chain_of
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.action.verdict import Evidence, Problem, keep_apart
from expflow_hooks.core.errors import ExpflowError, UsageError
from expflow_hooks.core.ranking.rank import rank
from expflow_hooks.core.registry.append_only import Files, broken_by, check_growth
from expflow_hooks.core.registry.experiment import Experiment, latest
from expflow_hooks.core.registry.location import ENV_REGISTRY, in_repository, is_part
from expflow_hooks.core.registry.location import FILE as REGISTRY
from expflow_hooks.core.registry.reader import Registry, revisions
from expflow_hooks.render.table import Data
from expflow_hooks.sources.base import CLEARML
from expflow_hooks.sources.open import open_source

T = TypeVar("T")


@dataclass(frozen=True)
class Desk:
    """Where evidence is read: the repository, the workspace whose registry counts (or nothing), a folder for copies."""

    repository: Repository
    scratch: str
    workspace: str = ""
    late: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Question:
    """What to judge: a base and a head. Where runs belong to other commits than base..head, `runs` says which.

    `merges` are commits that are the head merged; `maybe` may be one, if the head turns out to be among its parents.
    """

    base: str
    head: str
    branch: str = ""
    number: int = 0
    merges: tuple[str, ...] = ()
    maybe: str = ""
    runs: tuple[Change, Repository] | None = None


def gather(desk: Desk, inputs: Inputs, question: Question) -> Evidence:
    """Return the evidence for one change."""
    problems: list[Problem] = []
    evidence = Evidence(inputs)
    change = _kept(problems, lambda: desk.repository.change(question.base, question.head))
    if change is not None:
        change = change._replace(branch=question.branch, number=question.number, merges=question.merges)
        evidence = replace(evidence, change=change)
        rules = _kept(problems, lambda: read_rules(desk.repository, inputs, change))
        excused = rules.policy.scan_allow if rules and rules.origin == "base" else ()
        leaks = _kept(problems, lambda: desk.repository.leaks(change, frozenset(excused)))
        evidence = replace(evidence, leaks=leaks or ())
        if rules is not None:
            evidence = replace(evidence, rules=rules)
            sources = _kept(problems, lambda: choose_source(inputs, desk.environment, rules))
            if sources is not None:
                source = sources.head
                files = cache(lambda: desk.repository.registry(change.head, source))
                evidence = replace(evidence, source=source)
                grown = _kept(problems, lambda: _with_chain(desk.repository, evidence, change, sources, files))
                evidence = grown or evidence
                found = _kept(problems, lambda: _experiments(desk, question, evidence, rules, source, files))
                evidence = found or evidence
    return replace(evidence, problems=tuple(dict.fromkeys((*evidence.problems, *problems))))


def _kept(problems: list[Problem], step: Callable[[], T]) -> T | None:
    """Return what a step found; where it could not look, keep the reason."""
    try:
        return step()
    except ExpflowError as error:
        problems.append(Problem(error.exit_code, (Data(str(error)),)))
        return None


def read_rules(repository: Repository, inputs: Inputs, change: Change) -> Rules:
    """Return the rules that bind the change; a head that did not touch the policy proposes no other."""
    base = repository.file(change.base, inputs.policy) if change.base else None
    untouched = base is not None and change.paths is not None and inputs.policy not in change.paths
    return choose_rules(inputs, base, base if untouched else repository.file(change.head, inputs.policy))


class Sources(NamedTuple):
    """Where experiments come from: `clearml`, or a registry's path, of the base and of the head, which may move it."""

    base: str
    head: str


def choose_source(inputs: Inputs, environment: Mapping[str, str], rules: Rules) -> Sources:
    """Return the sources: `clearml`, or a registry in the repository.

    A path out of the repository may come from the workflow only, never from a policy; the head's policy may move the
    registry within the repository, where the base's lines have to be found then. Raises UsageError.
    """
    named = inputs.source or environment.get(ENV_REGISTRY)
    folder = posixpath.dirname(inputs.policy)  # where a policy's paths count from
    source = named or posixpath.join(folder, rules.policy.leaderboard.source or REGISTRY)
    if CLEARML in (named, rules.policy.leaderboard.source if not named else None):
        return Sources(CLEARML, CLEARML)
    inside = in_repository(source, environment.get("GITHUB_WORKSPACE", ""))
    if not inside:
        if named and os.path.isabs(named):
            return Sources(named, named)
        raise UsageError(f"source {source[:120]!r}: here a source is a registry in the repository, or clearml")
    moved = "" if named else rules.moves_registry_to
    return Sources(inside, in_repository(posixpath.join(folder, moved)) if moved else inside)


def _with_chain(
    repository: Repository, evidence: Evidence, change: Change, sources: Sources, files: Callable[[], Files]
) -> Evidence:
    """Return the evidence with a tracked registry's chain, and what became of it since the change forked.

    Always the head commit's files: a run on the event and one for late results judge by other lines than these, and
    must vouch for the same.
    """
    source = sources.head
    if source == CLEARML or os.path.isabs(source):
        return evidence
    registry = Registry(source, held=files())
    # Read again where it is asked for: of many pull requests not all registries are kept.
    again = lambda: Registry(source, held=repository.registry(change.head, source)).lines()  # noqa: E731
    chain = chain_of(registry, source, again, sources.base)
    evidence = replace(evidence, chain=chain)
    paths = change.paths
    touched = paths is None or any(is_part(path, name) for path in sources for name in paths)
    if not change.fork_point or not (touched or sources.base != source):
        return evidence
    growth = check_growth(repository.registry(change.fork_point, sources.base), files())
    return replace(evidence, lost=growth.lost, broken=broken_by(growth, lambda: chain.found, registry.where))


def _experiments(
    desk: Desk, question: Question, evidence: Evidence, rules: Rules, source: str, files: Callable[[], Files]
) -> Evidence:
    """Return the evidence with experiments read, candidates found, and everything ranked."""
    query, registry, notes = rules.query, None, []
    if source == CLEARML:
        opened = open_source(CLEARML, rules.policy, query)
        name = opened.name
        read = list(opened.experiments(None))
        notes = [(Data(warning),) for warning in opened.warnings]
    else:
        found = registries.find_registry(files, question.head, source, desk.workspace, late=desk.late)
        registry, name = found
        read = list(registry.experiments())
        if os.path.isabs(source):
            evidence = replace(evidence, chain=chain_of(registry, source, registry.lines))
    experiments = latest(read, query.selection)
    tracked = "" if registry is None or os.path.isabs(source) else source
    evidence = replace(evidence, source=name, registry=tracked, notes=notes)
    evidence = _with_candidates(desk, question, evidence, rules, source, experiments)
    if source == CLEARML and evidence.candidates.judged:
        evidence, experiments = _with_whole_tasks(evidence, rules, experiments)
    ids = evidence.candidates.ids
    own = frozenset(run.experiment_id for run in evidence.candidates.all)
    assert evidence.change is not None
    base = base_group(desk.repository, evidence.change, source, experiments, own, query)
    ranking = rank(keep_apart(experiments, ids, query.group_by), query._replace(base=base, candidates=ids))
    evidence = replace(evidence, ranking=ranking)
    return evidence if registry is None else _with_past(evidence, registry)


def _with_candidates(
    desk: Desk, question: Question, evidence: Evidence, rules: Rules, source: str, experiments: list[Experiment]
) -> Evidence:
    assert evidence.change is not None
    change, repository = evidence.change, desk.repository
    if question.runs is not None:
        change, repository = question.runs
    maybe = question.maybe
    named = maybe and any((run.revision or "").lower().startswith(maybe[:7]) for run in experiments)
    if named and change.head in repository.parents(maybe):
        change = change._replace(merges=(*change.merges, maybe))
    patterns = rules.policy.leaderboard.paths
    head = change.head
    found = find_candidates(
        experiments, change, patterns, source, lambda commit: repository.paths_between(commit, head)
    )
    touched = change.paths
    needed = not patterns or touched is None or matters(touched, patterns, source)
    return replace(evidence, candidates=found, needs_candidate=needed)


def _with_whole_tasks(
    evidence: Evidence, rules: Rules, experiments: list[Experiment]
) -> tuple[Evidence, list[Experiment]]:
    """Return evidence and experiments with the judged tasks read again, whole: the ranking's query reads less.

    The audit needs every metric that it names, and whether there were uncommitted changes.
    """
    from expflow_hooks.sources.clearml.read import read_some

    named = [rule.subject for rule in rules.policy.audit.rules if rule.kind in ("reported", "gate")]
    needed = dict.fromkeys([rules.query.sort_by, *(gate.metric for gate in rules.query.gates), *named])
    found, warnings = read_some(sorted(evidence.candidates.ids), rules.policy, tuple(needed), dirty=True)
    whole = {run.experiment_id: run for run in found}
    judged = tuple(whole.get(run.experiment_id, run) for run in evidence.candidates.judged)
    candidates = evidence.candidates._replace(judged=judged)
    notes = dict.fromkeys([*evidence.notes, *((Data(warning),) for warning in warnings)])
    evidence = replace(evidence, candidates=candidates, notes=tuple(notes))
    return evidence, [whole.get(run.experiment_id, run) for run in experiments]


def _with_past(evidence: Evidence, registry: Registry) -> Evidence:
    """Return the evidence with what only a registry knows: unreadable lines, revisions, and where each line stands."""
    bad = ((line.line, os.path.basename(line.file)) for line in registry.unreadable)
    unreadable = tuple(f"{file}:{line}" if file else str(line) for line, file in bad)
    past = registry.histories(evidence.candidates.ids)
    at = ((name, found[-1]) for name, found in past.items())
    lines = {name: (evidence.registry + os.path.basename(line.file), line.line) for name, line in at}
    changes = {name: found for name in sorted(past) if (found := revisions(past[name]))}
    return replace(evidence, unreadable=unreadable, lines=lines, revisions=changes)
