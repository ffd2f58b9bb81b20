"""`expflow-hooks import`: bring the experiments of another tracker into the registry."""

from __future__ import annotations

from typing import Any

import click

from expflow_hooks.cli.options import policy, selection, selection_options
from expflow_hooks.core.errors import OK, UNDECIDED
from expflow_hooks.render.output import emit, warn
from expflow_hooks.sources.imports import import_source
from expflow_hooks.sources.open import registry_path
from expflow_hooks.sources.writing import open_writer


@click.command("import", epilog="Example: expflow-hooks import mlflow:http://localhost:5000 --project PDEBench")
@click.argument("spec", metavar="SPEC")
@selection_options
@click.option("--into", metavar="FILE", help="The registry. Default: EXPFLOW_REGISTRY, the policy's, the one at home.")
def command(spec: str, into: str | None, **options: Any) -> int:
    """Bring the experiments of another tracker into the registry, each once, with its origin.

    SPEC is clearml, mlflow[:URI], wandb:DIR, tensorboard:DIR, optuna:FILE, trackio:FILE, csv:FILE, json:PATH, or a
    registry. Called again, it adds a line for what is new or changed there only.
    """
    rules = policy()
    writer = open_writer(registry_path(into, rules))
    done = import_source(writer, spec, rules, selection(options))
    for warning in done.warnings:
        warn(warning)
    emit(f"{writer.path}: {len(done.new)} new, {len(done.changed)} changed, {done.unchanged} unchanged\n")
    return OK if done.new or done.changed or done.unchanged else UNDECIDED
