"""Reporting standard metrics to ClearML: done when the server's last value of each is the one that was reported.

The SDK uploads in the background, logs a failure and goes on, and waits for a dead server without end. So everything
that may wait runs in a thread of its own with a deadline, and what matters is read back.
"""

from __future__ import annotations

import atexit
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.core.metrics.standard import STANDARD_METRICS
from expflow_hooks.sources.clearml.marks import REPORTED, clean_mark, is_zero_mark, zero_mark

TIMEOUT = 30.0  # seconds from the call until it is given up, whatever the SDK does
_SETTLE = 5.0  # seconds after the upload in which the server may still show the value before
_LOOKS = 0.1  # seconds until the second look; each later wait is twice the one before


class PendingReport:
    """Metrics on their way to a ClearML server; `close` waits until they are there, the timeout at most.

    The end of the interpreter waits for it as well, and says in one line on standard error what did not arrive.
    """

    def __init__(self, reported: Mapping[str, float], send: Callable[[], None], timeout: float = TIMEOUT) -> None:
        self.metrics = dict(reported)
        self._send, self._timeout = send, timeout
        self._deadline = time.monotonic() + timeout
        self._error: BaseException | None = None
        # A daemon: the end of the interpreter waits for `close` until the deadline, never for the SDK.
        self._thread = threading.Thread(target=self._run, name="expflow-report", daemon=True)
        self._thread.start()
        atexit.register(self._at_exit)

    @property
    def done(self) -> bool:
        """Return whether the wait is over: everything arrived, or it failed."""
        return not self._thread.is_alive()

    def close(self) -> dict[str, float]:
        """Wait, and return what the server has; raise what went wrong, or UnreadableError at the deadline."""
        atexit.unregister(self._at_exit)
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        if self._thread.is_alive():
            raise UnreadableError(
                f"not confirmed within {self._timeout:g} s: the ClearML server may lack {', '.join(self.metrics)};"
                " report again when it can be reached"
            )
        if self._error is not None:
            raise self._error
        return self.metrics

    def _run(self) -> None:
        try:
            self._send()
        except BaseException as error:  # kept for whoever closes, also a SystemExit of the SDK
            self._error = error

    def _at_exit(self) -> None:
        try:
            self.close()
        except Exception as error:  # no traceback after the end
            print(f"expflow-hooks: report_standard: {error}", file=sys.stderr)


def start_report(
    task: Any,
    reported: Mapping[str, float],
    iteration: int | None = None,
    timeout: float = TIMEOUT,
    clean: str | None = None,
) -> PendingReport:
    """Begin to report checked metrics through a task's logger; `iteration` is the task's last one unless given.

    `clean` is the commit to which the work tree had no changes, for the tag that says so if it is the task's.
    """
    return PendingReport(reported, lambda: _Sending(task, reported, timeout, clean).run(iteration), timeout)


class _Sending:
    """The steps of one report; each may wait for the server as long as the SDK likes."""

    def __init__(self, task: Any, reported: Mapping[str, float], timeout: float, clean: str | None) -> None:
        self._task, self._reported, self._clean = task, reported, clean
        self._deadline = time.monotonic() + timeout

    def run(self, iteration: int | None) -> None:
        at = self._last_iteration() if iteration is None else iteration
        logger = self._task.get_logger()
        for name, value in self._reported.items():
            logger.report_scalar(title=STANDARD_METRICS[name]["group"], series=name, value=value, iteration=at)
        # One flush, that waits: with a second one beside it, the SDK's own process loses what was reported.
        self._call("flush", wait_for_uploads=True)
        self._wait_for(self._values_missing, _not_there)
        self._mark()

    def _call(self, name: str, **arguments: Any) -> Any:
        """Call a method that tasks of the SDK have; an object without it has nothing to do there."""
        method = getattr(self._task, name, None)
        return method(**arguments) if callable(method) else None

    @property
    def _offline(self) -> bool:
        return bool(self._call("is_offline"))

    def _last_iteration(self) -> int:
        """Return the task's last iteration, as its logger counts: of equal iterations the server keeps the later."""
        if self._offline:
            return _offline_iteration(self._task)
        return max(0, int(self._call("get_last_iteration") or 0) - int(self._call("get_initial_iteration") or 0))

    def _wait_for(self, missing: Callable[[], list[str]], told: Callable[[list[str]], str]) -> None:
        """Poll until nothing is missing; raise UnreadableError with the rest."""
        until, wait = min(self._deadline, time.monotonic() + _SETTLE), _LOOKS
        while lacking := missing():
            if time.monotonic() + wait > until:
                raise UnreadableError(told(lacking))
            time.sleep(wait)
            wait *= 2

    def _values_missing(self) -> list[str]:
        """Return the metrics whose last value on the server is another one; a task without a server misses none."""
        if self._offline or not callable(getattr(self._task, "get_last_scalar_metrics", None)):
            return []
        found = self._task.get_last_scalar_metrics()
        return [
            f"{name}{_instead(last)}"
            for name, value in self._reported.items()
            if (last := _last(found, name)) is None or last != value
        ]

    def _mark(self) -> None:
        """Tag the task as reported and each exact zero as meant; remove the tag of a value that is no longer zero."""
        if not callable(getattr(self._task, "add_tags", None)):
            return
        task_id = str(getattr(self._task, "id", ""))
        marks = [REPORTED, *(zero_mark(name, task_id) for name, value in self._reported.items() if value == 0)]
        script = getattr(getattr(self._task, "data", None), "script", None)
        if self._clean and getattr(script, "version_num", None) == self._clean:
            marks.append(clean_mark(self._clean, task_id))
        stale = {tag for tag in self._tags() for name in self._reported if is_zero_mark(tag, name)} - set(marks)
        if stale:
            self._call("remove_tags", tags=sorted(stale))
        self._task.add_tags(marks)
        if self._offline or not callable(getattr(self._task, "get_tags", None)):
            return
        self._wait_for(lambda: self._tags_unchanged(marks, stale), _not_tagged)

    def _tags_unchanged(self, added: list[str], removed: set[str]) -> list[str]:
        tags = set(self._tags())
        return [tag for tag in added if tag not in tags] + sorted(removed & tags)

    def _tags(self) -> list[str]:
        if not self._offline:
            self._call("reload")
        return list(self._call("get_tags") or ())


def _last(found: Any, name: str) -> Any:
    title = found.get(STANDARD_METRICS[name]["group"]) if isinstance(found, Mapping) else None
    entry = title.get(name) if isinstance(title, Mapping) else None
    return entry.get("last") if isinstance(entry, Mapping) else None


def _instead(last: Any) -> str:
    return "" if last is None else f" (it has {last!r})"


def _not_there(lacking: list[str]) -> str:
    return (
        f"the ClearML server did not take {', '.join(lacking)}: report again when it can be reached, and without"
        " iteration=, since the value of the highest one stays"
    )


def _not_tagged(lacking: list[str]) -> str:
    return (
        f"the ClearML server has the metrics but did not change the tags {', '.join(lacking)}: without its tag a 0.0"
        " does not count; report again"
    )


def _offline_iteration(task: Any) -> int:
    """Return the last iteration that an offline session's own reporter knows."""
    reporter = getattr(task, "_reporter", None)
    return max(0, int(getattr(reporter, "max_iteration", 0) or 0))
