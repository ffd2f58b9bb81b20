"""What is asked of a ClearML server: the project's id, then 500 tasks a request, ordered, with needed fields only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import md5
from typing import Any, NamedTuple, TypeVar

from expflow_hooks.core.errors import UndecidedError, UnreadableError, UsageError
from expflow_hooks.core.metrics.standard import STANDARD_METRICS
from expflow_hooks.core.registry.experiment import STATES as OURS
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.network.server import SlowError
from expflow_hooks.sources.clearml.client import Client, ServerError
from expflow_hooks.sources.clearml.credentials import HOST
from expflow_hooks.sources.clearml.metrics import AGGREGATES
from expflow_hooks.sources.clearml.task import STATES

PAGE = 500  # tasks: the server gives no more at once
_LEAST = 10  # tasks of a page that is asked for, however slow the server
_ATTEMPTS = 5  # at a selection that does not stand still
_STABLE = ("id",)  # an order that no change of a task disturbs
T = TypeVar("T")
Progress = Callable[[int, int], object]
_BAD_FIELD = 14  # ClearML's sub-code for an unknown field, which an old server gives for `active_duration`

FIELDS = (
    "id",
    "name",
    "status",
    "tags",
    "project.name",
    "last_metrics",
    "hyperparams",
    "script.version_num",
    "script.branch",
    "completed",
)
DURATION = "active_duration"
DIFF = "script.diff"


class Wanted(NamedTuple):
    """Which tasks are wanted, in what order, and with which fields beyond the usual ones."""

    project: str | None = None
    subprojects: bool = False
    tags: tuple[str, ...] = ()
    status: str | None = None
    commits: tuple[str, ...] = ()
    order: tuple[str, ...] = _STABLE
    fields: tuple[str, ...] = ()


def metric_order(name: str, *, higher: bool, aggregate: str = "last") -> tuple[str, ...]:
    """Return the order that sorts by a metric, best first; by id where the metric's title is not known."""
    pair = (STANDARD_METRICS[name]["group"], name) if name in STANDARD_METRICS else tuple(name.split("/"))
    if len(pair) != 2 or not all(pair):
        return _STABLE
    title, series = (md5(part.encode(), usedforsecurity=False).hexdigest() for part in pair)
    return (f"{'-' if higher else ''}last_metrics.{title}.{series}.{AGGREGATES[aggregate]}",)


def read_tasks(client: Client, wanted: Wanted, make: Callable[[dict[str, Any]], T], progress: Progress) -> list[T]:
    """Return `make`'s result for every wanted task; progress receives the number read.

    A task that leaves the selection between two pages, or moves in its order, would hide another one: then all is read
    once more, in an order that no change disturbs. Raises UndecidedError for an unknown project, UnreadableError where
    the tasks do not stand still.
    """
    query = _query(wanted)
    if wanted.project is not None:
        query["project"] = [project_id(client, wanted.project)]
    for attempt in range(_ATTEMPTS):
        stable = attempt > 0 or tuple(wanted.order) == _STABLE
        found = _read_once(
            client, {**query, "order_by": list(_STABLE if stable else wanted.order)}, make, progress, stable
        )
        if found is not None:
            return list(found.values())
    raise UnreadableError(
        f"{client.credentials.shown_host}: tasks left the selection while it was read, {_ATTEMPTS} times; try again"
    )


def _read_once(
    client: Client, query: dict[str, Any], make: Callable[[dict[str, Any]], T], progress: Progress, stable: bool
) -> dict[str, T] | None:
    """Return what is made of every task, by id; None where pages do not meet, so that a task may be hidden.

    Each page begins with the last tasks of the one before. In a stable order only a task that left can break that.
    """
    found: dict[str, T] = {}
    last = None
    for overlap, page in _pages(client, query):
        ids = [str(task.get("id")) for task in page]
        if last is not None and last not in ids:
            return None
        if not stable and not found.keys().isdisjoint(ids[overlap:]):
            return None
        found.update((str(task.get("id")), make(task)) for task in page)
        last = ids[-1] if ids else last
        progress(len(found), 0)
    progress(len(found), len(found))
    return found


