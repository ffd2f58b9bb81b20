"""GitHub's API as plain requests: retries with one patience for all, a budget, pages, conditional requests, GraphQL.

What the answers hold is in `models`, what they mean in the modules of verbs: `pulls`, `comments`, `statuses`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec
import requests

from expflow_hooks.action.github.models import GraphQL, ViewerData
from expflow_hooks.action.github.transport import Transport, make_session
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.network.session import same_server
from expflow_hooks.network.waiting import RETRIED, retry_after

__all__ = ["ApiError", "BudgetError", "GitHub", "UnsureError", "make_session"]

T = TypeVar("T")

PATIENCE = 60.0  # seconds that all retries of a run may take together
DEADLINE = 60.0  # seconds for one whole answer
_QUICK = 5.0  # seconds for what the run does well without
MOST_PAGES = 1000
PAGE_SIZE = 100  # entries; the most that GitHub gives
_RETRIED = RETRIED | {500}
RAW = "application/vnd.github.raw+json"
_KEPT = 64  # answers, to be asked for again as "is it still so?"
_LARGEST_KEPT = 1 << 18  # bytes


class ApiError(UnreadableError):
    """GitHub refused: `status` is the HTTP status, `reason` GitHub's own words."""

    def __init__(self, status: int, reason: str, what: str) -> None:
        super().__init__(f"GitHub: {what}: {status} {reason}"[:300])
        self.status = status
        self.reason = reason


class UnsureError(UnreadableError):
    """The connection was cut, or the server failed, after a request that may have been carried out."""


class BudgetError(UnreadableError):
    """More requests would be needed than one pull request may have, or than the hour has left."""


