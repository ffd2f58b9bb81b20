"""A tracker's server: whole answers within bounds, asked again where that may help, one-line errors without keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.network.failures import Settings, explain
from expflow_hooks.network.waiting import RETRIED, retry_after

if TYPE_CHECKING:
    import requests

CONNECT = 5.0  # seconds
READ = 30.0  # seconds without a byte
WHOLE = 120.0  # seconds for one answer, however slowly it drips
TRIES = 3
LONGEST_WAIT = 60.0  # seconds of `Retry-After` that are waited for
LARGEST = 1 << 28  # bytes of one answer


class SlowError(UnreadableError):
    """The server took too long for one answer, or gave too much: less may be asked of it."""


class Answer(NamedTuple):
    """A whole answer. `asks` is how many seconds the server asks to wait, where that is longer than we do."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    asks: float | None = None

    @property
    def patience(self) -> str:
        """Return what to add to an error where the server asks for a longer wait than ours."""
        return "" if self.asks is None else f", and asks to wait {self.asks:.0f} s; try again then"


class Server:
    """One server. `timeouts` are (connect, read) seconds; `sleep` waits between tries; `made` counts requests."""

    def __init__(
        self,
        session: requests.Session,
        host: str,
        settings: Settings,
        *,
        verify: bool | str = True,
        timeouts: tuple[float, float] = (CONNECT, READ),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.session, self.host, self.made = session, host, 0
        self._settings, self._verify, self._timeouts, self._sleep = settings, verify, timeouts, sleep

    def ask(self, method: str, url: str, what: str, *, tries: int = TRIES, **options: Any) -> Answer:
        """Return the answer, whatever its status; one worth another try gets it, `tries` in all.

        Raises UnreadableError, SlowError among them, for a server that cannot be reached or does not answer whole. A
        redirect is an answer: keys are sent to no other address than the one that was set.
        """
        for attempt in range(1, tries + 1):
            last = attempt == tries
            try:
                answer = self._once(method, url, what, options)
            except _Passing as passing:
                if last:
                    raise passing.error from None
                wait = None
            else:
                if answer.status not in RETRIED or last:
                    return _asking(answer)
                wait = retry_after(answer.headers)
                if wait is not None and wait > LONGEST_WAIT:
                    return _asking(answer)
            self._sleep(2.0 ** (attempt - 1) if wait is None else wait)
        raise AssertionError("unreachable: the last try returns or raises")

    def _once(self, method: str, url: str, what: str, options: Mapping[str, Any]) -> Answer:
        import requests

        self.made += 1
        fixed = {"timeout": self._timeouts, "verify": self._verify, "allow_redirects": False, "stream": True}
        try:
            with self.session.request(method, url, **fixed, **options) as answer:  # type: ignore[arg-type]
                return Answer(answer.status_code, answer.headers, _read(answer, self.host))
        except (requests.RequestException, ValueError, OSError) as error:
            failure = explain(error, what, self._timeouts, self._settings)
            final = (SlowError if failure.slow else UnreadableError)(f"{self.host}: {failure.words}")
            raise (_Passing(final) if failure.again else final) from None


class _Passing(Exception):
    """A failure after which another try may succeed, and the error to give up with."""

    def __init__(self, error: UnreadableError) -> None:
        self.error = error


def _asking(answer: Answer) -> Answer:
    asked = retry_after(answer.headers) if answer.status in RETRIED else None
    return answer._replace(asks=asked) if asked is not None and asked > LONGEST_WAIT else answer


def _read(answer: requests.Response, host: str) -> bytes:
    deadline, parts, size = time.monotonic() + WHOLE, [], 0
    for part in answer.iter_content(1 << 18):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise SlowError(f"{host}: its answer took longer than {WHOLE:g} s")
        if size > LARGEST:
            raise SlowError(f"{host}: its answer is larger than {LARGEST >> 20} MB")
    return b"".join(parts)
