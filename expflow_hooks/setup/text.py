"""The output of `init`, `install` and `doctor`: hook files, additions for a framework, checks, differences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from expflow_hooks.render.escape import terminal
from expflow_hooks.render.jsontext import to_json
from expflow_hooks.render.table import Column, Data, Table, to_csv, to_markdown

if TYPE_CHECKING:
    from expflow_hooks.setup.checks import Diagnosis
    from expflow_hooks.setup.files import FileEdit
    from expflow_hooks.setup.frameworks import Configuration
    from expflow_hooks.setup.githooks import HookOutcome

_SAYS = {
    "installed": "installed",
    "unchanged": "installed already",
    "framework": "left to {whose}",
    "restored": "removed; {whose} is back as it was",
    "removed": "removed",
    "absent": "nothing of ours was there",
}


def render_done(done: Iterable[HookOutcome]) -> str:
    """Return a line for each hook file: what became of it."""
    return "".join(f"{hook.stage}: {_state_of(hook)} ({terminal(hook.path)})\n" for hook in done)


def _state_of(hook: HookOutcome) -> str:
    if hook.what == "installed" and hook.whose:
        return f"installed; {hook.whose} runs before it"
    return _SAYS[hook.what].format(whose=hook.whose)


def render_configuration(framework: str, add: Configuration) -> str:
    """Return what to add so that a framework runs our hooks."""
    text = "".join(f"  {line}\n" if line else "\n" for line in add.text.splitlines())
    return f"{framework} runs the hooks of this repository. Add to {add.file}, then run `{add.command}`:\n\n{text}\n"


_SIGNS = {"active": "✓", "missing": "✗", "off": "–"}


def render_checks(checks: Sequence[Diagnosis], form: str) -> str:
    """Return the results of `doctor` in one of FORMATS; what is not active with the command that repairs it."""
    if form == "json":
        return to_json([check._asdict() for check in checks])
    if form == "csv":
        return to_csv(["name", "state", "detail", "fix"], checks)
    rows = [[_SIGNS[check.state], check.name, Data(check.detail), Data(check.fix)] for check in checks]
    if form == "markdown":
        return to_markdown(
            Table([Column(heading) for heading in ("", "what", "seen", "fix")], rows, [_summary(checks)])
        )
    lines = [line for check in checks for line in _lines(check)]
    return "\n".join(terminal(line) for line in [*lines, _summary(checks)]) + "\n"


def _lines(check: Diagnosis) -> list[str]:
    first = f"{_SIGNS[check.state]}  {check.name:<21}  {check.detail}"
    return [first, f"{'':26}→ {check.fix}"] if check.fix else [first]


def _summary(checks: Sequence[Diagnosis]) -> str:
    counts = {state: sum(check.state == state for check in checks) for state in _SIGNS}
    if counts["missing"]:
        return f"{counts['missing']} missing, {counts['active']} active"
    off = [check.name for check in checks if check.state == "off"]
    return "everything is active" + (f"; left to you: {', '.join(off)}" if off else "")


def render_changes(changes: Sequence[FileEdit]) -> str:
    """Return the differences that `init` would write, as a unified diff."""
    return "".join(
        "".join(f"{terminal(line.rstrip(chr(13)))}\n" for line in change.diff.split("\n")[:-1]) for change in changes
    )