class GitHub:
    """The API of one server. `requests` counts what was asked and is not free."""

    def __init__(
        self,
        session: requests.Session,
        api: str,
        graphql: str = "",
        *,
        patience: float = PATIENCE,
        deadline: float = DEADLINE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.api = api.rstrip("/")
        self.graphql_url = graphql or f"{self.api.removesuffix('/v3')}/graphql"
        self.requests = 0
        self.left: int | None = None
        """The requests that the hour has left, as the server last said; None before it did."""
        self.now: float = 0.0
        """The server's time at its last answer, in seconds since 1970."""
        self._transport = Transport(session, deadline)
        self._patience = patience
        self._sleep = sleep
        self._most: int | None = None
        self._why = ""
        self._seen: dict[str, tuple[str, requests.Response]] = {}

    @contextmanager
    def at_most(self, requests: int, why: str) -> Iterator[None]:
        """Raise BudgetError, with the reason, if a block makes more requests than allowed."""
        before = self._most, self._why
        self._most, self._why = self.requests + requests, why
        try:
            yield
        finally:
            self._most, self._why = before

    def get(self, path: str, kind: type[T], **params: Any) -> T:
        """Return one answer, as the type of `models` that it should be."""
        return _read(self.request("GET", path, params=params), kind)

    def raw(self, path: str, **params: Any) -> bytes:
        """Return the bytes of a file or a blob."""
        return self.request("GET", path, params=params, headers={"Accept": RAW}).content

    def pages(self, path: str, kind: type[T], **params: Any) -> Iterator[T]:
        """Yield every page, a hundred entries each; raise UnreadableError if the pages lead elsewhere."""
        answer = self.request("GET", path, params={"per_page": PAGE_SIZE, **params})
        for _ in range(MOST_PAGES):
            yield _read(answer, kind)
            following = answer.links.get("next", {}).get("url")
            if following is None:
                return
            answer = self.request("GET", self._own(following))
        raise UnreadableError(f"GitHub: {path} has more than {MOST_PAGES} pages")

    def graphql(self, query: str) -> ViewerData:
        """Return the data that a GraphQL query asks for; one quick try, since nothing depends on it."""
        what = "POST /graphql"
        answer = self._send("POST", self.graphql_url, what, {"json": {"query": query}}, _QUICK)
        if answer is None or not _succeeded(answer):
            raise UnreadableError(f"GitHub: {what}: no answer")
        found = _read(answer, GraphQL)
        if found.errors or not found.data:
            raise UnreadableError("GitHub: the GraphQL query was refused")
        return found.data

    def write(self, method: str, path: str, body: Mapping[str, Any], kind: type[T]) -> T:
        """Return the answer to a write; raise UnsureError if the outcome is unknown."""
        answer = self.request(method, path, json=body)
        try:
            return _read(answer, kind)
        except UnreadableError as error:
            raise UnsureError(str(error)) from None

    def request(self, method: str, path: str, *, repeatable: bool | None = None, **options: Any) -> requests.Response:
        """Return a successful answer; what is worth a second try gets one while the run's patience lasts.

        A POST is tried again only where it surely was not carried out, unless it is `repeatable`. Raises ApiError,
        UnsureError, BudgetError, or UnreadableError for a server that cannot be reached.
        """
        safe = method != "POST" if repeatable is None else repeatable
        url = path if path.startswith("http") else f"{self.api}{path}"
        what = f"{method} {urlsplit(url).path}"
        for tries in range(20):
            started = time.monotonic()
            answer = self._send(method, url, what, options)
            if answer is not None and _succeeded(answer):
                return answer
            wait = _wait(answer, tries)
            self._patience -= time.monotonic() - started + (wait or 0)
            unsure = not safe and (answer is None or answer.status_code >= 500)
            if unsure:
                raise UnsureError(f"GitHub: {what}: no clear answer")
            if wait is None or self._patience < 0:
                break
            self._sleep(wait)
        if answer is None:
            raise UnreadableError(
                f"GitHub: {what}: the connection was cut, or the answer took too long, again and again"
            )
        raise ApiError(answer.status_code, _reason(answer), what)

    def _send(
        self, method: str, url: str, what: str, options: Mapping[str, Any], deadline: float = 0
    ) -> requests.Response | None:
        """Return the answer to one try. A GET whose answer is known asks whether it is still so, which is free."""
        if self._most is not None and self.requests >= self._most:
            raise BudgetError(self._why)
        key = f"{url} {options.get('params')} {options.get('headers')}" if method == "GET" else ""
        known = self._seen.get(key)
        if known is not None:
            options = {**options, "headers": {**(options.get("headers") or {}), "If-None-Match": known[0]}}
        self.requests += 1
        answer = self._transport.send(method, url, what, deadline, **options)
        if answer is None:
            return None
        self._note(answer.headers)
        if known is not None and answer.status_code == 304:
            self.requests -= 1
            return known[1]
        if (
            method == "GET"
            and "ETag" in answer.headers
            and len(self._seen) < _KEPT
            and len(answer.content) < _LARGEST_KEPT
        ):
            self._seen[key] = answer.headers["ETag"], answer
        return answer

    def _note(self, headers: Mapping[str, str]) -> None:
        """Record an answer's rate-limit headers and the server's clock."""
        left = headers.get("X-RateLimit-Remaining", "")
        if left.isdecimal() and headers.get("X-RateLimit-Resource", "core") == "core":
            self.left = int(left)
        try:
            self.now = parsedate_to_datetime(headers.get("Date", "")).timestamp()
        except (ValueError, TypeError):
            self.now = self.now or time.time()

    def _own(self, url: str) -> str:
        """Return the address of a following page if it is on the same server, which alone may see the token."""
        url = urljoin(self.api, url)
        if not same_server(url, self.api):
            raise UnreadableError("GitHub: the next page is on another server; GITHUB_API_URL must be the server's own")
        return url


def _succeeded(answer: requests.Response) -> bool:
    """Return whether a request was carried out: a redirect that nobody followed was not."""
    return 200 <= answer.status_code < 300 or answer.status_code == 304


def _read(answer: requests.Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        what = f"{answer.request.method} {urlsplit(answer.url).path}"
        raise UnreadableError(f"GitHub: {what}: an answer that GitHub would not give: {error}"[:300]) from None


def _wait(answer: requests.Response | None, tries: int) -> float | None:
    """Return the seconds to wait before the next try, or None where another try would change nothing."""
    backoff = min(0.5 * 2.0**tries, 15.0)
    if answer is None:
        return backoff
    if answer.status_code == 403 and not _limited(answer):
        return None
    if answer.status_code not in _RETRIED and answer.status_code != 403:
        return None
    return _asked(answer.headers) or backoff


def _limited(answer: requests.Response) -> bool:
    """Tell a 403 that passes (a rate limit) from one that stays (no permission)."""
    headers = answer.headers
    return (
        "Retry-After" in headers
        or headers.get("X-RateLimit-Remaining") == "0"
        or any(words in _reason(answer).lower() for words in ("secondary rate", "rate limit", "abuse"))
    )


def _asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asked to wait, if it did."""
    asked, reset = retry_after(headers), headers.get("X-RateLimit-Reset", "")
    if asked is not None:
        return asked
    if headers.get("X-RateLimit-Remaining") == "0" and reset.isdecimal():
        return max(float(reset) - time.time(), 1.0)
    return None


def _reason(answer: requests.Response) -> str:
    try:
        found = answer.json()
        return str(found["message"])[:160]
    except (ValueError, KeyError, TypeError):
        return answer.reason or "no reason given"
