"""`expflow-hooks init`: everything that a repository needs, shown before it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from expflow_hooks.core.errors import FAILED, OK
from expflow_hooks.render.output import emit, warn

if TYPE_CHECKING:
    from expflow_hooks.setup import files
    from expflow_hooks.setup.repository import WorkTree


@click.command("init", epilog="Example: expflow-hooks init --source experiments/ --yes")
@click.option("--source", metavar="SPEC", help="Where experiments come from: a folder, a .jsonl file, or clearml.")
@click.option("--with", "by", type=click.Choice(["prek", "pre-commit", "lefthook", "git"]), help="Who runs the hooks.")
@click.option("--rules", metavar="RULES", help="Rules that experiments hold: competition, a list of gates, or none.")
@click.option("--repo", metavar="URL", help="The repository of these hooks; default: where they were installed from.")
@click.option("--rev", metavar="REV", help="The revision of it; default: the one that was installed.")
@click.option("--yes", "-y", is_flag=True, help="Write without asking; the diff is shown all the same.")
def command(source: str | None, by: str | None, rules: str | None, repo: str | None, rev: str | None, yes: bool) -> int:
    """Bring this repository under the hooks: expflow.yaml, .pre-commit-config.yaml, workflow, .gitattributes.

    Shows the diff, writes on yes, and installs the hooks: through pre-commit or prek if one is at hand, else in plain
    git. What is there keeps its comments and its order; what is in place already is left alone.
    """
    from expflow_hooks.operations.prompt import answer, confirm
    from expflow_hooks.setup import files, initialise
    from expflow_hooks.setup.origin import origin
    from expflow_hooks.setup.repository import find
    from expflow_hooks.setup.rules import NONE, QUESTION

    found = find()
    runs = initialise.choose(found, by)
    if source is None and not yes and not files.has_policy(found):
        source = answer(
            "Where do experiments come from: a folder, a .jsonl file, or clearml?", files.proposed_source(found)
        )
    if rules is None and not yes and not files.has_policy(found):
        rules = answer(QUESTION, NONE)
    answers = files.Answers(files.checked_source(found, source), origin(repo, rev), rules or NONE, runs)
    changes = files.plan(found, answers)
    _show(changes)
    if changes and not (yes or confirm("Write this?")):
        warn("nothing was written; `expflow-hooks init --yes` writes without asking")
        return FAILED
    files.write(found.root, changes)
    return _install(found, runs, changes)


def _show(changes: list[files.FileEdit]) -> None:
    from expflow_hooks.setup.text import render_changes

    emit(render_changes(changes) or "Every file is in place.\n")


def _install(found: WorkTree, runs: str, changes: list[files.FileEdit]) -> int:
    from expflow_hooks.setup import frameworks, initialise
    from expflow_hooks.setup.origin import origin
    from expflow_hooks.setup.text import render_configuration, render_done

    installed = initialise.install_hooks(found, runs)
    if installed.problem:
        warn(f"{installed.problem}; the hooks were installed in plain git instead")
    if initialise.is_configured(found, installed.by):
        emit(render_done(installed.hooks) if installed.hooks else f"hooks: installed by {installed.by}\n")
    else:
        emit("\n" + render_configuration(runs, frameworks.configuration(runs, origin(), found.root)))
    paths = " ".join(change.path for change in changes)
    emit(f"Next: {f'git add {paths}, then ' if paths else ''}expflow-hooks doctor\n")
    return OK
