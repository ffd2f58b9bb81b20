"""The comment: one page of Markdown on one verdict. Untrusted text stands in code spans only. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from expflow_hooks import __version__
from expflow_hooks.action.evidence.heads import Attested
from expflow_hooks.action.evidence.rules import ORIGINS
from expflow_hooks.action.page import history, integrity, leaderboard
from expflow_hooks.action.page.leaderboard import folded
from expflow_hooks.action.page.marker import Marker, state_line
from expflow_hooks.action.page.sizing import FULL, Detail
from expflow_hooks.action.page.words import LOOKS, markdown, standing
from expflow_hooks.action.request.event import WorkflowRun
from expflow_hooks.action.verdict import Judgement
from expflow_hooks.core.audit.validate import all_pass
from expflow_hooks.core.change.belonging import Belonging
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.wording import counted, listed
from expflow_hooks.render.audit import show_revision
from expflow_hooks.render.escape import code_span


@dataclass(frozen=True)
class Page:
    """A judgement, the run that made it, what the comment said before, and what of the registry is missing since."""

    judgement: Judgement
    run: WorkflowRun
    before: Mapping[str, Any] = field(default_factory=dict)
    missing: Attested | None = None

    @property
    def commits_url(self) -> str:
        """Return the address below which the repository's commits are, or nothing."""
        return f"{self.run.server}/{self.run.repository}/commit" if self.run.repository else ""


def marker_of(page: Page) -> Marker:
    """Return the comment's marker; its digest covers what the page says of the change, not which run said it."""
    registry = integrity.registry(page.judgement.evidence, FULL)
    said = "\n\n".join([*_blocks(page, FULL), *registry, _footer(page, with_run=False)])
    digest = sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
    return Marker(page.judgement.evidence.inputs.comment_key, digest)


def render_comment(page: Page, detail: Detail) -> str:
    """Return the comment below its marker: the page, and the hidden state."""
    state = state_line(history.make_state(page.judgement, page.before, page.missing))
    return f"{render_page(page, detail)}\n\n{state}\n"


def render_page(page: Page, detail: Detail) -> str:
    """Return the page without its hidden lines, for the job summary and the dry run."""
    registry = integrity.registry(page.judgement.evidence, detail)
    parts = [*_blocks(page, detail), *_since(page, detail), *registry, *_cut(detail), _footer(page, with_run=True)]
    return "\n\n".join(parts)


def _blocks(page: Page, detail: Detail) -> list[str]:
    judgement, evidence = page.judgement, page.judgement.evidence
    parts = [
        _headline(judgement),
        integrity.warning(page.missing),
        _standing(judgement),
        _reasons(judgement, detail),
        _binding(judgement),
        *leaderboard.sections(judgement, detail, page.commits_url),
    ]
    if detail.lists:
        parts += [_audit(judgement, detail), _revisions(judgement, detail), _policy(judgement, detail)]
    parts += [_leaks(judgement, detail), integrity.lost(evidence, detail), integrity.broken(evidence, detail)]
    return [part for part in [*parts, _others(judgement)] if part]


def _headline(judgement: Judgement) -> str:
    look = LOOKS[judgement.verdict]
    key = judgement.evidence.inputs.comment_key
    name = "Expflow" if key == "default" else f"Expflow `{key}`"
    rules = judgement.evidence.rules
    never = " · reported only (`fail_on: never`)" if rules and rules.fail_on == "never" else ""
    return f"## {look.sign} {name}: {look.words}{never}"


def _standing(judgement: Judgement) -> str:
    said = standing(judgement)
    return f"▶ {markdown(said)}." if said else ""


def _reasons(judgement: Judgement, detail: Detail) -> str:
    said = [*judgement.reasons, *judgement.evidence.notes]
    lines = [f"- {markdown(reason)}" for reason in said[: detail.entries]]
    return "\n".join([*lines, *_more(len(said), detail)])


def _more(total: int, detail: Detail) -> list[str]:
    return [f"- {total - detail.entries} more"] if total > detail.entries else []


def _binding(judgement: Judgement) -> str:
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


