"""Scanning a part of history: a push, a range or all of it; and which ref brings a finding along."""

import os

from expflow_hooks.core.errors import UsageError
from expflow_hooks.git.remotes import default_branch
from expflow_hooks.git.repository import Git
from expflow_hooks.scan import ScanReport, hits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from expflow_hooks.git.pushed import Push
    from expflow_hooks.scan.findings import Finding

    Allow = Callable[[Git], frozenset[str]]
    """Returns the blobs that the base's policy excuses; called only if a finding could be excused."""


class Span:
    """A part of history: what its tips reach and what is left out does not."""

    def __init__(
        self,
        tips: "list[tuple[str, str]]",
        left_out: "list[str]",
        names: "list[str]",
        bases: "list[str]",
        remote: str = "",
    ) -> None:
        self.tips = tips
        """(name, object id) of each ref or revision."""
        self.left_out = left_out
        """Commits whose history is left out."""
        self.names = names
        """Names of refs that go along."""
        self.bases = bases
        """Revisions whose policy says what is excused, the first that has one; none: the remote's default branch."""
        self.remote = remote

    @property
    def revisions(self) -> "list[str]":
        """Return tips and exceptions as rev-list takes them."""
        return [*dict.fromkeys(tip for _, tip in self.tips), *(f"^{commit}" for commit in self.left_out)]


def between(git: Git, revision_range: str) -> Span:
    """Return the span of a range as git writes it (`A..B`, `A...B`, `B`)."""
    git.require_history()
    if revision_range.startswith("-"):
        raise UsageError(f"--rev {revision_range}: a range does not start with a dash; right is --rev main..HEAD")
    resolved = git.resolve(revision_range)
    name = revision_range.rpartition("..")[2].lstrip(".") or "HEAD"
    tips = [(name, tip) for tip in resolved if tip[0] != "^"]
    left_out = [tip[1:] for tip in resolved if tip[0] == "^"]
    return Span(tips, left_out, [], left_out)


def everything(git: Git) -> Span:
    """Return the span of all refs and HEAD."""
    git.require_history()
    refs = git.refs()
    return Span([*refs, ("HEAD", git.head())], [], [name for name, _ in refs], [])


def scan_push(git: Git, push: "Push", report: ScanReport) -> None:
    """Scan what a push sends; what is found counts only where the receiver, asked once more, lacks it."""
    span = Span(push.tips(), push.left_out(), push.names(), [], push.remote)
    scan(git, span, None, report)
    if not report.findings:
        return
    left_out = push.left_out(ask=True)
    if set(left_out) != set(span.left_out):
        report.findings.clear()
        scan(git, Span(span.tips, left_out, span.names, [], push.remote), None, report)
    unknown = next((receiver.problem for receiver in push.receivers() if receiver.problem), "")
    if unknown:
        report.notes.append(f"what the receiver has could not be asked ({unknown}), so that nothing was left out")


def scan(git: Git, span: Span, allow: "Allow | None", report: ScanReport) -> None:
    """Scan a span; findings name their ref, and those in blobs that the policy excuses are dropped unless at a tip."""
    if not span.tips:
        return
    from expflow_hooks.scan.objects import scan_history

    scan_history(git, span.revisions, report)
    _scan_names(span.names, report)
    if report.findings:
        from expflow_hooks.scan.excuses import allowed_by, not_excused, ways_out

        allowed = allow(git) if allow else allowed_by(git, span.bases or [default_branch(git, span.remote)[1]])
        found = not_excused(git, report.findings, allowed, [tip for _, tip in span.tips])
        report.findings[:] = _with_refs(git, span, found)
        report.notes += ways_out(git, found)


def _scan_names(names: "list[str]", report: ScanReport) -> None:
    """Look at the names of the refs themselves: they are pushed too."""
    data = os.fsencode("\n".join(names))
    from expflow_hooks.scan.prefilter import suspect

    if suspect(data, len(data)):
        from expflow_hooks.scan import findings

        report.findings += [findings.Finding(findings.REF_NAME, *hit) for hit in hits([data], "")]


def _with_refs(git: Git, span: Span, found: "list[Finding]") -> "list[Finding]":
    """Return the findings with a ref that brings each along."""
    names: dict[str, str] = {}
    for name, tip in span.tips:
        names.setdefault(tip, name)
    refs = {**git.peeled_to(names), **names}
    if any(finding.commit and finding.commit not in refs for finding in found):
        for commit, tip in git.sources(span.revisions):
            refs.setdefault(commit, names.get(tip, ""))
    return [finding._replace(ref=refs.get(finding.commit or finding.blob, "")) for finding in found]
