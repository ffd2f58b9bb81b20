"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from expflow_hooks.core.policy.load import load_policy
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.render.options import together

F = TypeVar("F", bound=Callable[..., Any])


def source_option(function: F) -> F:
    """Add `--source`."""
    return click.option(
        "--source",
        metavar="SPEC",
        help="A .jsonl file, - for standard input, or clearml. Default: EXPFLOW_REGISTRY, the policy's source,"
        " ~/.expflow/experiments.jsonl.",
    )(function)


def pin_options(function: F) -> F:
    """Add `--pin`, `--pin-fd` and `--force`, the ways round a prompt."""
    return together(
        click.option(
            "--pin",
            metavar="PIN",
            help="The PIN, which others see in the list of processes; else EXPFLOW_PIN, EXPFLOW_PIN_FILE, a prompt,"
            " or a line of standard input.",
        ),
        click.option("--pin-fd", type=int, metavar="N", help="Read the PIN from the open descriptor N."),
        click.option("--force", "-f", is_flag=True, help="Do it without the PIN; written into the history."),
    )(function)


def selection_options(function: F) -> F:
    """Add `--project`, `--tags` and `--status`."""
    return together(
        click.option("--project", "-p", metavar="P", help="Only experiments of this project."),
        click.option("--tags", "-t", metavar="A,B", help="Only experiments with all of these tags."),
        click.option("--status", metavar="S", help="Only experiments in this state."),
    )(function)


def split_tags(text: str | None) -> tuple[str, ...]:
    """Return the tags of a comma-separated list."""
    return tuple(tag.strip() for tag in (text or "").split(",") if tag.strip())


def policy() -> Policy:
    """Return the policy that governs the current folder."""
    return load_policy()


def complete_metric(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete a metric's name."""
    return [metric.name for metric in policy().metrics if metric.name.startswith(incomplete)]


def complete_experiment(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete an experiment's id from the registry."""
    from expflow_hooks.core.registry.reader import Registry
    from expflow_hooks.sources.open import choose

    registry = Registry(choose(ctx.params.get("source"), policy()))
    ids = {experiment.experiment_id for experiment in registry.experiments()}
    return sorted(name for name in ids if name.startswith(incomplete))[:200]
