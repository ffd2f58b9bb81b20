"""How long a server is waited for: the statuses worth another try, `Retry-After`, and a deadline for a whole answer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TypeVar

T = TypeVar("T")

RETRIED = frozenset({429, 502, 503, 504})
"""HTTP statuses of a server, or of a proxy before it, that may be another one a little later."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a `Retry-After`, given as seconds or as a date; None where there is none."""
    given = headers.get("Retry-After")
    if not given:
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = _until(given, headers.get("Date"))
    return max(0.0, seconds) if seconds == seconds else float("inf")


def _until(date: str, now: str | None) -> float:
    """Return the seconds until a date by the server's own clock, from its answer: ours may be off."""
    moment = _moment(date)
    if moment is None:
        return 1.0
    return (moment - ((_moment(now) if now else None) or datetime.now(timezone.utc))).total_seconds()


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns; raise TimeoutError if that takes longer.

    Time limits of sockets are for a single byte, and none is for the name server's answer: so a thread waits, which is
    left behind when it is too late.
    """
    done: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            done.put((call(), None))
        except BaseException as error:  # raised where the call is waited for
            done.put((None, error))

    threading.Thread(target=work, daemon=True).start()
    try:
        value, error = done.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]
