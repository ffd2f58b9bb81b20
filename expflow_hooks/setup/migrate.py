"""`pin migrate`: the hash from `config.yaml` and `.env` into the store, and whether git's history has it already."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Iterable
from typing import NamedTuple

from expflow_hooks.core.errors import ExpflowError, UnreadableError, UsageError
from expflow_hooks.core.files import replace_file
from expflow_hooks.core.pin import places as pin_places
from expflow_hooks.core.pin import store as pin
from expflow_hooks.git.repository import Git
from expflow_hooks.scan import ScanReport, objects, pushes
from expflow_hooks.setup.pinplaces import files_with_a_hash, stored_in
from expflow_hooks.setup.pintext import REMOVERS


class Migrated(NamedTuple):
    """What was done: the files that the hash was taken out of, and a place that still has it and cannot be edited."""

    files: list[str]
    environment: bool


class History(NamedTuple):
    """Whether git has the hash: as `commit path:line`, as staged `path:line`, and why that is unknown, if so."""

    committed: list[str]
    staged: list[str]
    problem: str = ""


def migrate(start: str = ".") -> tuple[Migrated, History]:
    """Move the hash into the store; return what was done and whether history has it.

    Raises UsageError if two places disagree, if one holds no hash, or if a file cannot be edited safely; nothing has
    been changed then.
    """
    paths = list(files_with_a_hash(start))
    if not paths:
        return Migrated([], False), History([], [])
    places = [*(place for place in pin_places.all_stored() if place.where not in paths), *map(stored_in, paths)]
    digest = _agreed(places)
    edits = [_edit(path, digest) for path in paths]
    pin.store_digest(digest)  # first: if the power goes now, two places agree
    for path, text in edits:
        _replace(path, text)
    return Migrated(paths, bool(os.environ.get(pin_places.ENV_HASH))), look_for(digest, os.path.dirname(paths[-1]))


def _agreed(places: Iterable[pin.Stored]) -> str:
    """Return the hash that every place holds."""
    first: pin.Stored | None = None
    for place in places:
        if place.digest is None:
            raise UsageError(f"{place.where} holds no PIN hash that can be read; delete it there, then migrate again")
        first = first or place
        assert first.digest is not None
        if not hmac.compare_digest(first.digest, place.digest):
            raise UsageError(
                f"{first.where} and {place.where} hold the hashes of two PINs: delete the one that is not the team's,"
                " then migrate again"
            )
    assert first is not None and first.digest is not None
    return first.digest


def _edit(path: str, digest: str) -> tuple[str, str]:
    text = _read(path)
    new = REMOVERS[os.path.basename(path)](text, path)
    if _digests(text) - _digests(new) - {digest}:
        raise UsageError(f"{path}: the key is there twice, with two hashes: delete the one that is not the team's")
    for number, line in enumerate(new.lower().split("\n"), start=1):
        if digest in line:
            raise UsageError(f"{path}: the hash is also in another line (line {number} without the key); delete it")
    return path, new


def _digests(text: str) -> set[str]:
    return set(re.findall(r"[0-9a-f]{64}", text.lower()))


def look_for(digest: str, folder: str) -> History:
    """Return where git has the hash: in the index, or in any commit that a branch, a tag or a remote branch reaches."""
    git, found, problem = Git(folder), ScanReport(), ""
    try:
        if not git.try_top():
            return History([], [])
        objects.scan_index(git, found)
        if git.head():
            pushes.scan(git, pushes.everything(git), lambda _: frozenset(), found)
    except ExpflowError as error:
        problem = str(error)
    holding = {blob for blob in {finding.blob for finding in found.findings} if _holds(git, blob, digest)}
    places = [finding for finding in found.findings if finding.blob in holding]
    return History(
        [f"{finding.commit[:12]} {finding.path}:{finding.line}" for finding in places if finding.commit],
        [f"{finding.path}:{finding.line}" for finding in places if not finding.commit],
        "; ".join([problem] * bool(problem) + found.problems),
    )


def _holds(git: Git, blob: str, digest: str) -> bool:
    kind = git.ask("cat-file", "-t", blob).decode().strip()
    return digest.encode() in git.ask("cat-file", kind, blob).replace(b"\0", b"").lower()


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8 text; delete the key by hand") from None
    except OSError as error:
        raise UnreadableError(f"cannot read {path}: {error.strerror}") from None


def _replace(path: str, text: str) -> None:
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise UnreadableError(
            f"cannot write {path}: {error.strerror}; the store has the hash, so delete the key there by hand"
        ) from None
