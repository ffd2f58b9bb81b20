"""Configurations: which runs share every parameter but the ignored ones, such as the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, NamedTuple

from expflow_hooks.core.ranking.row import Seed
from expflow_hooks.core.registry.experiment import Experiment, normal_parameter


class Configurations:
    """Numbers the configurations: runs with the same project and parameters, but for the ignored ones, share one."""

    def __init__(self, ignore: Iterable[str]) -> None:
        self._ignored = {normal_parameter(name) for name in ignore}
        self._layouts: dict[tuple[str, ...], _Layout] = {}
        self.numbers: dict[Any, int] = {}

    def key(self, experiment: Experiment) -> int | None:
        """Return the configuration's number, or None without parameters that identify it."""
        params = experiment.params
        if not params:
            return None
        paths = tuple(params)
        layout = self._layouts.get(paths) or self._new_layout(paths)
        values = layout.values_of(params)
        try:
            found = self.numbers.get((experiment.project, layout.number, values))
        except TypeError:  # a list or a mapping as value
            found = None
        if found is None:  # only texts are kept, so that 5 and "5" are one, and True and 1 are two
            texts = tuple(map(str, values)) if values.__class__ is tuple else str(values)
            found = self.numbers.setdefault((experiment.project, layout.number, texts), len(self.numbers))
        return found

    def seed(self, experiment: Experiment) -> Seed | None:
        """Return the ignored parameters' names and values, or None for a run that names none of them."""
        params = experiment.params or {}
        paths = tuple(params)
        layout = self._layouts.get(paths) or self._new_layout(paths)
        return tuple((name, str(params[path])) for name, path in layout.ignored) or None

    def _new_layout(self, paths: tuple[str, ...]) -> _Layout:
        kept = sorted(path for path in paths if normal_parameter(path) not in self._ignored)
        ignored = tuple(sorted((normal_parameter(path), path) for path in paths if path not in kept))
        number = self.numbers.setdefault(("layout", *kept), len(self.numbers))
        layout = self._layouts[paths] = _Layout(number, itemgetter(*kept) if kept else _nothing, ignored)
        return layout


class _Layout(NamedTuple):
    """What runs with the same parameters' names share; one project's runs have the same few layouts."""

    number: int
    values_of: Callable[[Any], Any]
    ignored: tuple[tuple[str, str], ...]


def _nothing(params: Any) -> None:
    """Return the values of no parameter at all: the runs of this layout differ in ignored ones only."""
