"""Scanning what git holds: the index, and every object that a range of history reaches."""

from expflow_hooks.git.objects import ABSENT, CHUNK, GONE, SYMLINK
from expflow_hooks.git.repository import Git
from expflow_hooks.scan import ScanReport, hits
from expflow_hooks.scan.prefilter import key_kind, suspect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from expflow_hooks.git.objects import Content, Entry
    from expflow_hooks.scan.exact import Hit

_FILE = "100644"
_FILE_MODES = (b"100644", b"100755", b"100664")
_KEY_NAMES = (b" config", b" .env", b" pin.hash")
_KEY_PATHS = (":(top,icase,glob)**/config*.y*ml", ":(top,icase,glob)**/.env*", ":(top,icase,glob)**/pin.hash")


def scan_index(git: Git, report: ScanReport) -> None:
    """Scan what is staged; with nothing staged, the whole index."""
    for content in git.contents(_staged_or_all(git)):
        mode, _, path = content[3].partition(" ")
        kind = key_kind(path) if mode != SYMLINK else ""
        _note(report, path, _hits(content, kind, report), content[2])
    if report.findings:
        from expflow_hooks.git.remotes import default_branch
        from expflow_hooks.scan.excuses import allowed_by, not_excused, ways_out

        allowed = allowed_by(git, [default_branch(git)[1] or git.head()])
        report.findings[:] = not_excused(git, report.findings, allowed, None)
        report.notes += ways_out(git, report.findings)


def scan_history(git: Git, revisions: "list[str]", report: ScanReport) -> None:
    """Scan every blob, tree, commit and tag that revisions (as for rev-list) reach."""
    commits: list[str] = []
    key_blobs: dict[str, set[str]] = {}
    for content in git.reachable(revisions):
        kind, size, object_id, name, chunks = content
        if kind == "commit":
            commits.append(object_id)
        elif kind == "tree":
            tree = b"".join(chunks)
            content = (kind, size, object_id, name, iter([tree]))
            for blob, key in _key_entries(tree, len(object_id) // 2):
                key_blobs.setdefault(blob, set()).add(key)
        found = _hits(content, "", report)
        if not found:
            continue
        commit = commits[-1] if commits and kind != "tag" else ""
        if kind == "blob" and not name:  # what a tag names is in no tree
            from expflow_hooks.scan.findings import TAGGED

            _note(report, TAGGED, found, object_id)
        elif kind == "blob":
            _note(report, name, found, object_id, commit)
        else:
            _note_outside_files(git, report, kind, found, object_id, commit)
    if key_blobs:
        _scan_key_blobs(git, commits, key_blobs, report)


def _scan_key_blobs(git: Git, commits: "list[str]", key_blobs: "dict[str, set[str]]", report: ScanReport) -> None:
    """Apply the key rules to the blobs with a key file's name in the new trees.

    The trees may have them from the commits before: which of them were brought, and where, is asked (20 ms for a
    hundred commits) only if there is something to find.
    """
    wanted = [(_FILE, blob, key) for blob, keys in key_blobs.items() for key in keys]
    found: dict[tuple[str, str], list[Hit]] = {}
    for content in git.contents(wanted):
        key = content[3].partition(" ")[2]
        if hits := _hits(content, key, report):
            found[content[2], key] = hits
    known = {(finding.blob, finding.line) for finding in report.findings}
    for commit, (mode, blob, path) in git.changed(commits, *_KEY_PATHS) if found else ():
        if mode == SYMLINK:
            continue
        hits = [hit for hit in found.get((blob, key_kind(path)), ()) if (blob, hit[0]) not in known]
        known.update((blob, hit[0]) for hit in hits)
        _note(report, path, hits, blob, commit)


def _key_entries(tree: bytes, width: int) -> "Iterator[tuple[str, str]]":
    """Yield (blob, key rules) of the entries of a raw tree (`mode name NUL id`, again and again) that have any."""
    names = tree.lower()
    for prefix in _KEY_NAMES:
        at = names.find(prefix)
        while at >= 0:
            end = tree.find(b"\0", at)
            kind = key_kind(tree[at + 1 : end].decode("utf-8", "surrogateescape")) if end > 0 else ""
            if kind and tree[max(0, at - 6) : at].endswith(_FILE_MODES):
                yield tree[end + 1 : end + 1 + width].hex(), kind
            at = names.find(prefix, at + 1)


def _staged_or_all(git: Git) -> "list[Entry]":
    staged = [entry for entry in git.staged() if entry[0] != GONE]
    return staged or git.indexed()


def _hits(content: "Content", kind: str, report: ScanReport) -> "list[Hit]":
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
    return hits(chunks, kind, excusable=object_type == "blob")


def _note_outside_files(
    git: Git, report: ScanReport, kind: str, hits: "list[Hit]", object_id: str, commit: str
) -> None:
    """Note what a tree's names, or the header or message of a commit or tag give away; a message has its own lines."""
    from expflow_hooks.scan import findings

    if kind == "tree":
        _note(report, findings.FILE_NAME, hits, object_id, commit)
        return
    header = git.ask("cat-file", kind, object_id).partition(b"\n\n")[0].count(b"\n") + 2
    for line, column, code in hits:
        place, line = (findings.MESSAGE, line - header) if line > header else (findings.HEADER, line)
        _note(report, place.format(kind), [(line, column, code)], object_id, commit)


def _note(report: ScanReport, path: str, hits: "list[Hit]", object_id: str, commit: str = "") -> None:
    if hits:
        from expflow_hooks.scan.findings import Finding

        report.findings += [Finding(path, *hit, blob=object_id, commit=commit) for hit in hits]
