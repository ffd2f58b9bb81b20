"""Record an experiment: the given fields, completed by git and the clock, appended to the registry."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from expflow_hooks.core.errors import ExpflowWarning, UsageError
from expflow_hooks.core.metrics.definition import clean_definition
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.additions import add_to, clean, doubts, starts
from expflow_hooks.core.registry.experiment import STATES, UNFINISHED
from expflow_hooks.core.registry.index.cache import is_worth_it
from expflow_hooks.core.registry.location import is_folder

if TYPE_CHECKING:
    from expflow_hooks.core.registry.permit import Permit
    from expflow_hooks.core.registry.writer import Writer


class _AskGit(Exception):
    """Git has to be asked first, and not while the registry is locked."""


class Surroundings:
    """Git's facts on the running code, asked once, when first needed."""

    def __init__(self, registry: str, policy: Policy, folder: str = ".") -> None:
        self.policy = policy
        self._registry, self._folder = registry, folder
        self._said: dict[str, Any] | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Return commit, branch, dirty and code; raise _AskGit where git was not asked yet."""
        if self._said is None:
            raise _AskGit
        return self._said

    def ask(self) -> None:
        """Ask git; where there is no code, a warning gives the reason."""
        from expflow_hooks.git.code_identity import code_here
        from expflow_hooks.git.provenance import provenance

        found = code_here(self.policy, self._registry, self._folder)
        if found.why:
            _warn(f"the code that runs is not known: {found.why}")
        code = {"code": {"paths": list(found.paths), "id": found.id}} if found.id else {}
        self._said = provenance(self._registry, self._folder) | code


class Manner(NamedTuple):
    """How records are added: anew, as a start, by whose permit, and to which states a state that is given yields."""

    replace: bool = False
    start: bool = False
    permit: Permit | None = None
    yields_to: frozenset[str] = frozenset()


ADD = Manner()


def append_records(
    writer: Writer, records: Iterable[Mapping[str, Any]], here: Surroundings, manner: Manner = ADD
) -> list[dict[str, Any]]:
    """Add records to what the registry has of their experiments, all or none, and return each whole.

    Git is asked where the code begins: at a first record, and at one that says running. Raises UsageError for what is
    no record, PinRefusedError for one that only an operation or the run itself may bring.
    """
    from expflow_hooks.core.registry.writer import Append

    given = [_with_definition(clean(record)) for record in records]
    ids = [check_record(record) for record in given]
    known = tuple(metric.name for metric in here.policy.metrics)
    for name, record in zip(ids, given, strict=True):
        for doubt in doubts(record, known):
            _warn(f"{name}: {doubt}")
    written: list[dict[str, Any]] = []
    made = [_making(record, written, here, manner) for record in given]
    changes = [Append(name, make, manner.permit) for name, make in zip(ids, made, strict=True)]
    try:
        try:
            writer.update_all(changes)
        except _AskGit:
            written.clear()
            here.ask()
            writer.update_all(changes)
    except ValueError as error:
        raise UsageError(f"{ids[len(written) - 1]}: {error}") from None
    _refresh_index(writer.path)
    return written


_looked_at: dict[str, int] = {}  # the size of each registry when its index was last thought of


def _refresh_index(path: str) -> None:
    """Let what was appended come into the index, now and then: a large registry is then never searched for an id."""
    try:
        size = os.path.getsize(path)
    except OSError:
        return
    if is_worth_it(size - _looked_at.get(path, 0)) and not is_folder(path):
        from expflow_hooks.operations.indexing import refresh

        _looked_at[path] = size
        refresh(path)


def _making(
    given: Mapping[str, Any], written: list[dict[str, Any]], here: Surroundings, manner: Manner
) -> Callable[[dict[str, Any] | None], dict[str, Any]]:
    """Return what makes one record, given the experiment's present one."""

    def make(before: dict[str, Any] | None) -> dict[str, Any]:
        ended = manner.start and before is not None and before.get("status", "completed") not in UNFINISHED
        before = None if manner.replace or ended else before
        stands = before is not None and before.get("status") in manner.yields_to
        said = {key: value for key, value in given.items() if not (stands and key in ("status", "event"))}
        record = add_to(before, said, manner.start)
        if (before is None or manner.start or starts(before, said)) and not _names_code(record):
            record = {**_of_start(here.said, record), **record}
        record.setdefault("timestamp", datetime.now(timezone.utc).isoformat(timespec="seconds"))
        written.append(record)
        return record

    return make


def check_record(given: Mapping[str, Any]) -> str:
    """Return a record's id; raise UsageError for one that the registry does not take."""
    experiment_id, status = given.get("experiment_id"), given.get("status")
    if not isinstance(experiment_id, str) or not experiment_id.strip():
        raise UsageError("a record needs an experiment_id, text such as 'exp-001'")
    if status is not None and status not in STATES:
        raise UsageError(f"{experiment_id}: {status!r} is not a state; states are {', '.join(STATES)}")
    for field in ("metrics", "params"):
        if not isinstance(given.get(field, {}), Mapping):
            raise UsageError(f"{experiment_id}: {field} is a mapping, such as {field}={{'name': 1.5}}")
    return experiment_id


def _with_definition(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record with its definition as stored, {metric: hash}; raise UsageError for an invalid one."""
    if record.get("definition") is None:
        return record
    return {**record, "definition": clean_definition(record["definition"])}


def _names_code(record: Mapping[str, Any]) -> bool:
    """Return whether a record names the code itself, so that git here is not asked."""
    return any(record.get(field) for field in ("commit", "commit_hash", "code"))


def _of_start(known: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """Return git's facts, and whether they are from the run's start or from its first record."""
    taken = "start" if record.get("status") == "running" else "record"
    code = {"code": {**known["code"], "at": taken}} if "code" in known else {}
    return {**known, **code}


def _warn(message: str) -> None:
    warnings.warn(message, ExpflowWarning, stacklevel=_callers_level())


def _callers_level() -> int:
    """Return how far up the first frame is that is not of this package: a warning names the user's own line."""
    import sys

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
    level, frame = 1, sys._getframe(1)
    while frame.f_code.co_filename.startswith(package) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    return level
