"""Scanning what git holds: the index, and every object that a range of history reaches."""

from expflow_hooks.git import ABSENT, CHUNK, Git
from expflow_hooks.scan import Report
from expflow_hooks.scan.prefilter import key_kind, suspect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from expflow_hooks.git import Content, Entry
    from expflow_hooks.scan.exact import Hit

_SYMLINK = "120000"
_KEY_NAMES = (b" config", b" .env", b" pin.hash")
_KEY_PATHS = (":(top,icase,glob)**/config*.y*ml", ":(top,icase,glob)**/.env*", ":(top,icase,glob)**/pin.hash")


def scan_index(git: Git, report: Report) -> None:
    """Scan what is staged; with nothing staged, the whole index."""
    for content in git.contents(_staged_or_all(git)):
        mode, _, path = content[3].partition(" ")
        kind = key_kind(path) if mode != _SYMLINK else ""
        _note(report, path, _hits(content, kind, report), blob=content[2])


def scan_history(git: Git, revisions: "list[str]", options: "list[str]", report: Report) -> None:
    """Scan every blob, tree, commit and tag that revisions and options (as for rev-list) reach."""
    commits: list[str] = []
    keys_changed = False
    for content in git.reachable(revisions, options):
        kind, size, object_id, name, chunks = content
        if kind == "commit":
            commits.append(object_id)
        elif kind == "tree":
            names = b"".join(chunks)
            content = (kind, size, object_id, name, iter([names]))
            keys_changed = keys_changed or _names_a_key_file(names)
        commit = commits[-1] if commits and kind != "tag" else ""
        _note(report, *_placed(kind, name, _hits(content, "", report)), blob=object_id, commit=commit)
    if keys_changed:
        _scan_key_files(git, commits, report)


def _scan_key_files(git: Git, commits: "list[str]", report: Report) -> None:
    """Apply the key rules to each version of each key file that the commits brought, under each of its names."""
    first: dict[tuple[str, str], str] = {}
    for commit, (mode, blob, path) in git.changed(commits, *_KEY_PATHS):
        if mode != _SYMLINK:
            first.setdefault((blob, path), commit)
    known = {(finding.blob, finding.line) for finding in report.findings}
    for content in git.contents(("", blob, path) for blob, path in first):
        blob, path = content[2], content[3].removeprefix(" ")
        hits = [hit for hit in _hits(content, key_kind(path), report) if (blob, hit[0]) not in known]
        _note(report, path, hits, blob=blob, commit=first.get((blob, path), ""))


def _staged_or_all(git: Git) -> "Iterator[Entry]":
    nothing = True
    for entry in git.staged():
        nothing = False
        yield entry
    if nothing:
        yield from git.indexed()


def _hits(content: "Content", kind: str, report: Report) -> "list[Hit]":
    object_type, size, object_id, _, chunks = content
    if object_type == ABSENT:
        report.problems.append(f"object {object_id} is not in this repository")
        return []
    report.items += 1
    report.bytes += size
    if size <= CHUNK:
        data = next(chunks, b"")
        if not kind and not suspect(data, size):
            return []
        chunks = iter([data])
    from expflow_hooks.scan import closer

    return closer.hits(chunks, kind, excusable=object_type == "blob")


def _names_a_key_file(tree: bytes) -> bool:
    names = tree.lower()
    return any(name in names for name in _KEY_NAMES)


def _placed(kind: str, name: str, hits: "list[Hit]") -> "tuple[str, list[Hit]]":
    """Return the path and hits to report for an object that may be no file."""
    if not hits or kind == "blob":
        return name, hits
    from expflow_hooks.scan import findings

    places = {"commit": findings.COMMIT_MESSAGE, "tag": findings.TAG_MESSAGE, "tree": findings.FILE_NAME}
    return places[kind], hits


def _note(report: Report, path: str, hits: "list[Hit]", blob: str, commit: str = "") -> None:
    if hits:
        from expflow_hooks.scan.findings import Finding

        report.findings += [Finding(path, *hit, blob=blob, commit=commit) for hit in hits]
