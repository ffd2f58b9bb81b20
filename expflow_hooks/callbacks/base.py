"""What the callbacks share: one run, and which of a library's logged values are metrics of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expflow_hooks.api import track
from expflow_hooks.operations.tracking import Run


class TrackedRun:
    """A run that a callback keeps: one that it starts and ends itself, or one of a `with track(...)` around it."""

    def __init__(self, run: str | Run, rename: Mapping[str, str] | None, fields: Mapping[str, Any]) -> None:
        self._is_own = isinstance(run, str)
        self.run: Run = track(run, **fields) if isinstance(run, str) else run
        self._rename = dict(rename or {})

    def start(self, params: Mapping[str, object]) -> None:
        """Start the run if it is the callback's own, and record what the library knows of its parameters."""
        if self._is_own:
            self.run.start()
        if params:
            self.run.add(params=params)

    def report(self, logged: Mapping[str, Any]) -> None:
        """Report those of the logged values whose names, after `rename`, are metrics that the policy knows."""
        known = self.run.known
        named = {self._rename.get(name, name): value for name, value in logged.items()}
        if metrics := {name: value for name, value in named.items() if name in known}:
            self.run.report(**metrics)

    def finish(self, error: BaseException | None = None) -> None:
        """End the run if it is the callback's own."""
        if self._is_own:
            self.run.finish(error)
