"""One run from its first step to its end: on the disk before it starts, and what became of it when it is over."""

from __future__ import annotations

import atexit
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from types import TracebackType
from typing import TYPE_CHECKING, Any

from expflow_hooks.core.errors import ExpflowError, ExpflowWarning, UsageError
from expflow_hooks.core.metrics.standard import check_metrics
from expflow_hooks.core.registry.experiment import GUARDED
from expflow_hooks.core.registry.permit import Permit
from expflow_hooks.core.registry.writer import Writer
from expflow_hooks.operations.recording import Manner, Surroundings, append_records
from expflow_hooks.operations.termination import Terminated, TerminationHandler

if TYPE_CHECKING:
    from expflow_hooks.core.registry.record import Json, Number

Send = Callable[[Mapping[str, float], "int | None"], object]
"""Takes checked metrics and the iteration they are of, and reports them to a tracker."""

TIME = "train_time_min"
_STOPPED_BY = ("SIGTERMException",)  # Lightning's own, raised by its handler


class Run:
    """One run. As a context manager it starts, and ends as completed, failed or stopped; or call `start` and `finish`.

    Of several processes that torchrun starts (`RANK`, `WORLD_SIZE`), the first one records.
    """

    def __init__(self, writer: Writer, given: Mapping[str, Any], here: Surroundings, send: Send | None = None) -> None:
        self.experiment_id: str = given["experiment_id"]
        self.record: dict[str, Any] = {}
        """The record as it was last written."""
        self._writer, self._given, self._here, self._send = writer, given, here, send
        self._reported: set[str] = set()
        self._began = 0.0
        self._active = False
        self._process = os.getpid()
        self._records = os.environ.get("RANK", "0") == "0" or os.environ.get("WORLD_SIZE", "1") == "1"
        self._termination = TerminationHandler()

    @property
    def known(self) -> frozenset[str]:
        """Return the names of the metrics that `report` takes: the standard ones and the policy's."""
        metrics = list(self._here.policy.metrics)
        return frozenset(name for metric in metrics for name in (metric.name, metric.source) if name)

    def start(self) -> Run:
        """Record that the run is running, with its code and its parameters; raise UnreadableError if that fails."""
        if self._active:
            raise UsageError(f"{self.experiment_id}: this run has started already")
        self._add({**self._given, "status": "running"}, Manner(start=True))
        self._reported.clear()
        self._active, self._began = True, time.monotonic()
        self._termination.install()
        atexit.register(self._left_open)
        return self

    def report(self, *, iteration: int | None = None, **metrics: Number) -> dict[str, float]:
        """Check every name and value, then record and report them all; return them as floats.

        Units are those of `STANDARD_METRICS`. Raises ValueError for a name that neither it nor the policy has, and for
        a value that is no finite number: nothing is recorded then. What a tracker raises is passed on.
        """
        checked = check_metrics(metrics, self._here.policy.metrics)
        self._add({"metrics": checked})
        self._reported |= checked.keys()
        if self._records and self._send is not None and checked:
            self._send(checked, iteration)
        return checked

    def add(self, *, params: Mapping[str, object] | None = None, **fields: Json) -> None:
        """Record parameters or fields that are known only after the start."""
        self._add({"params": params, **fields})

    def finish(self, error: BaseException | None = None) -> None:
        """Record how the run ended: completed, stopped, or failed with the error's type. Later calls do nothing."""
        if not self._active or os.getpid() != self._process:  # a forked worker has no run to end
            return
        self._active = False
        atexit.unregister(self._left_open)
        try:
            self._end(error)
        finally:
            self._termination.remove()

    def __enter__(self) -> Run:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.finish(error)
        except (ExpflowError, OSError) as reason:
            if error is None:
                raise
            # What the run failed of is what its people have to see.
            warnings.warn(f"{self.experiment_id}: its end is not recorded: {reason}", ExpflowWarning, stacklevel=2)

    def _end(self, error: BaseException | None) -> None:
        minutes = (time.monotonic() - self._began) / 60
        measured = {} if TIME in self._reported else {TIME: minutes}
        ending, manner = _ending(error)
        self._add({**ending, "metrics": measured or None}, manner._replace(yields_to=GUARDED))
        if self._records and self.record.get("status") != ending["status"]:
            said = f"{self.experiment_id}: it was {self.record.get('status')} meanwhile, and stays so"
            warnings.warn(said, ExpflowWarning, stacklevel=4)
        if error is None and measured and self._records and self._send is not None:
            self._send(measured, None)

    def _add(self, given: Mapping[str, Any], manner: Manner = Manner()) -> None:  # noqa: B008
        if self._records and os.getpid() == self._process:
            record = {"experiment_id": self.experiment_id, **given}
            (self.record,) = append_records(self._writer, [record], self._here, manner)

    def _left_open(self) -> None:
        """Record the end of a run that nobody finished before the interpreter ended."""
        error = Terminated() if self._termination.terminated else getattr(sys, "last_value", None)
        try:
            self.finish(error or SystemExit(1))
        except (ExpflowError, OSError) as reason:  # no traceback after the end
            print(f"expflow-hooks: {self.experiment_id}: its end is not recorded: {reason}", file=sys.stderr)


def _ending(error: BaseException | None) -> tuple[dict[str, Any], Manner]:
    """Return what is recorded of a run that ends with an error, or with none, and the manner."""
    if error is None or (isinstance(error, SystemExit) and not isinstance(error, Terminated) and not error.code):
        return {"status": "completed"}, Manner()
    kind = type(error)
    if isinstance(error, (KeyboardInterrupt, Terminated)) or kind.__name__ in _STOPPED_BY:
        reason = "SIGINT" if isinstance(error, KeyboardInterrupt) else "SIGTERM"
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        event = {"action": "stop", "by": "run", "at": at, "reason": reason}
        return {"status": "stopped", "event": event}, Manner(permit=Permit("run"))
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return {"status": "failed", "error": name}, Manner()
