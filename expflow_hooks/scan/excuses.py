"""What the base's policy excuses: blobs under `scan.allow`, never by what is under scrutiny itself."""

import os

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git.repository import Git
from expflow_hooks.scan.prefilter import key_kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from expflow_hooks.scan.findings import Finding

_NO_COMMENTS = ("sums", ".sha256", ".json", ".ipynb", ".csv", ".tsv")
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def allowed_by(git: Git, bases: "Iterable[str]") -> "frozenset[str]":
    """Return the blobs that the policy of the first base that has one excuses; raise `PolicyError` if it is none."""
    from expflow_hooks.core.policy.load import parse_policy
    from expflow_hooks.core.policy.policy import FILE

    for base in filter(None, bases):
        text = git.file(base, FILE)
        if text is not None:
            return frozenset(parse_policy(text.decode("utf-8", "replace"), f"{base[:12]}:{FILE}").scan_allow)
    return frozenset()


def not_excused(
    git: Git, findings: "list[Finding]", allowed: "frozenset[str]", tips: "list[str] | None"
) -> "list[Finding]":
    """Return the findings without those in allowed blobs of history, or of files that take no comment.

    `tips` are the commits at whose files the excuse ends; None stands for the index, all of which is a tip.
    """
    excused = allowed & {finding.blob for finding in findings}
    if not excused:
        return findings
    current = excused if tips is None else _at(git, tips, excused)
    return [f for f in findings if f.blob not in excused or (f.blob in current and not _takes_no_comment(git, f))]


def ways_out(git: Git, findings: "list[Finding]", most: int = 3) -> "list[str]":
    """Return what to do where a checksum is meant, for findings in files that take no comment, a line a file."""
    paths = dict.fromkeys(f.path for f in findings if f.code == "EXP001" and f.blob and _takes_no_comment(git, f))
    return [
        f"{path} takes no comment: if the file that it names is meant, put the blob of {path} (`git rev-parse :{path}`)"
        " under scan.allow of the base's expflow.yaml"
        for path in list(paths)[:most]
    ]


def _at(git: Git, tips: "list[str]", blobs: "frozenset[str]") -> "frozenset[str]":
    """Return which of the blobs a tip holds; all of them where a tip is no commit, so that nothing can be history."""
    try:
        return blobs & {blob for tip in tips for _, blob, _ in git.tree(tip)}
    except UnreadableError:
        return blobs


def _takes_no_comment(git: Git, finding: "Finding") -> bool:
    """Return whether a file has no place for `# expflow: allow-pin-hash`: checksums, JSON, tables, pointers of LFS."""
    if key_kind(finding.path) or not finding.in_file:
        return False
    if os.path.basename(finding.path).lower().endswith(_NO_COMMENTS):
        return True
    return git.ask("cat-file", "blob", finding.blob)[: len(_LFS_POINTER)] == _LFS_POINTER