def read_by_id(client: Client, ids: Sequence[str], fields: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield the tasks of these ids, archived ones too; an unknown one is left out."""
    for start in range(0, len(ids), PAGE):
        some = list(ids[start : start + PAGE])
        query = {"id": some, "order_by": list(_STABLE), "only_fields": [*FIELDS, *fields]}
        yield from (task for task in _page(client, query, 0) if task.get("id") in some)


def read_children(client: Client, task_id: str, most: int = 3) -> list[str]:
    """Return the ids of tasks that were made from a task, a few of them; hidden ones count too."""
    query = {"parent": [task_id], "search_hidden": True, "only_fields": ["id"], "order_by": list(_STABLE)}
    data = client.call("tasks.get_all_ex", {**query, "page": 0, "page_size": most})
    # A server ignores a key that it does not know, and then gives tasks of anybody's.
    return [str(task.get("id")) for task in _listed(client, data, "tasks") if task.get("parent") in (task_id, None)]


def _query(wanted: Wanted) -> dict[str, Any]:
    query: dict[str, Any] = {
        "system_tags": ["-archived"],
        "order_by": list(wanted.order),
        "only_fields": [*FIELDS, *wanted.fields],
    }
    if wanted.subprojects:
        query["include_subprojects"] = True
    if wanted.tags:
        query["tags"] = ["__$all", *wanted.tags]
    if wanted.status is not None:
        query["status"] = _statuses(wanted.status)
    if wanted.commits:
        query["_all_"] = {"fields": ["script.version_num"], "pattern": _commit_pattern(wanted.commits)}
    return query


def _statuses(status: str) -> list[str]:
    """Return the server's names for a state; raise UsageError for what is no state, or none that a server has."""
    found = [theirs for theirs, ours in STATES.items() if ours == status]
    if not found and status != "unknown":
        known = sorted({*STATES.values(), "unknown"})
        why = "a state that a ClearML server does not have" if status in OURS else "not a state"
        raise UsageError(f"{status[:80]!r} is {why}{did_you_mean(status, known)}; it has {', '.join(known)}")
    return found or ["unknown"]


def _commit_pattern(commits: Sequence[str]) -> str:
    for commit in commits:
        if not re.fullmatch(r"[0-9a-fA-F]{7,64}", commit):
            raise UsageError(
                f"commit {commit[:80]!r} is no object id; a right one is 7 to 40 hex digits, `git rev-parse HEAD`"
            )
    ends = [f"{commit.lower()}$" if len(commit) >= 40 else commit.lower() for commit in commits]
    return f"^{ends[0]}" if len(ends) == 1 else f"^({'|'.join(ends)})"


def _pages(client: Client, query: dict[str, Any]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield pages, each with how many tasks of the one before it begins with; the last one is not full.

    A page begins where its size says, so its size is what lets it meet the one before. A server that is too slow for
    one is asked for half of it.
    """
    end, most = 0, PAGE
    while True:
        number = -(-(end - 1) // most) if end else 0
        size = (end - 1) // number if number else most
        try:
            page = _page(client, query, number, size)
        except SlowError:
            most = size // 2
            if most < _LEAST:
                raise
            continue
        yield end - number * size, page
        if len(page) < size:
            return
        end = (number + 1) * size


def _page(client: Client, query: dict[str, Any], number: int, size: int = PAGE) -> list[dict[str, Any]]:
    body = {**query, "page": number, "page_size": size}
    try:
        data = client.call("tasks.get_all_ex", body)
    except ServerError as error:
        if error.subcode != _BAD_FIELD or DURATION not in query["only_fields"]:
            raise
        query["only_fields"].remove(DURATION)
        return _page(client, query, number, size)
    return _listed(client, data, "tasks")


def _listed(client: Client, data: dict[str, Any], what: str) -> list[dict[str, Any]]:
    """Return the answer's list; raise UnreadableError without one: no list is not the same as an empty one."""
    found = data.get(what)
    if not isinstance(found, list):
        raise UnreadableError(
            f"{client.credentials.shown_host}: an answer without {what}; {HOST} must name the API server"
        )
    return [one for one in found if isinstance(one, dict)]


def project_id(client: Client, name: str) -> str:
    """Return the id of the project of exactly this name; raise UndecidedError with the nearest names."""
    pattern = f"^{re.escape(name)}$"
    query = {"only_fields": ["id", "name"]}
    for project in _listed(client, client.call("projects.get_all_ex", {"name": pattern, **query}), "projects"):
        if project.get("name") == name:
            found = project.get("id")
            if isinstance(found, str) and found:
                return found
            raise UnreadableError(f"{client.credentials.shown_host}: an answer without the project's id")
    others = client.call("projects.get_all_ex", {"order_by": ["name"], **query})
    names = [str(project.get("name")) for project in _listed(client, others, "projects")]
    raise UndecidedError(f"no project {name[:120]!r} on {client.credentials.shown_host}{did_you_mean(name, names)}")
