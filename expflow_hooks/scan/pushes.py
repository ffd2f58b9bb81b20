"""What a push, a range or all of history comprises, and which ref brings a finding along."""

import os

from expflow_hooks.core.errors import UnreadableError, UsageError
from expflow_hooks.git.repository import Git
from expflow_hooks.scan import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from expflow_hooks.scan.findings import Finding

    Allow = Callable[[Git], frozenset[str]]
    """Returns the blobs that the base's policy excuses; called only if a finding could be excused."""

_LOCAL_REFS = ("--branches", "--tags")


class Span:
    """A part of history: what its tips reach and what is left out does not."""

    def __init__(
        self, tips: "list[tuple[str, str]]", options: "list[str]", left_out: "list[str]", bases: "list[str]"
    ) -> None:
        self.tips = tips
        """(name, object id) of each ref or revision."""
        self.options = options
        """More tips and exceptions, as options of rev-list."""
        self.left_out = left_out
        """Object ids whose history is left out."""
        self.bases = bases
        """Revisions whose policy says what is excused, the first that has one."""

    @property
    def revisions(self) -> "list[str]":
        """Return tips and exceptions as rev-list takes them."""
        return [tip for _, tip in self.tips] + [f"^{left_out}" for left_out in self.left_out]

    def all_tips(self, git: Git) -> "list[tuple[str, str]]":
        """Return the tips, with the refs that the options add."""
        patterns = [_PATTERNS[option] for option in self.options if option in _PATTERNS]
        return self.tips + (git.refs(*patterns) if patterns else [])


_PATTERNS = {"--branches": "refs/heads/", "--tags": "refs/tags/", "--all": "refs/"}


def pushed_by_git(git: Git, lines: bytes, remote: str, url: str) -> Span:
    """Return the span of a push from the lines that git gives its hook: all of its refs; deletions add nothing."""
    tips, left_out = [], []
    for line in lines.splitlines():
        fields = os.fsdecode(line).rsplit(" ", 3)
        if len(fields) != 4:
            raise UsageError("standard input: expected lines `<local ref> <local id> <remote ref> <remote id>`")
        name, ours, _, theirs = fields
        if ours.strip("0"):
            tips.append((name, ours))
            if theirs.strip("0") and git.has(theirs):
                left_out.append(theirs)
    return Span(tips, ["--not", _remotes(remote, url)] if tips else [], left_out, _default_branches(remote))


def pushed_by_framework(git: Git, environment: "Mapping[str, str]") -> Span:
    """Return the span of a push under a framework: the ref it names, and every branch and tag not pushed yet."""
    remote, url = environment.get("PRE_COMMIT_REMOTE_NAME", ""), environment.get("PRE_COMMIT_REMOTE_URL", "")
    branch = environment.get("PRE_COMMIT_LOCAL_BRANCH", "")
    tip = environment.get("PRE_COMMIT_TO_REF", "") or branch or "HEAD"
    since = environment.get("PRE_COMMIT_FROM_REF", "")
    born = tip != "HEAD" or git.head()
    tips = [(branch or tip, _commit(git, tip))] if born else []
    options = [*_LOCAL_REFS, "--not", _remotes(remote, url)]
    return Span(tips, options, [_commit(git, since)] if since else [], _default_branches(remote))


def not_pushed(git: Git) -> Span:
    """Return the span of everything local that no remote has."""
    return Span([], [*_LOCAL_REFS, "--not", "--remotes"], [], _default_branches(""))


def between(git: Git, revision_range: str) -> Span:
    """Return the span of a range as git writes it (`A..B`, `A...B`, `B`)."""
    git.require_history()
    if revision_range.startswith("-"):
        raise UsageError(f"--rev {revision_range}: a range does not start with a dash; right is --rev main..HEAD")
    resolved = git.resolve(revision_range)
    tips = [(revision_range.rpartition("..")[2].lstrip(".") or "HEAD", tip) for tip in resolved if tip[0] != "^"]
    left_out = [tip[1:] for tip in resolved if tip[0] == "^"]
    return Span(tips, [], left_out, left_out or _default_branches(""))


def everything(git: Git) -> Span:
    """Return the span of all refs and HEAD."""
    git.require_history()
    return Span([], ["--all"], [], _default_branches(""))


def scan(git: Git, span: Span, allow: "Allow | None", report: Report) -> None:
    """Scan a span; findings name their ref, and those in blobs that the policy excuses are dropped unless at a tip."""
    if not span.tips and not span.options:
        return
    from expflow_hooks.scan.objects import scan_history

    scan_history(git, span.revisions, span.options, report)
    _scan_names(span, report)
    if report.findings:
        excused = _excused(git, span, allow, report)
        found = [finding for finding in report.findings if finding.blob not in excused]
        report.findings[:] = _with_refs(git, span, found)


def _scan_names(span: Span, report: Report) -> None:
    """Look at the names of the refs themselves: they are pushed too."""
    names = os.fsencode("\n".join(name for name, _ in span.tips))
    from expflow_hooks.scan.prefilter import suspect

    if suspect(names, len(names)):
        from expflow_hooks.scan import closer, findings

        report.findings += [findings.Finding(findings.REF_NAME, *hit) for hit in closer.hits([names], "")]


def _excused(git: Git, span: Span, allow: "Allow | None", report: Report) -> "frozenset[str]":
    """Return the blobs among the findings that the policy excuses and that no tip holds."""
    found = {finding.blob for finding in report.findings}
    if allow is None:
        from expflow_hooks.scan import allowed

        excused = allowed.from_bases(git, span.bases) & found
    else:
        excused = allow(git) & found
    try:
        for _, tip in span.all_tips(git) if excused else ():
            excused = excused.difference(blob for _, blob, _ in git.tree(tip))
    except UnreadableError:  # a tip that is no commit has no tree: nothing can be told to be history
        return frozenset()
    return excused


def _default_branches(remote: str) -> "list[str]":
    return [f"refs/remotes/{remote or 'origin'}/{branch}" for branch in ("HEAD", "main", "master")]


def _with_refs(git: Git, span: Span, found: "list[Finding]") -> "list[Finding]":
    """Return the findings with the first ref that brings each along."""
    refs: dict[str, str] = {}
    wanted = {finding.commit for finding in found if finding.commit}
    tips = span.all_tips(git)
    options = span.options[span.options.index("--not") :] if "--not" in span.options else []
    for name, tip in tips:
        refs.setdefault(tip, name)
        if wanted - refs.keys():
            left_out = [f"^{left_out}" for left_out in span.left_out]
            for commit in git.commits([tip, *left_out], options):
                refs.setdefault(commit, name)
    return [finding._replace(ref=refs.get(finding.commit or finding.blob, "")) for finding in found]


def _commit(git: Git, revision: str) -> str:
    """Return the object id of a revision; git need not be asked for one that is an id, as the frameworks give them."""
    is_id = len(revision) in (40, 64) and not revision.strip("0123456789abcdef")
    return revision if is_id else git.resolve(revision)[0]


def _remotes(remote: str, url: str) -> str:
    """Return which remote branches the receiver has: its own, or those of any remote if it goes by its URL alone."""
    return f"--remotes={remote}" if remote and remote != url else "--remotes"
