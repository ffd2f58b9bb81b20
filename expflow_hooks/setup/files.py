"""The files that `init` writes: what each is now and what it would be. Nothing is written before it was shown."""

from __future__ import annotations

import difflib
import glob
import os
import re
from importlib import resources
from typing import NamedTuple

from expflow_hooks.core.errors import ExpflowError, UnreadableError, UsageError
from expflow_hooks.core.files import replace_file
from expflow_hooks.core.policy.load import read_policy
from expflow_hooks.core.policy.policy import FILE as POLICY
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.location import FILE as REGISTRY
from expflow_hooks.core.registry.location import FOLDER, SERVERS, in_repository, is_elsewhere, is_folder, locate
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.setup import framework_config
from expflow_hooks.setup.origin import Origin
from expflow_hooks.setup.other_config import EDITORS, config_form
from expflow_hooks.setup.repository import WorkTree
from expflow_hooks.setup.rules import NONE, audit_section
from expflow_hooks.setup.yamltext import quoted

ATTRIBUTES = ".gitattributes"
WORKFLOWS = ".github/workflows"

_USES = re.compile(r"^[ \t]*-?[ \t]*uses:[ \t]*[\"']?[\w.-]+/expflow-action@", re.MULTILINE)
_PLACEHOLDER = re.compile(r"^( *# Put the commit.*\n)( *- uses: ).*$", re.MULTILINE)


