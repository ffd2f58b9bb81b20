"""`expflow-hooks audit`: one experiment against the rules."""

from __future__ import annotations

from dataclasses import replace

import click

from expflow_hooks.cli.lazy import CommandGroup
from expflow_hooks.cli.options import complete_experiment, policy, source_option
from expflow_hooks.core.audit.rule_sets import RULE_SETS, rule_set
from expflow_hooks.core.audit.rules import needs_groups
from expflow_hooks.core.audit.runs import RunGroup, groups_of
from expflow_hooks.core.audit.validate import all_pass, audit
from expflow_hooks.core.errors import FAILED, OK, UNDECIDED, UNREADABLE, UsageError, worst
from expflow_hooks.core.metrics.standard import Metrics
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.experiment import UNFINISHED, from_mapping, latest
from expflow_hooks.core.registry.history import Revision, revisions
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.render.audit import AuditReport, render_audit
from expflow_hooks.render.options import output_options
from expflow_hooks.render.output import emit, look, warn_unreadable
from expflow_hooks.sources.base import CLEARML
from expflow_hooks.sources.open import is_registry, registry_to_read


@click.group(cls=CommandGroup, name="audit", epilog="Example: expflow-hooks audit validate exp-001 --competition-rules")
def command() -> None:
    """Check an experiment against the rules."""


@command.command("validate", epilog="Example: expflow-hooks audit validate exp-001 --competition-rules")
@click.argument("experiment_id", metavar="ID", shell_complete=complete_experiment)
@source_option
@click.option("--competition-rules", "-c", is_flag=True, help="The competition's rules, whatever the policy says.")
@click.option("--rules", "rule_name", metavar="NAME", help="A rule set by its name, whatever the policy says.")
@click.option("--task-id", "-t", metavar="T", help="Read metrics and parameters from this ClearML task.")
@output_options
def validate(
    experiment_id: str,
    source: str | None,
    competition_rules: bool,
    rule_name: str | None,
    task_id: str | None,
    form: str,
    output: str | None,
) -> int:
    """Say for each rule whether it holds. Exits 1 if one does not, 3 while the experiment is unfinished."""
    rules = policy()
    if competition_rules and rule_name:
        raise UsageError("--competition-rules and --rules name two rule sets: give one")
    if competition_rules:  # whatever the policy says: neither a set of its own by that name nor other metrics' names
        chosen, judged = RULE_SETS["competition"], replace(rules, metrics=Metrics())
    else:
        chosen = rules.audit.rules if rule_name is None else rule_set(rule_name, rules.rule_sets)
        judged = rules
    if task_id is not None or not is_registry(source, rules):
        from expflow_hooks.cli.tasks import check_belonging, read_one

        if task_id is not None:
            check_belonging(experiment_id, task_id, source)
        where = CLEARML if task_id is not None else source
        needed = [rule.subject for rule in chosen if rule.kind in ("reported", "gate")]
        dirty = any(rule.kind == "clean" for rule in chosen)
        experiment, name = read_one(task_id or experiment_id, where, needed, dirty=dirty, rules=judged)
        changes: list[Revision] = []
        unreadable, group = False, None
    else:
        registry = Registry(registry_to_read(source, rules), missing_ok=source is None)
        history = registry.history(experiment_id)
        experiment, changes = from_mapping(history[-1].record), revisions(history)
        name, unreadable = registry.path, bool(registry.unreadable)
        group = find_group(registry, experiment_id, rules) if needs_groups(chosen) else None
        warn_unreadable(registry.path, registry.unreadable)
    checks = audit(experiment, chosen, judged.metrics, group)
    emit(render_audit(AuditReport(experiment_id, checks, changes, name), form, look(output)), output)
    codes = [UNREADABLE] if unreadable else []
    if not all_pass(checks):
        codes.append(UNDECIDED if experiment.state in UNFINISHED else FAILED)
    return worst(codes) if codes else OK


def find_group(registry: Registry, experiment_id: str, rules: Policy) -> RunGroup | None:
    """Return the runs that share every parameter with an experiment but the ignored ones, and the earlier groups."""
    return groups_of([experiment_id], latest(registry.experiments()), rules.ignored).get(experiment_id)
