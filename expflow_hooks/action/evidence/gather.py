"""Gather the evidence for one change, step by step. What cannot be read becomes an obstacle, which is an error.

Nothing of the head is run here, and no step that fails lets a later one pass.
"""

from __future__ import annotations

import os
import posixpath

from expflow_hooks.action.evidence.case import Case
from expflow_hooks.action.evidence.evidence import Evidence
from expflow_hooks.action.evidence.fingerprint import fingerprint
from expflow_hooks.action.evidence.heads import chain_of
from expflow_hooks.action.evidence.question import Place, Question
from expflow_hooks.action.evidence.rank import rank
from expflow_hooks.action.evidence.rules import choose_rules
from expflow_hooks.action.evidence.tasks import check_tasks
from expflow_hooks.action.evidence.tracker import server_of
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.registry.append_only import broken_by, check_growth
from expflow_hooks.core.registry.location import FILE as REGISTRY
from expflow_hooks.core.registry.location import in_repository
from expflow_hooks.core.registry.reader import Registry


def gather(place: Place, inputs: Inputs, question: Question) -> Evidence:
    """Return the evidence for one change."""
    case = Case(place, inputs, question)
    with case.step():
        read_proposal(case)
    if case.evidence.proposal is not None:
        with case.step():
            read_rules(case)
        with case.step():
            scan(case)
    if case.evidence.rules is not None:
        with case.step():
            choose_source(case)
    if case.evidence.source:
        with case.step():
            check_registry(case)
        with case.step():
            rank(case)
        with case.step():
            check_tasks(case.evidence)
    with case.step():
        take_fingerprint(case)
    return case.evidence


def read_proposal(case: Case) -> None:
    """Read the commits of the change."""
    asked = case.question
    found = case.place.repository.proposal(asked.since or asked.base, asked.head)
    case.evidence.proposal = found._replace(branch=asked.branch, number=asked.number, merges=asked.merges)


def read_rules(case: Case) -> None:
    """Read the base's policy at its tip, and what the head makes of it.

    A head that did not touch the policy proposes no other than it forked from.
    """
    path = case.inputs.policy
    base, head = case.base.read(path), case.head.blob_of(path)
    untouched = bool(case.proposal.fork_point) and head == case.fork.blob_of(path)
    proposed = base if untouched and base is not None else case.head.read(path)
    case.evidence.rules = choose_rules(case.inputs, base, proposed)
    laxer = " is laxer than the policy and does not count"
    case.evidence.notes += [(f"`{name}`", laxer) for name in case.evidence.rules.ignored]


def scan(case: Case) -> None:
    """Look for what gives a PIN away; only a base's policy excuses."""
    evidence, rules = case.evidence, case.evidence.rules
    excused = rules.policy.scan_allow if rules and rules.origin == "base" else ()
    if case.question.scan:
        evidence.leaks = case.place.repository.leaks(case.proposal, frozenset(excused))
    evidence.scanned_clean = not evidence.leaks and not excused


def choose_source(case: Case) -> None:
    """Choose the source: a server (`clearml`, `mlflow`), or a registry in the repository.

    A path out of the repository, or a server's address, may come from the workflow only, never from a policy. The
    head's policy may move the registry within the repository, where the base's lines have to be found then.
    """
    named = case.inputs.source
    stated = case.rules.policy.leaderboard.source or REGISTRY
    if server := server_of(named, stated):
        case.evidence.source = server
        return
    folder = posixpath.dirname(case.inputs.policy)  # where a policy's paths count from
    source = named or posixpath.join(folder, stated)
    case.tracked_in_base = in_repository(source, case.place.workspace)
    if case.tracked_in_base:
        moved = "" if named else case.rules.moves_registry_to
        case.tracked = in_repository(posixpath.join(folder, moved)) if moved else case.tracked_in_base
        if not case.tracked:
            raise UsageError(
                f"the policy that this change proposes moves the registry out of the repository, to {moved[:120]!r};"
                " name a file or folder in it, such as experiments/"
            )
        case.evidence.source = case.evidence.registry = case.tracked
    elif named and os.path.isabs(named):
        case.evidence.source = named
    else:
        raise UsageError(f"source {source[:120]!r}: here a source is a registry in the repository, clearml or mlflow")


def check_registry(case: Case) -> None:
    """Check that the tracked registry only grew since the change forked, and note its history.

    Always the head commit's: a run on the event and one for late results judge by other lines than these, and vouch for
    the same.
    """
    if not case.tracked:
        return
    evidence, head = case.evidence, Registry(case.tracked, held=case.heads_registry)
    chain = chain_of(head, case.tracked, head.lines, case.tracked_in_base)
    evidence.chain = chain
    if case.proposal.fork_point:
        growth = check_growth(case.forks_registry, case.heads_registry)
        evidence.lost = growth.lost
        evidence.broken = broken_by(growth, lambda: chain.found, head.where)


def take_fingerprint(case: Case) -> None:
    """Note what was judged; nothing where something could not be read, which may be there the next time."""
    if not any(problem.passes for problem in case.evidence.problems):
        place = case.place
        case.evidence.judged = fingerprint(case.inputs, case.question, case.base, place.workspace, place.tracker)
