"""Trainings read from files: what all such sources have in common, from a run's curves to its experiment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.ranking.query import Query
from expflow_hooks.core.registry.experiment import Experiment
from expflow_hooks.core.registry.reader import Progress, Unreadable
from expflow_hooks.sources.base import Reading, Source
from expflow_hooks.sources.curves import Curve, apart, choice_of, judged_names, of_commits, pick_all

COMMITS = ("commit", "git_commit", "git.commit", "git_sha")
"""Names under which trainings record their commit themselves, where a tracker has no place of its own for it."""


@dataclass
class Training:
    """One run as a tracker keeps it: the curve of each metric, its parameters, and how it ended if that is known."""

    run_id: str
    name: str | None = None
    state: str | None = None
    project: str | None = None
    timestamp: str | None = None
    tags: tuple[str, ...] = ()
    commit: str | None = None
    branch: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)

    def add(self, name: str, step: float, value: Any) -> None:
        """Add a value of a metric."""
        self.curves.setdefault(name, Curve()).add(step, value)


Problem = Callable[[str, BaseException], None]
"""What is told of a part that cannot be read, and hides no other."""


def open_trainings(
    name: str, read: Callable[[Problem], Iterable[Training]], query: Query, reading: Reading, warning: str = ""
) -> Source:
    """Return the source of what `read` yields; what it tells of as a problem is listed as unreadable.

    A source that knows no projects is of the project that is asked for.
    """
    unreadable: list[Unreadable] = []
    choice, names = choice_of(query, reading), judged_names(query, reading)
    source = Source(name, lambda progress: experiments(progress), unreadable=lambda: unreadable, unit="runs")

    def tell(where: str, error: BaseException) -> None:
        why = " ".join(str(error).split())[:120] or type(error).__name__
        unreadable.append(Unreadable(len(unreadable) + 1, f"{where}: {why}"))

    def experiments(progress: Progress | None) -> Iterator[Experiment]:
        unreadable.clear()
        for number, training in enumerate(read(tell), start=1):
            metrics, steps = pick_all(training.curves, choice)
            commit = training.commit or _commit(training.params)
            if not of_commits(commit, reading.commits):
                continue
            if told := apart(names, steps, choice):
                source.remarks[training.run_id] = told
            yield Experiment(
                training.run_id,
                name=training.name,
                status=training.state or "completed",
                project=training.project or query.selection.project,
                tags=training.tags,
                timestamp=training.timestamp,
                metrics=metrics,
                params=training.params,
                commit=commit,
                branch=training.branch,
            )
            if progress is not None:
                progress(number, 0)
        if warning:
            source.warnings[:] = [warning]

    return source


def find_files(path: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Yield the folder, as it stands below the path, and the path of each file that is wanted by name, in order.

    Links are not followed. Raises UnreadableError for what is no folder.
    """
    if not os.path.isdir(path):
        raise UnreadableError(f"{path}: no such folder")
    for place, folders, files in os.walk(path):
        folders.sort()
        for file in sorted(files):
            if wanted(file) and not os.path.islink(full := os.path.join(place, file)):
                yield os.path.relpath(place, path).replace(os.sep, "/"), full


def folder_name(path: str, below: str) -> str:
    """Return what a run is called that stands in a folder: the path below, or the name of the folder itself."""
    return below if below not in (".", "") else os.path.basename(os.path.abspath(path))


def flat(values: Mapping[str, Any], separator: str = "/", before: str = "") -> dict[str, Any]:
    """Return a nested mapping as one with paths for keys; lists and what they hold stay out."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found.update(flat(value, separator, f"{before}{key}{separator}"))
        elif not isinstance(value, list):
            found[f"{before}{key}"] = value
    return found


def number(value: Any) -> Any:
    """Return a value as a number where it is one, also where it stands as a word: NaN, Infinity, -inf."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether a value is a number, counted or not, and no truth value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _commit(params: Mapping[str, Any]) -> str | None:
    return next((value for name in COMMITS if isinstance(value := params.get(name), str) and value), None)


def read_settings(path: str) -> dict[str, Any]:
    """Return the parameters that a YAML file beside a run says; none where there is no such file."""
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            found = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return flat(found) if isinstance(found, dict) else {}