class FileEdit(NamedTuple):
    """A file below the root: its text before (None: it is not there) and after."""

    path: str
    before: str | None
    after: str

    @property
    def diff(self) -> str:
        """Return the difference as a unified diff; nothing if there is none."""
        old = "/dev/null" if self.before is None else f"a/{self.path}"
        before, after = (text.splitlines(keepends=True) for text in (self.before or "", self.after))
        lines = difflib.unified_diff(before, after, old, f"b/{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


class Answers(NamedTuple):
    """What `init` was told: where experiments come from, what to name as the origin of our hooks, whose rules hold,
    and who runs the hooks.
    """

    source: str
    origin: Origin
    rules: str = NONE
    by: str = ""


def plan(repository: WorkTree, answers: Answers) -> list[FileEdit]:
    """Return every file that is to be written, with its text before and after; nothing where all is in place.

    Raises PolicyError for a policy that is not valid, UsageError for a configuration that cannot be edited.
    """
    root = repository.root
    policy = _read(root, POLICY)
    known = Policy() if policy is None else read_policy(os.path.join(root, POLICY))
    source = known.leaderboard.source or answers.source
    changes = [
        FileEdit(POLICY, policy, policy or _new_policy(answers)),
        _framework(root, answers),
        _workflow(root, answers.origin),
        _attributes(repository, source),
    ]
    return [change for change in changes if change is not None and change.before != change.after]


def _new_policy(answers: Answers) -> str:
    return _template("expflow.yaml").format(source=quoted(answers.source), audit=audit_section(answers.rules))


def _framework(root: str, answers: Answers) -> FileEdit | None:
    """Return the edit of the configuration of who runs the hooks; None where that is for a person to add."""
    file, editor = EDITORS.get(config_form(root, answers.by), (framework_config.FILE, framework_config.with_hooks))
    before = _read(root, file)
    after = editor(before, answers.origin)
    return None if after is None else FileEdit(file, before, after)


def has_policy(repository: WorkTree) -> bool:
    """Return whether a policy exists already, which then names the source of experiments."""
    return os.path.lexists(os.path.join(repository.root, POLICY))


def proposed_source(repository: WorkTree) -> str:
    """Return what to propose as the source: a folder, whose branches never conflict, unless a file is there already.

    Nor a folder whose lines are something else's.
    """
    if os.path.lexists(os.path.join(repository.root, REGISTRY)):
        return REGISTRY
    registry = Registry(os.path.join(repository.root, FOLDER))
    try:
        return FOLDER if all(registry.experiments()) and not registry.unreadable else REGISTRY
    except ExpflowError:
        return REGISTRY


def checked_source(repository: WorkTree, source: str | None) -> str:
    """Return the source for a new policy; raise UsageError for what is none, or is not spelled as git has it."""
    if source is None:
        return proposed_source(repository)
    if source not in SERVERS:
        if is_elsewhere(source):
            raise UsageError(
                f"source {source[:120]!r} is not known; a source is a .jsonl file, a folder, clearml or mlflow"
            )
        if tracked_registry(repository, source):
            locate(os.path.join(repository.root, source))
    return source


def tracked_registry(repository: WorkTree, source: str | None) -> str:
    """Return the registry's path below the root if git can carry it, else nothing; raise UsageError as `location`."""
    return in_repository(source or REGISTRY, repository.root)


def using_workflows(root: str) -> list[str]:
    """Return the workflow files that use the Action."""
    paths = sorted(glob.glob(os.path.join(glob.escape(root), WORKFLOWS, "*.y*ml")))
    return [path for path in paths if _USES.search(_read(root, os.path.relpath(path, root)) or "")]


def fetches_history(root: str, path: str) -> bool:
    """Return whether a workflow checks out all of history, or checks nothing out."""
    text = _read(root, path) or ""
    return "actions/checkout" not in text or bool(re.search(r"fetch-depth:[ \t]*[\"']?0\b", text))


def write(root: str, changes: list[FileEdit]) -> None:
    """Write the files; raise UsageError for one that changed since it was shown, UnreadableError if it cannot be."""
    for change in changes:
        path = _inside(root, change.path)
        if _read(root, change.path) != change.before:
            raise UsageError(f"{change.path} has changed since it was shown; run `expflow-hooks init` again")
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            replace_file(path, change.after.encode())
        except OSError as error:
            raise UnreadableError(f"cannot write {path}: {error.strerror}") from None


def _workflow(root: str, origin: Origin) -> FileEdit | None:
    if using_workflows(root):
        return None
    hint = "" if origin.is_commit else r"\1"  # a tag can be moved, so the line that says how to pin it stays
    text = _PLACEHOLDER.sub(lambda match: match.expand(hint) + match[2] + origin.action, _template("pull-request.yml"))
    names = (f"{WORKFLOWS}/{name}.yml" for name in ("expflow", "expflow-action"))
    path = next((name for name in names if not os.path.lexists(os.path.join(root, name))), None)
    if path is None:
        raise UsageError(
            f"{WORKFLOWS}/expflow.yml is there and does not use the Action; rename it, then run init again"
        )
    return FileEdit(path, None, text)


def _attributes(repository: WorkTree, source: str | None) -> FileEdit | None:
    path = tracked_registry(repository, source)
    if not path or is_folder(path) or merges_by_union(repository, path):
        return None
    before = _read(repository.root, ATTRIBUTES)
    line = f"{_pattern(path)} merge=union\n"
    end = "\r\n" if before and "\r\n" in before else "\n"
    apart = end if before and not before.endswith("\n") else ""
    return FileEdit(ATTRIBUTES, before, (before or "") + apart + line.replace("\n", end))


def merges_by_union(repository: WorkTree, path: str) -> bool:
    """Return whether git merges the registry by keeping the lines of both sides."""
    return repository.git.attribute("merge", path) == "union"


def _pattern(path: str) -> str:
    escaped = re.sub(r"([\\*?\[\]])", r"\\\1", path)
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"' if re.search(r'[\s"#!]', escaped) else escaped


def _template(name: str) -> str:
    return resources.files("expflow_hooks.setup").joinpath(f"templates/{name}").read_text("utf-8")


def _inside(root: str, path: str) -> str:
    """Return the file's real path; raise UsageError if a link leads out of the repository."""
    real = os.path.realpath(os.path.join(root, path))
    if not real.startswith(os.path.join(os.path.realpath(root), "")):
        raise UsageError(f"{path} leads out of the repository, to {real}: it is left alone")
    return real


def _read(root: str, path: str) -> str | None:
    """Return a file's text with its line ends as they are, or None where there is none."""
    try:
        with open(_inside(root, path), encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8 text") from None
    except OSError as error:
        raise UnreadableError(f"cannot read {os.path.join(root, path)}: {error.strerror}") from None
