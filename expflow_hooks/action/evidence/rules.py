"""Which rules are binding: the base's policy, else the inputs, else what the head proposes. Pure.

The head never judges itself where the base has a policy, and inputs, which a change can edit too, can only be stricter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.core.errors import PolicyError, UsageError
from expflow_hooks.core.policy.choices import FAIL_ON, REQUIRE_CANDIDATE
from expflow_hooks.core.policy.diff import PolicyChange, diff_policies
from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.policy.policy import Leaderboard, Policy
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.registry.experiment import Selection
from expflow_hooks.core.registry.location import FILE as REGISTRY
from expflow_hooks.core.registry.location import is_elsewhere

ORIGINS = {
    "base": "the base's policy",
    "inputs": "the workflow's inputs; the base has no policy",
    "head": "the policy that this change proposes, not yet binding; the base has none",
}


class Rules(NamedTuple):
    """The rules to judge by, where they come from, and what the head would change in them.

    `fail_on` and `require_candidate` are the stricter of policy and inputs; `ignored` names the inputs that are not.
    """

    policy: Policy
    query: Query
    origin: str  # one of ORIGINS
    changes: tuple[PolicyChange, ...] = ()
    broken: str = ""  # why the head's policy cannot be used
    moves_registry_to: str = ""  # the source that the head's policy names instead of the base's
    fail_on: str = Leaderboard.fail_on
    require_candidate: str = Leaderboard.require_candidate
    ignored: tuple[str, ...] = ()

    @property
    def audits(self) -> bool:
        """Return whether the policy asks for an audit; without the section there is nothing to hold runs to."""
        return "audit" in self.policy.sections


def choose_rules(inputs: Inputs, base: bytes | None, head: bytes | None) -> Rules:
    """Return the rules; raise PolicyError for a binding policy that cannot be used, UsageError where there is none."""
    proposed, broken = _proposed(head, inputs.policy)
    if base is not None:
        whole = parse_policy(_text(base, inputs.policy), f"{inputs.policy} (base)")
        policy = _of_board(whole, inputs)
        _refuse_other_choices(inputs, policy.leaderboard)
        changes = [] if broken else diff_policies(whole, proposed or Policy())
        if head is None:
            changes.insert(0, PolicyChange(inputs.policy, "there", None, True))
        rules = _made(inputs, policy, "base", tuple(changes), broken)
        return rules._replace(moves_registry_to=_moved_registry(policy, proposed))
    if inputs.sort_by or inputs.gates:
        return _made(inputs, Policy(), "inputs", (), broken)
    if broken:
        raise PolicyError(broken)
    if proposed is None:
        raise UsageError(
            f"no rules to judge by: the base has no {inputs.policy}, and neither sort-by nor gates is given;"
            " add the file, or an input such as `gates: pde_mean:lt:18.09`"
        )
    return _made(inputs, _of_board(proposed, inputs), "head", (), "")


def _of_board(policy: Policy, inputs: Inputs) -> Policy:
    """Return the policy with the leaderboard that the input names; with several, none is judged without a name."""
    try:
        return policy.of_board(inputs.leaderboard)
    except UsageError as error:
        raise UsageError(f"input leaderboard: {error}; a step for each, and the job fails with the worst") from None


_CHOICES = {"source": "source", "project": "project", "tags": "tags", "sort_by": "sort-by"}
"""What says which experiments are judged, by which metric: the policy's key and the input."""


def _refuse_other_choices(inputs: Inputs, board: Leaderboard) -> None:
    """Raise UsageError for an input that would select other experiments than the base's policy does."""
    for key, name in _CHOICES.items():
        stated, given = getattr(board, key), getattr(inputs, key)
        if stated and given and stated != given:
            shown = ", ".join(stated) if isinstance(stated, tuple) else stated
            raise UsageError(
                f"input {name}: the base's {inputs.policy} says {key}: {shown}, and an input cannot change it;"
                " take the input out, or change the policy"
            )


def _made(inputs: Inputs, policy: Policy, origin: str, changes: tuple[PolicyChange, ...], broken: str) -> Rules:
    board = policy.leaderboard
    binding = origin != "inputs"
    fail_on = _stricter(FAIL_ON, board.fail_on if binding else None, inputs.fail_on) or board.fail_on
    require = _stricter(REQUIRE_CANDIDATE, board.require_candidate if binding else None, inputs.require_candidate)
    chosen = {"fail-on": (inputs.fail_on, fail_on), "require-candidate": (inputs.require_candidate, require)}
    ignored = tuple(f"{name}: {given}" for name, (given, used) in chosen.items() if given and given != used)
    require = require or board.require_candidate
    return Rules(policy, make_query(inputs, policy), origin, changes, broken, "", fail_on, require, ignored)


def _moved_registry(policy: Policy, proposed: Policy | None) -> str:
    old = policy.leaderboard.source or REGISTRY
    new = (proposed.leaderboard.source or REGISTRY) if proposed else old
    return "" if new == old or is_elsewhere(old) or is_elsewhere(new) else new


def _stricter(order: tuple[str, ...], *words: str | None) -> str | None:
    return max(filter(None, words), key=order.index, default=None)


def make_query(inputs: Inputs, policy: Policy) -> Query:
    """Return the ranking options: an input fills what the policy leaves out, and its gates add to the policy's."""
    board = policy.leaderboard
    gates = dict.fromkeys((*board.gates, *inputs.gates))
    return Query(
        inputs.sort_by or board.sort_by or "seg_total",
        inputs.higher_is_better,
        tuple(gates),
        board.group_by,
        None,  # the whole ranking: a candidate may stand below what is shown
        Selection(inputs.project or board.project, inputs.tags or board.tags),
        policy.metrics,
        confirm=board.confirm is not None,
    )


def _proposed(head: bytes | None, path: str) -> tuple[Policy | None, str]:
    if head is None:
        return None, ""
    try:
        policy = parse_policy(_text(head, path), path)
    except PolicyError as error:
        return None, str(error)
    return replace(policy, path=path), ""


def _text(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PolicyError(f"{path}: is not UTF-8 text") from None
