"""`expflow-hooks registry`: what concerns the registry as a whole."""

from __future__ import annotations

import os
import re

import click

from expflow_hooks.cli.lazy import CommandGroup
from expflow_hooks.cli.options import policy
from expflow_hooks.core.errors import OK, UsageError
from expflow_hooks.core.platform import relative
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.location import AT_HOME, FOLDER, STDIN, Location, locate
from expflow_hooks.core.wording import counted
from expflow_hooks.render.output import emit
from expflow_hooks.sources.open import locate_registry


@click.group(cls=CommandGroup, name="registry", epilog="Example: expflow-hooks registry split")
def command() -> None:
    """Turn the registry's file into a folder, in which branches never conflict."""


@command.command("split", epilog="Example: expflow-hooks registry split --to experiments/")
@click.option("--source", metavar="FILE", help="The registry to split. Default: the policy's.")
@click.option("--to", "folder", metavar="FOLDER", default=FOLDER, show_default=True, help="Beside the file.")
def split(source: str | None, folder: str) -> int:
    """Turn a registry that is a file into a folder with a file for each branch, line for line, and its history.

    The policy that names the file names the folder then.
    """
    from expflow_hooks.core.registry.split import split_registry

    rules = policy()
    found = locate_registry(source, rules)
    if found.by == AT_HOME:
        raise UsageError(f"{found.path} is one person's and shared with expflow-pde: name a registry with --source")
    if found.is_folder or found.path == STDIN:
        raise UsageError(f"{found.path!r} is no file that could be split: name one such as experiments.jsonl")
    target = locate(os.path.join(os.path.dirname(found.path), folder.rstrip("/") + "/"))
    files = split_registry(found.path, target.path)
    emit(f"{found.path} is {target.path} now: {counted(len(files), 'file')}, {', '.join(files[:5])}\n")
    emit(_next(found, target, rules))
    return OK


def _next(old: Location, new: Location, rules: Policy) -> str:
    """Bring the policy up to date where it names the file, and return what is left to do."""
    if rules.path is None or not _rename_in(rules.path, old, new):
        return f"Next: name {new.inside or new.path} where {old.inside or old.path} was named\n"
    paths = f"{relative(rules.path)} {relative(old.path)} {relative(new.path)}"
    return f"{os.path.basename(rules.path)} names it now. Next: git add --all {paths}\n"


def _rename_in(path: str, old: Location, new: Location) -> bool:
    """Put the new registry into the policy's `source`; return whether it is there now."""
    from expflow_hooks.core.files import replace_file
    from expflow_hooks.core.policy.load import parse_policy

    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    folder = os.path.dirname(path)
    names = [relative(one.path, folder).replace(os.sep, "/") for one in (old, new)]
    named = re.compile(
        rf"^(\s*(?:leaderboard:\s*\{{.*?)?source:\s*)(['\"]?)(?:\./)?{re.escape(names[0])}\2(?=\s|,|\}}|$)", re.M
    )
    changed, count = named.subn(lambda match: f"{match[1]}{match[2]}{names[1]}/{match[2]}", text)
    if count != 1 or parse_policy(changed, path).leaderboard.source != f"{names[1]}/":
        return False
    replace_file(path, changed.encode())
    return True
