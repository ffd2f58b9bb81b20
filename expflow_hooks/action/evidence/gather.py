"""Gathering the evidence for one change, step by step. What cannot be read is kept as a problem, which is an error.

Nothing of the head is run here, and no step that fails lets a later one pass.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from expflow_hooks.action.evidence import records
from expflow_hooks.action.evidence.base_group import base_group, base_runs
from expflow_hooks.action.evidence.candidates import claimed, keep_apart, to_change
from expflow_hooks.action.evidence.evaluator import measured_again, touched
from expflow_hooks.action.evidence.evidence import Evidence, Problem
from expflow_hooks.action.evidence.files import Files
from expflow_hooks.action.evidence.fingerprint import fingerprint
from expflow_hooks.action.evidence.heads import chain_of
from expflow_hooks.action.evidence.proposal import Proposal, Repository
from expflow_hooks.action.evidence.question import Place, Question
from expflow_hooks.action.evidence.records import Held, More
from expflow_hooks.action.evidence.rules import Rules, choose_rules
from expflow_hooks.action.github.client import BudgetError
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.core.change.belonging import SHORTEST_ID, Tree, find_candidates
from expflow_hooks.core.change.code import code_patterns
from expflow_hooks.core.errors import UNREADABLE, ExpflowError, UsageError
from expflow_hooks.core.policy.path_patterns import any_match
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.ranking.rank import definition_to_rank, rank
from expflow_hooks.core.registry.append_only import broken_by, check_growth
from expflow_hooks.core.registry.experiment import Experiment, latest
from expflow_hooks.core.registry.history import revisions
from expflow_hooks.core.registry.location import FILE as REGISTRY
from expflow_hooks.core.registry.location import in_repository, is_folder, locate
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.render.table import Data
from expflow_hooks.sources.base import CLEARML


def gather(place: Place, inputs: Inputs, question: Question) -> Evidence:
    """Return the evidence for one change."""
    case = _Case(place, inputs, question)
    with case.step():
        case.read_proposal()
    if case.evidence.proposal is not None:
        with case.step():
            case.read_rules()
        with case.step():
            case.scan()
    if case.evidence.rules is not None:
        with case.step():
            case.choose_source()
    if case.evidence.source:
        with case.step():
            case.check_registry()
        with case.step():
            case.rank()
        with case.step():
            case.check_tasks()
    with case.step():
        case.take_fingerprint()
    return case.evidence


@dataclass
class _Case:
    """The evidence as far as it is gathered; each method is a step that needs those before it."""

    place: Place
    inputs: Inputs
    question: Question
    evidence: Evidence = field(init=False)
    tracked: str = ""
    """The path of the registry in the head; nothing for one elsewhere."""
    tracked_in_base: str = ""

    def __post_init__(self) -> None:
        self.evidence = Evidence(self.inputs)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Keep why a step could not look, once."""
        try:
            yield
        except ExpflowError as error:
            passes = error.exit_code == UNREADABLE and not isinstance(error, BudgetError)
            problem = Problem(error.exit_code, (Data(str(error)),), passes)
            if problem not in self.evidence.problems:
                self.evidence.problems.append(problem)

    @property
    def proposal(self) -> Proposal:
        assert self.evidence.proposal is not None
        return self.evidence.proposal

    @property
    def rules(self) -> Rules:
        assert self.evidence.rules is not None
        return self.evidence.rules

    @cached_property
    def head(self) -> Files:
        return Files(self.place.repository, self.proposal.head)

    @cached_property
    def fork(self) -> Files:
        return Files(self.place.repository, self.proposal.fork_point)

    @cached_property
    def base(self) -> Files:
        return Files(self.place.base, self.question.base)

    def read_proposal(self) -> None:
        """Read the commits of the change."""
        asked = self.question
        found = self.place.repository.proposal(asked.since or asked.base, asked.head)
        self.evidence.proposal = found._replace(branch=asked.branch, number=asked.number, merges=asked.merges)

    def read_rules(self) -> None:
        """Read the base's policy at its tip, and what the head makes of it.

        A head that did not touch the policy proposes no other than it forked from.
        """
        path = self.inputs.policy
        base, head = self.base.read(path), self.head.blob_of(path)
        untouched = bool(self.proposal.fork_point) and head == self.fork.blob_of(path)
        proposed = base if untouched and base is not None else self.head.read(path)
        self.evidence.rules = choose_rules(self.inputs, base, proposed)
        laxer = " is laxer than the policy and does not count"
        self.evidence.notes += [(f"`{name}`", laxer) for name in self.evidence.rules.ignored]

    def scan(self) -> None:
        """Look for what gives a PIN away; only a base's policy excuses."""
        rules = self.evidence.rules
        excused = rules.policy.scan_allow if rules and rules.origin == "base" else ()
        if self.question.scan:
            self.evidence.leaks = self.place.repository.leaks(self.proposal, frozenset(excused))
        self.evidence.scanned_clean = not self.evidence.leaks and not excused

    def choose_source(self) -> None:
        """Choose the source: `clearml`, or a registry in the repository.

        A path out of the repository may come from the workflow only, never from a policy. The head's policy may move
        the registry within the repository, where the base's lines have to be found then.
        """
        named = self.inputs.source
        stated = self.rules.policy.leaderboard.source or REGISTRY
        if (named or stated) == CLEARML:
            self.evidence.source = CLEARML
            return
        folder = posixpath.dirname(self.inputs.policy)  # where a policy's paths count from
        source = named or posixpath.join(folder, stated)
        self.tracked_in_base = in_repository(source, self.place.workspace)
        if self.tracked_in_base:
            moved = "" if named else self.rules.moves_registry_to
            self.tracked = in_repository(posixpath.join(folder, moved)) if moved else self.tracked_in_base
            self.evidence.source = self.evidence.registry = self.tracked
        elif named and os.path.isabs(named):
            self.evidence.source = named
        else:
            raise UsageError(f"source {source[:120]!r}: here a source is a registry in the repository, or clearml")

    @cached_property
    def heads_registry(self) -> Held:
        return self.head.registry(self.tracked) if self.tracked else {}

    @cached_property
    def forks_registry(self) -> Held:
        return self.fork.registry(self.tracked_in_base) if self.tracked and self.fork.commit else {}

    @cached_property
    def bases_registry(self) -> Held:
        return self.base.registry(self.tracked_in_base) if self.tracked and self.base.commit else {}

    def check_registry(self) -> None:
        """Check that the tracked registry only grew since the change forked, and note its history.

        Always the head commit's: a run on the event and one for late results judge by other lines than these, and
        vouch for the same.
        """
        if not self.tracked:
            return
        head = Registry(self.tracked, held=self.heads_registry)
        chain = chain_of(head, self.tracked, head.lines, self.tracked_in_base)
        self.evidence.chain = chain
        if self.proposal.fork_point:
            growth = check_growth(self.forks_registry, self.heads_registry)
            self.evidence.lost = growth.lost
            self.evidence.broken = broken_by(growth, lambda: chain.found, head.where)

    def rank(self) -> None:
        """Read the experiments, find the candidates, and rank everything."""
        query = self.rules.query
        experiments, registry = self._read_experiments(query)
        self._find_candidates(experiments, registry)
        if self.evidence.source == CLEARML and self.evidence.candidates.judged:
            experiments = self._whole_tasks(experiments)
        files = touched(self.rules.policy.evaluator, self.head.differing(self.fork))
        base = base_runs(self._registry_of_base(), query) if files or query.compares else None
        again = measured_again(experiments, base, query) if files and base is not None else {}
        self.evidence.candidates = self.evidence.candidates.without(again)
        judged = {one.experiment.experiment_id: one.experiment for one in self.evidence.candidates.judged}
        # A run that a later line withdraws is ranked as the line says that is judged.
        present = [judged.get(run.experiment_id, run) for run in experiments]
        ids = frozenset(judged)
        query = query._replace(candidates=ids)
        query = query._replace(definition=definition_to_rank(present, query))
        runs = present if base is None else [again.get(run.experiment_id, run) for run in base]
        best = base_group(runs, self.evidence.candidates.all_ids, query)
        self.evidence.ranking = rank(keep_apart(present, ids, query.group_by), query._replace(base=best))
        known = any(run.definition_of(query.measured) == query.definition for run in again.values())
        self.evidence.evaluator = () if known else files
        if registry is not None:
            self._look_back(registry, sorted(judged))

    def check_tasks(self) -> None:
        """Note candidates of a registry whose ClearML task is archived or deleted, where a server is configured.

        The server protects no task from that: to see it is the protection.
        """
        linked = {
            one.experiment.experiment_id: one.experiment.clearml_task_id or ""
            for one in self.evidence.candidates.judged
        }
        linked = {name: task for name, task in linked.items() if task and not task.startswith("offline-")}
        if self.evidence.source == CLEARML or not linked or not os.environ.get("CLEARML_API_HOST"):
            return
        from expflow_hooks.sources.clearml.read import open_client
        from expflow_hooks.sources.clearml.records import find_lost

        for name, fate in find_lost(linked, open_client()).items():
            said = (Data(name), f": its ClearML task was {fate} on the server")
            self.evidence.problems.append(Problem(UNREADABLE, said))

    def _registry_of_base(self) -> Registry | None:
        return Registry(self.tracked_in_base, held=self.bases_registry) if self.tracked else None

    def _read_experiments(self, query: Query) -> tuple[list[Experiment], Registry | None]:
        evidence, source = self.evidence, self.evidence.source
        if source == CLEARML:
            found = self.place.tracker.read(CLEARML, self.rules.policy, query)
            evidence.source_name = found.name
            evidence.notes += [(Data(warning),) for warning in found.warnings]
            return latest(found.experiments, query.selection), None
        if not self.tracked:
            registry = Registry(locate(source).path)
            evidence.source_name = source
            evidence.chain = chain_of(registry, source, registry.lines)
        else:
            others = [More(self.bases_registry, self.question.base_branch or "the base")]
            if self.place.workspace:
                others.append(More(records.in_workspace(self.place.workspace, source), "the workspace"))
            united, more = records.unite(self.heads_registry, others)
            registry = Registry(source, held=united)
            evidence.source_name = f"{source} of {self.proposal.head[:12]}" + "".join(f", {one}" for one in more)
        return latest(registry.experiments(), query.selection), registry

    def _find_candidates(self, experiments: Sequence[Experiment], registry: Registry | None) -> None:
        board = self.rules.policy.leaderboard
        patterns = code_patterns(board.paths, self.tracked)
        proposal, repository = self.question.runs or (self.proposal, self.place.repository)
        maybe = self.question.maybe
        named = maybe and any((run.revision or "").lower().startswith(maybe[:SHORTEST_ID]) for run in experiments)
        if named and proposal.head in repository.parents(maybe):
            proposal = proposal._replace(merges=(*proposal.merges, maybe))
        added = {}
        if registry is not None and self.tracked:
            head = Registry(self.tracked, held=self.heads_registry)
            added = records.added_lines(head, (self.forks_registry, self.bases_registry))
        judged = claimed(experiments, added, board.claims) if board.claims else experiments
        tree = self._trees(repository)
        self.evidence.candidates = find_candidates(judged, to_change(proposal), tree, patterns, added)
        self.evidence.touches_code = any_match(patterns, self.head.differing(self.fork))

    def _trees(self, repository: Repository) -> Tree:
        """Return a function that gives a commit's tree; those of head, fork point and base are read already."""
        known = {files.commit: files for files in (self.fork, self.head, self.base)}
        return lambda commit: known[commit].entries if commit in known else repository.tree(commit)

    def _whole_tasks(self, experiments: list[Experiment]) -> list[Experiment]:
        """Return the experiments with the judged tasks read again, whole: the ranking's query reads less.

        The audit needs every metric that it names, and whether there were uncommitted changes.
        """
        from expflow_hooks.sources.clearml.read import read_some

        evidence, rules = self.evidence, self.rules
        named = [rule.subject for rule in rules.policy.audit.rules if rule.kind in ("reported", "gate")]
        needed = dict.fromkeys([rules.query.sort_by, *(gate.metric for gate in rules.query.gates), *named])
        found, warnings = read_some(sorted(evidence.candidates.ids), rules.policy, tuple(needed), dirty=True)
        whole = {run.experiment_id: run for run in found}
        judged = tuple(
            one._replace(experiment=whole.get(one.experiment.experiment_id, one.experiment))
            for one in evidence.candidates.judged
        )
        evidence.candidates = evidence.candidates._replace(judged=judged)
        evidence.notes = list(dict.fromkeys([*evidence.notes, *((Data(warning),) for warning in warnings)]))
        return [whole.get(run.experiment_id, run) for run in experiments]

    def take_fingerprint(self) -> None:
        """Note what was judged; nothing where something could not be read, which may be there the next time."""
        if not any(problem.passes for problem in self.evidence.problems):
            asked, place = self.question, self.place
            self.evidence.judged = fingerprint(self.inputs, asked, self.base, place.workspace, place.tracker)

    def _look_back(self, registry: Registry, ids: Sequence[str]) -> None:
        """Note what only a registry knows: unreadable lines, revisions, and where each judged run stands."""
        bad = ((line.line, posixpath.basename(line.file)) for line in registry.unreadable)
        self.evidence.unreadable = [f"{file}:{line}" if file else str(line) for line, file in bad]
        past = registry.histories(ids)
        at = ((name, found[-1]) for name, found in past.items())
        folder = self.tracked if is_folder(self.tracked) else ""
        self.evidence.lines = {
            name: (folder + posixpath.basename(line.file) if folder else self.tracked, line.line) for name, line in at
        }
        self.evidence.revisions = {name: found for name in sorted(past) if (found := revisions(past[name]))}
