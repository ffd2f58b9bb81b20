"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.policy.load import load_policy
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.experiment import STATES, Selection
from expflow_hooks.core.registry.index.cache import switch
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.render.options import together

F = TypeVar("F", bound=Callable[..., Any])


def source_option(function: F) -> F:
    """Add `--source` and `--no-index`."""
    return together(_source, _no_index)(function)


def _source(function: F) -> F:
    return click.option(
        "--source",
        metavar="SPEC",
        help="A .jsonl file or a folder of them, - for standard input, clearml, mlflow[:URI], or another tracker's."
        " Default: EXPFLOW_REGISTRY, the policy's source, ~/.expflow/experiments.jsonl.",
    )(function)


def _no_index(function: F) -> F:
    return click.option(
        "--no-index",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=lambda context, option, off: switch(not off),
        help="Read the whole registry, whatever its index in the cache folder knows.",
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
    """Add `--project`, `--tags`, `--status`, `--where` and `--since`."""
    return together(
        click.option("--project", "-p", metavar="P", help="Only experiments of this project."),
        click.option("--tags", "-t", metavar="A,B", help="Only experiments with all of these tags."),
        click.option("--status", metavar="S", shell_complete=complete_state, help="Only experiments in this state."),
        click.option(
            "--where",
            metavar="EXPR",
            multiple=True,
            help="Only experiments of which this holds, such as lr<0.01, tags~fno or commit=935007a.",
        ),
        click.option("--since", metavar="AGE|TIME", help="Only experiments from then on, such as 7d or 2026-11-25."),
    )(function)


def shown_options(function: F) -> F:
    """Add `--columns` and `--precise`."""
    return together(
        click.option(
            "--columns",
            metavar="A,B",
            shell_complete=complete_columns,
            help="What to show of each experiment: fields, metrics or parameters, such as id,time,pde_mean,lr.",
        ),
        click.option("--precise", is_flag=True, help="Numbers with all their digits, not four of their spread."),
    )(function)


def selection(options: Mapping[str, Any]) -> Selection:
    """Return the selection that the options make; raise UsageError for a state or a condition that is none."""
    from expflow_hooks.core.registry.condition import parse_condition, parse_since

    status = options["status"]
    if status is not None and status not in STATES:
        hint = did_you_mean(status, STATES) or f"; states are {', '.join(STATES)}"
        raise UsageError(f"unknown state {status[:80]!r}{hint}")
    conditions = [parse_condition(text) for text in options["where"]]
    since = [parse_since(options["since"])] if options["since"] else []
    return Selection(
        options["project"],
        split_tags(options["tags"]),
        status,
        bool(options.get("subprojects")),
        (*conditions, *since),
    )


def split_tags(text: str | None) -> tuple[str, ...]:
    """Return the tags of a comma-separated list."""
    return tuple(tag.strip() for tag in (text or "").split(",") if tag.strip())


def policy() -> Policy:
    """Return the policy that governs the current folder."""
    return load_policy()


def complete_state(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete a state."""
    return [state for state in STATES if state.startswith(incomplete)]


def complete_metric(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete a metric's name."""
    return [metric.name for metric in policy().metrics if metric.name.startswith(incomplete)]


def complete_columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the last name of a list of fields and metrics."""
    from expflow_hooks.core.registry.condition import FIELDS

    begun, comma, last = incomplete.rpartition(",")
    names = [*FIELDS, *(metric.name for metric in policy().metrics)]
    return [begun + comma + name for name in names if name.startswith(last)]


def complete_experiment(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete an experiment's id from the registry."""
    from expflow_hooks.core.registry.reader import Registry
    from expflow_hooks.sources.open import choose

    registry = Registry(choose(ctx.params.get("source"), policy()))
    ids = {experiment.experiment_id for experiment in registry.experiments()}
    return sorted(name for name in ids if name.startswith(incomplete))[:200]
