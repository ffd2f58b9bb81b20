"""What a change does beside its numbers: secrets that it gives away, revisions, and rules that it changes. Pure."""

from __future__ import annotations

from expflow_hooks.action.evidence.rules import ORIGINS
from expflow_hooks.action.page.leaderboard import folded, listing, row_of
from expflow_hooks.action.page.sizing import Detail
from expflow_hooks.action.verdict import Judgement
from expflow_hooks.core.wording import counted
from expflow_hooks.render.audit import show_revision
from expflow_hooks.render.escape import code_span


def binding(judgement: Judgement) -> str:
    """Return what a reader must know of the rules: that the change loosens them, or that nothing binds yet."""
    rules = judgement.evidence.rules
    if rules is None:
        return ""
    loosening = sum(change.loosens for change in rules.changes)
    if loosening:
        what = "1 change loosens" if loosening == 1 else f"{loosening} changes loosen"
        return f"> [!WARNING]\n> This pull request changes the policy: **{what} it**. It is judged by the base's."
    if rules.origin != "base":
        return f"> [!NOTE]\n> Judged by {ORIGINS[rules.origin]}."
    return ""


def leaks(judgement: Judgement, detail: Detail) -> str:
    """Return where a PIN is given away, or nothing."""
    found = [f"{code_span(leak.where, 200)} {leak.code} {leak.message}" for leak in judgement.evidence.leaks]
    return f"### What gives a PIN away\n\n{listing(found, detail)}" if found else ""


def revisions(judgement: Judgement, detail: Detail) -> str:
    """Return what later lines changed of completed candidates, open, or nothing."""
    lines = [
        f"{code_span(name)}: {code_span(show_revision(change), 200)}"
        for name, changes in judgement.evidence.revisions.items()
        for change in changes
    ]
    title = f"{counted(len(lines), 'revision')} of completed candidates"
    return folded(title, listing(lines, detail), opened=True) if lines else ""


def policy(judgement: Judgement, detail: Detail) -> str:
    """Return what the change makes of the policy, open where something is loosened, or nothing."""
    rules = judgement.evidence.rules
    if rules is None or not rules.changes:
        return ""
    lines = ["| Key | Base | This change | |", "|:--|:--|:--|:--|"]
    for change in rules.changes[: detail.entries]:
        cells = [code_span(change.key), *("–" if v is None else code_span(v) for v in (change.old, change.new))]
        lines.append(row_of([*cells, "⚠️ loosens" if change.loosens else ""]))
    left = len(rules.changes) - detail.entries
    lines += [row_of([f"{left} more", "", "", ""])] if left > 0 else []
    loosens = any(change.loosens for change in rules.changes)
    return folded(f"{counted(len(rules.changes), 'change')} of the policy", "\n".join(lines), opened=loosens)
