"""A digest of everything that a judgement depends on: while it is unchanged, so is the verdict."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from hashlib import sha256

from expflow_hooks import __version__
from expflow_hooks.action.evidence import records
from expflow_hooks.action.evidence.files import Files
from expflow_hooks.action.evidence.question import Question
from expflow_hooks.action.evidence.rules import make_query
from expflow_hooks.action.evidence.tracker import Tracker, server_of
from expflow_hooks.action.request.inputs import Inputs
from expflow_hooks.core.change.code import code_id, code_patterns
from expflow_hooks.core.errors import ExpflowError
from expflow_hooks.core.policy.load import parse_policy
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.location import FILE as REGISTRY
from expflow_hooks.core.registry.location import is_folder
from expflow_hooks.core.registry.reader import Registry


def fingerprint(inputs: Inputs, question: Question, base: Files, workspace: str, tracker: Tracker) -> str:
    """Return the digest of what judges a head: inputs, the base's rules, registry and code, and other places'.

    The base's other files are left out: what is merged beside a change changes nothing of its verdict. Raises
    UnreadableError where a server cannot be read.
    """
    policy = _policy(inputs, base)
    source = inputs.source or policy.leaderboard.source or REGISTRY
    told = [__version__, inputs.board, inputs.strictness]
    told += [question.head, str(question.number), question.base_branch]
    told += [_blob(base, inputs.policy), code_id(base.entries, code_patterns(policy.leaderboard.paths, source))]
    if server := server_of(inputs.source, source):
        told.append(tracker.read(server, policy, make_query(inputs, policy)).digest)
    elif os.path.isabs(source):
        told.append(sha256(b"".join(Registry(source).lines())).hexdigest())
    else:
        registry = posixpath.normpath(posixpath.join(posixpath.dirname(inputs.policy), source))
        told += _of_registry(base, workspace, f"{registry}/" if is_folder(source) else registry)
    return digest(told)


def _policy(inputs: Inputs, base: Files) -> Policy:
    """Return the base's policy, or the defaults for one that cannot be used: its blob is in the digest."""
    try:
        data = base.read(inputs.policy)
        if data is None:
            return Policy()
        return parse_policy(data.decode("utf-8-sig", "replace"), inputs.policy).of_board(inputs.leaderboard)
    except ExpflowError:
        return Policy()


def digest(told: Iterable[str]) -> str:
    """Return a digest of pieces of text."""
    return sha256("\0".join(told).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _blob(base: Files, path: str) -> str:
    try:
        return base.blob_of(path)
    except ExpflowError as error:
        return str(error)


def _of_registry(base: Files, workspace: str, registry: str) -> list[str]:
    """Return the registry's blobs, and a digest of the lines that the workspace has and the base has not."""
    try:
        told = [f"{path} {blob}" for path, blob in base.parts(registry).items()]
        here = records.in_workspace(workspace, registry) if workspace else {}
        if not here:
            return told
        there = base.registry(registry)
    except ExpflowError as error:
        return [str(error)]
    known = {line for data in there.values() for line in data.split(b"\n")}
    others = (data for path, data in here.items() if data != there.get(path))
    lines = sorted({line for data in others for line in data.split(b"\n")} - known)
    return [*told, sha256(b"\n".join(lines)).hexdigest()] if lines else told
