"""The one table of sources: a tracker is a package in `sources/`, a line here, and its conformance runs."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.sources.base import CLEARML, MLFLOW, Kind, Reading, Source

if TYPE_CHECKING:
    from expflow_hooks.core.policy.policy import Policy
    from expflow_hooks.core.ranking.query import Query

_HERE = "expflow_hooks.sources"

KINDS = (
    Kind(CLEARML, "", f"{_HERE}.clearml.read:open_server", True, commits=True, tags=True, sorts=True),
    Kind(MLFLOW, "URI", f"{_HERE}.mlflow.read:open_mlflow", True, commits=True, tags=True, links=True),
    Kind("wandb", "DIR", f"{_HERE}.wandb:open_wandb", commits=True, tags=True),
    Kind("tensorboard", "DIR", f"{_HERE}.tensorboard:open_tensorboard", exact=False),
    Kind("optuna", "FILE", f"{_HERE}.optuna:open_optuna"),
    Kind("trackio", "FILE", f"{_HERE}.trackio:open_trackio", states=False),
    Kind("csv", "FILE", f"{_HERE}.tables:open_csv", commits=True, tags=True),
    Kind("json", "PATH", f"{_HERE}.documents:open_json", commits=True, tags=True),
)
"""Every source that is not a registry."""

BY_NAME = {kind.name: kind for kind in KINDS}


def find_kind(spec: str) -> tuple[Kind, str]:
    """Return the kind of source that a SPEC names and the text after its colon; raise UsageError for none."""
    name, _, at = spec.partition(":")
    kind = BY_NAME.get(name)
    if kind is None:
        raise UsageError(
            f"source {spec[:120]!r} is not known{did_you_mean(name, BY_NAME)}; a source is a .jsonl file or a folder of"
            f" them, - for standard input, a folder or zip of the ClearML SDK's offline sessions, {spelled()}"
        )
    if bool(at) > bool(kind.at) or not (at or kind.alone):
        raise UsageError(f"source {spec[:120]!r} is not spelled right; a right one is {_spec(kind)}")
    return kind, at


def open_kind(spec: str, policy: Policy, query: Query, reading: Reading) -> Source:
    """Return the source that a SPEC such as `mlflow:http://localhost:5000` names."""
    kind, at = find_kind(spec)
    module, _, function = kind.opens.partition(":")
    opens: Callable[[str, Policy, Query, Reading], Source] = getattr(import_module(module), function)
    return opens(at, policy, query, reading)


def spelled() -> str:
    """Return how the SPECs of all kinds are spelled, in one line."""
    specs = [_spec(kind) for kind in KINDS]
    return ", ".join(specs[:-1]) + (" or " if specs[1:] else "") + specs[-1]


def _spec(kind: Kind) -> str:
    if not kind.at:
        return kind.name
    return f"{kind.name}[:{kind.at}]" if kind.alone else f"{kind.name}:{kind.at}"
