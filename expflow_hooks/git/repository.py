"""Every question asked of git, by name."""

import os

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.git.objects import ABSENT, GITLINK, SYMLINK, TYPES, Objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from expflow_hooks.git.objects import Entry

_NO_REPOSITORY = "git: not a git repository (or any"


class Git(Objects):
    """Git in one repository: the one that holds `folder`, or the current folder."""

    # Where

    def top(self) -> str:
        """Return the work tree's root."""
        return self.line("rev-parse", "--show-toplevel")

    def try_top(self) -> str:
        """Return the work tree's root, or nothing where no folder from here up is a repository."""
        try:
            return self.top()
        except UnreadableError as error:
            if str(error).startswith(_NO_REPOSITORY):
                return ""
            raise

    def folder(self, *which: str) -> str:
        """Return a folder of git's own, such as `--git-common-dir` or `--git-path hooks`, as git writes it."""
        return self.line("rev-parse", *which)

    def setting(self, key: str) -> str:
        """Return the value of a configuration key, or nothing where it has none."""
        return self.try_line("config", "--get", key)

    def attribute(self, name: str, path: str) -> str:
        """Return the value of an attribute for a path, such as `union`, `set` or `unspecified`."""
        records = list(self.records("check-attr", "-z", name, "--", path))
        return os.fsdecode(records[2])

    def version(self) -> str:
        """Return git's version as it writes it."""
        return self.line("--version").removeprefix("git version ")

    # Revisions

    def branch(self) -> str:
        """Return the short name of the branch that HEAD is on, or nothing."""
        return self.try_line("symbolic-ref", "--quiet", "--short", "HEAD")

    def commit(self, revision: str) -> str:
        """Return the commit of a revision; nothing where there is no such revision, or where it is none of a commit."""
        found, kind = self._peeled(f"{revision}^{{commit}}")
        if kind or not self.try_line("rev-parse", "--quiet", "--verify", revision):
            return found
        found, kind = self._peeled(f"{revision}^{{}}")
        if kind not in TYPES:
            raise UnreadableError(f"git: the commit of {revision} is not in this repository")
        return ""

    def has(self, revision: str) -> bool:
        """Return whether the repository has the object."""
        return bool(self._peeled(revision)[1])

    def _peeled(self, revision: str) -> "tuple[str, str]":
        """Return an object's id and type, or nothing for one that is missing."""
        asked = f"{revision}\n".encode("utf-8", "surrogateescape")
        (answer,) = self.lines("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked) or [b""]
        name, _, kind = os.fsdecode(answer).rpartition(" ")
        if kind not in TYPES and answer + b"\n" != asked[:-1] + b" missing\n":
            raise UnreadableError(f"git: what {revision} is cannot be told")
        return (name, kind) if kind in TYPES else ("", "")

    def present(self, ids: "Iterable[str]") -> "list[str]":
        """Return the commits among object ids that this repository has; an annotated tag counts as its commit.

        Nothing is fetched for it where this is a partial clone.
        """
        wanted = [name for name in ids if name]
        if not wanted:
            return []
        options = ("--missing=allow-any", "--ignore-missing", "--no-walk=unsorted", "--stdin")
        stdin = "".join(f"{name}\n" for name in wanted).encode()
        return [line.decode() for line in self.lines("rev-list", *options, stdin=stdin)]

    def commits(self, revisions: "list[str]", options: "list[str]") -> "list[str]":
        """Return the commits that revisions and options (as for rev-list) reach."""
        stdin = "".join(f"{revision}\n" for revision in revisions).encode()
        return [line.decode() for line in self.lines("rev-list", "--stdin", *options, stdin=stdin)]

    def sources(self, revisions: "list[str]") -> "Iterator[tuple[str, str]]":
        """Yield (commit, the revision that reaches it) for what revisions reach, in one walk for all of them."""
        stdin = "".join(f"{revision}\n" for revision in revisions).encode()
        for line in self.lines("log", "--stdin", "--no-show-signature", "--format=tformat:%H %S", stdin=stdin):
            commit, _, source = line.decode().partition(" ")
            yield commit, source

    def peeled_to(self, names: "dict[str, str]") -> "dict[str, str]":
        """Return the same names by what their objects are tags of, in the end."""
        stdin = "".join(f"{target}^{{}}\n" for target in names).encode()
        lines = self.lines("cat-file", "--batch-check=%(objectname)", stdin=stdin) if names else []
        return {line.decode(): name for line, name in zip(lines, names.values(), strict=False)}

    def dated(self, *revisions: str) -> "list[tuple[str, int]]":
        """Return (commit, seconds since 1970) of what revisions and options (as for log) reach."""
        lines = self.lines("log", "--no-show-signature", "--format=tformat:%H %ct", *revisions, "--")
        return [(commit.decode(), int(at)) for commit, at in (line.split() for line in lines)]

    def parents(self, commit: str) -> "list[str]":
        """Return a commit's parents."""
        (line,) = self.lines("rev-list", "--no-walk", "--parents", commit, "--")
        return line.decode().split()[1:]

    def merge_base(self, one: str, other: str) -> str:
        """Return where two histories parted, or nothing where they have nothing in common."""
        return (self.try_ask("merge-base", one, other) or b"").decode().strip()

    def resolve(self, revision: str) -> "list[str]":
        """Return the object ids of a revision or a range, `^` before those that a range excludes."""
        return [line.decode() for line in self.lines("rev-parse", "--revs-only", revision, "--")]

    def refs(self, *patterns: str) -> "list[tuple[str, str]]":
        """Return (name, object id) of the refs below the patterns."""
        lines = self.lines("for-each-ref", "--format=%(objectname) %(refname)", *patterns)
        pairs = (line.partition(b" ") for line in lines)
        return [(os.fsdecode(name), target.decode()) for target, _, name in pairs]

    def remotes(self) -> "list[str]":
        """Return the names of the remotes."""
        return [os.fsdecode(line) for line in self.lines("remote")]

    def require_history(self) -> None:
        """Raise `UnreadableError` if there is no commit, or if the clone is shallow."""
        if self.line("rev-parse", "--is-shallow-repository") == "true":
            raise UnreadableError(
                "the clone is shallow, so its history cannot be read: fetch it whole (`fetch-depth: 0`)"
            )
        if not self.head():
            raise UnreadableError("HEAD has no commit yet, so there is no history to read")

    # Paths

    def file(self, revision: str, path: str) -> "bytes | None":
        """Return a file's contents at a revision, or in the index for an empty one; None where there is no file."""
        if revision:
            entries = self.records("ls-tree", "-z", "--full-tree", revision, "--", path)
        else:
            entries = self.records("ls-files", "--stage", "-z", "--full-name", "--", f":(top,literal){path}")
        for entry in list(entries):  # to the end, so that the answer is remembered
            meta, _, name = entry.partition(b"\t")
            mode, blob = meta.split(b" ")[0].decode(), meta.split(b" ")[2 if revision else 1].decode()
            if os.fsdecode(name) == path and mode not in (SYMLINK, GITLINK, "040000"):
                return self._whole((mode, blob, path))
        return None

    def _whole(self, entry: "Entry") -> bytes:
        for kind, _, _, _, chunks in self.contents([entry]):
            if kind == ABSENT:
                break
            return b"".join(chunks)
        raise UnreadableError(f"git: the contents of {entry[2]} are not in this repository")

    def empty_tree(self) -> str:
        """Return the id of the empty tree, which precedes the first commit."""
        return self.line("hash-object", "-t", "tree", "--stdin")

    def differing(self, older: str, newer: str) -> "list[str]":
        """Return the paths that differ between two commits or trees."""
        return self._paths("diff-tree", "-r", "-z", "--name-only", "--no-renames", older, newer, "--")

    def paths(self, revision: str) -> "list[str]":
        """Return the paths of a commit's tree."""
        return self._paths("ls-tree", "-r", "-z", "--name-only", "--full-tree", revision)

    def tracked(self, path: str) -> bool:
        """Return whether the index has the path."""
        return bool(self._paths("ls-files", "-z", "--", path))

    def ignored(self, path: str) -> bool:
        """Return whether git ignores a path, which a tracked file's never is."""
        return self.try_ask("check-ignore", "--quiet", "--", path) is not None

    def changed_files(self, pathspecs: "Iterable[str]" = ()) -> bool:
        """Return whether tracked files differ from HEAD, those aside that the pathspecs exclude."""
        return bool(self.ask("status", "--porcelain", "--untracked-files=no", "--", *pathspecs))

    def _paths(self, *command: str) -> "list[str]":
        records: Iterator[bytes] = self.records(*command)
        return [os.fsdecode(path) for path in records]
