"""The comment: one page of Markdown on one verdict. Untrusted text appears in code spans only. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from expflow_hooks import __version__
from expflow_hooks.action.evidence.heads import Attested
from expflow_hooks.action.page import candidates, changes, history, integrity
from expflow_hooks.action.page.audit import audit
from expflow_hooks.action.page.leaderboard import commit_cell, folded, leaderboard, listing
from expflow_hooks.action.page.marker import Marker, state_line
from expflow_hooks.action.page.sizing import FULL, Detail
from expflow_hooks.action.page.words import LOOKS, headline, markdown, standing
from expflow_hooks.action.request.event import WorkflowRun
from expflow_hooks.action.verdict import Judgement
from expflow_hooks.render.escape import code_span

_FEW = 3  # candidates whose reasons are said above the table, too


@dataclass(frozen=True)
class Page:
    """A judgement, the run that made it, the comment's previous state, and registry lines missing since then."""

    judgement: Judgement
    run: WorkflowRun
    before: Mapping[str, Any] = field(default_factory=dict)
    missing: Attested | None = None

    @property
    def commits_url(self) -> str:
        """Return the address below which the repository's commits are, or nothing."""
        return f"{self.run.server}/{self.run.repository}/commit" if self.run.repository else ""


def marker_of(page: Page) -> Marker:
    """Return the comment's marker; its digest covers the page's statements on the change, not the run."""
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
    """Return the verdict, the candidates, what must be acted on, and all else, folded."""
    judgement, evidence = page.judgement, page.judgement.evidence
    parts = [
        _headline(judgement),
        _reasons(judgement, detail),
        _standing(judgement),
        candidates.table(judgement, detail),
        candidates.not_judged(judgement),
        integrity.warning(page.missing),
        changes.leaks(judgement, detail),
        integrity.lost(evidence, detail),
        integrity.broken(evidence, detail),
        changes.binding(judgement),
    ]
    if detail.lists:
        parts += [changes.revisions(judgement, detail), changes.policy(judgement, detail), *audit(judgement, detail)]
        parts.append(candidates.parameters(judgement, detail))
    return [part for part in [*parts, leaderboard(judgement, detail, page.commits_url)] if part]


def _headline(judgement: Judgement) -> str:
    key = judgement.evidence.inputs.comment_key
    name = "Expflow" if key == "default" else f"Expflow `{key}`"
    rules = judgement.evidence.rules
    never = " · reported only (`fail_on: never`)" if rules and rules.fail_on == "never" else ""
    return f"## {LOOKS[judgement.verdict].sign} {name}: {headline(judgement)}{never}"


def _standing(judgement: Judgement) -> str:
    said = standing(judgement)
    return f"▶ {markdown(said)}." if said else ""


def _reasons(judgement: Judgement, detail: Detail) -> str:
    """Return the reasons as sentences; with many candidates, the table alone gives each one's reason."""
    few = len(judgement.reasons) - len(judgement.general) <= _FEW
    said = [*(judgement.reasons if few else judgement.general), *judgement.evidence.notes]
    return listing([markdown(reason) for reason in said], detail)


def _since(page: Page, detail: Detail) -> Iterator[str]:
    said = history.what_changed(page.before, history.make_state(page.judgement))
    if said:
        yield folded("Since the last comment", listing([markdown(line) for line in said], detail))


def _cut(detail: Detail) -> list[str]:
    return (
        [] if detail is FULL else ["<sub>Shortened to fit; the job summary has more, output `ranking-json` all.</sub>"]
    )


def _footer(page: Page, *, with_run: bool) -> str:
    evidence, run = page.judgement.evidence, page.run
    parts = []
    if evidence.proposal:
        parts.append(f"commit {commit_cell(evidence.proposal.head, page.commits_url)}")
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
    return f"policy {code_span(evidence.inputs.policy)} of {commit_cell(commit, page.commits_url)}"
