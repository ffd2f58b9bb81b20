"""Which way to look: at files, at the index, at a push, at a range or at all of history."""

import sys

from expflow_hooks.scan import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from expflow_hooks.git.repository import Git
    from expflow_hooks.scan.options import Options
    from expflow_hooks.scan.pushes import Allow, Span


def scan(options: "Options | None", environment: "Mapping[str, str]", allow: "Allow | None", report: Report) -> None:
    """Scan what the options ask for; where they leave it open, what the environment says the stage is about."""
    if options and options.paths and not options.push:
        from expflow_hooks.scan import files

        files.scan(options.paths, report)
        return
    from expflow_hooks.git import repository as git_module

    git = git_module.Git()
    span = _span(git, options, environment)
    if span is None:
        from expflow_hooks.scan import objects

        objects.scan_index(git, report)
    else:
        from expflow_hooks.scan import pushes

        pushes.scan(git, span, allow, report)


def _span(git: "Git", options: "Options | None", environment: "Mapping[str, str]") -> "Span | None":
    """Return the part of history to look at, or None for the index."""
    if options and options.staged:
        return None
    push = options.push if options and (options.push or options.stage) else stage_is_push(environment)
    since, until = environment.get("PRE_COMMIT_FROM_REF"), environment.get("PRE_COMMIT_TO_REF")
    if not (push or (since and until) or (options and (options.rev or options.all_history))):
        return None
    from expflow_hooks.scan import pushes

    if options and options.rev:
        return pushes.between(git, options.rev)
    if options and options.all_history:
        return pushes.everything(git)
    if not push:
        return pushes.between(git, f"{since}..{until}")
    if environment.get("PRE_COMMIT_REMOTE_NAME"):
        return pushes.pushed_by_framework(git, environment)
    remote, url = (*(options.paths if options else []), "", "")[:2]
    lines = b"" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()
    if lines or remote:
        return pushes.pushed_by_git(git, lines, remote, url)
    return pushes.not_pushed(git)


def stage_is_push(environment: "Mapping[str, str]") -> bool:
    """Return whether pre-commit or prek runs us for a push."""
    stage = environment.get("PREK_HOOK_STAGE")
    return stage == "pre-push" if stage else bool(environment.get("PRE_COMMIT_REMOTE_NAME"))