def _audit(judgement: Judgement, detail: Detail) -> str:
    """Return the checks of every judged candidate, open where one fails."""
    if not judgement.checks:
        return ""
    labels = {run.experiment_id: run.label for run in runs_in(judgement.evidence.candidates.judged)}
    lines = ["| | Rule | Detail |", "|:--|:--|:--|"]
    shown = dict(list(judgement.checks.items())[: detail.entries])
    for name, checks in shown.items():
        lines.append(f"| **{'✅' if all_pass(checks) else '❌'}** | **{code_span(labels[name])}** | |")
        lines += [f"| {'✅' if c.passed else '❌'} | {code_span(c.label)} | {code_span(c.detail)} |" for c in checks]
    lines += [f"| | {len(judgement.checks) - len(shown)} more | |"] if len(judgement.checks) > len(shown) else []
    failed = sum(not all_pass(checks) for checks in judgement.checks.values())
    told = f"Audit: {failed} of {len(judgement.checks)} fail" if failed else "Audit: every rule holds"
    return folded(told, "\n".join(lines), opened=bool(failed))


def _revisions(judgement: Judgement, detail: Detail) -> str:
    found = [(name, change) for name, changes in judgement.evidence.revisions.items() for change in changes]
    lines = [f"- {code_span(name)}: {code_span(show_revision(change), 200)}" for name, change in found]
    if not lines:
        return ""
    body = "\n".join([*lines[: detail.entries], *_more(len(lines), detail)])
    return folded(f"{counted(len(lines), 'revision')} of what a completed candidate had said", body, opened=True)


def _policy(judgement: Judgement, detail: Detail) -> str:
    rules = judgement.evidence.rules
    if rules is None or not rules.changes:
        return ""
    lines = ["| Key | Base | This change | |", "|:--|:--|:--|:--|"]
    for change in rules.changes[: detail.entries]:
        cells = [code_span(change.key), *("–" if v is None else code_span(v) for v in (change.old, change.new))]
        lines.append(f"| {' | '.join(cells)} | {'⚠️ loosens' if change.loosens else ''} |")
    lines += [f"| {len(rules.changes) - detail.entries} more | | | |"] if len(rules.changes) > detail.entries else []
    loosens = any(change.loosens for change in rules.changes)
    return folded(f"{counted(len(rules.changes), 'change')} of the policy", "\n".join(lines), opened=loosens)


def _leaks(judgement: Judgement, detail: Detail) -> str:
    leaks = judgement.evidence.leaks
    lines = [f"- {code_span(leak.where, 200)} {leak.code} {leak.message}" for leak in leaks[: detail.entries]]
    return "\n".join(["### What gives a PIN away", "", *lines, *_more(len(leaks), detail)]) if leaks else ""


def _others(judgement: Judgement) -> str:
    """Return how many experiments of the change are shown but not judged."""
    found = judgement.evidence.candidates
    others = {"which newer ones stand for": runs_in(found.superseded)}
    lines = [f"- {counted(len(r), 'experiment')} {what}, not judged: {_names(r)}" for what, r in others.items() if r]
    return "\n".join(lines)


def runs_in(found: Sequence[Belonging]) -> list[Experiment]:
    """Return the experiments of some that belong to a change."""
    return [one.experiment for one in found]


def _names(runs: Sequence[Any]) -> str:
    return listed((code_span(run.label) for run in runs[:3]), of=len(runs))


def _since(page: Page, detail: Detail) -> Iterator[str]:
    said = history.what_changed(page.before, history.make_state(page.judgement))
    if said:
        lines = [f"- {markdown(line)}" for line in said[: detail.entries]]
        yield folded("Since the last comment", "\n".join([*lines, *_more(len(said), detail)]))


def _cut(detail: Detail) -> list[str]:
    return (
        [] if detail is FULL else ["<sub>Shortened to fit; the job summary has more, output `ranking-json` all.</sub>"]
    )


def _footer(page: Page, *, with_run: bool) -> str:
    evidence, run = page.judgement.evidence, page.run
    parts = []
    if evidence.proposal:
        parts.append(f"commit {leaderboard.commit_cell(evidence.proposal.head, page.commits_url)}")
    if evidence.rules:
        parts.append(_policy_version(page))
    if evidence.source_name:
        parts.append(f"experiments from {code_span(evidence.source_name, 160)}")
    if with_run and run.url:
        parts.append(f"[run {run.id}]({run.url})" + (f", attempt {run.attempt}" if run.attempt > 1 else ""))
    return f"<sub>{' · '.join([*parts, f'expflow-action {__version__}'])}</sub>"


def _policy_version(page: Page) -> str:
    evidence = page.judgement.evidence
    assert evidence.rules is not None and evidence.proposal is not None
    commits = {"base": evidence.proposal.base, "head": evidence.proposal.head}
    commit = commits.get(evidence.rules.origin)
    if commit is None:
        return "rules from the workflow's inputs"
    return f"policy {code_span(evidence.inputs.policy)} of {leaderboard.commit_cell(commit, page.commits_url)}"
