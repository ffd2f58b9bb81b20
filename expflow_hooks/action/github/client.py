"""GitHub's API as plain requests: one session factory, retries with one patience for all, pages, GraphQL.

What the answers hold is said in `answers`, what they mean in the modules of verbs: `pulls`, `comments`, `statuses`,
`remote`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec
import requests

from expflow_hooks import __version__
from expflow_hooks.action.github.models import GraphQL, ViewerData
from expflow_hooks.core.errors import UnreadableError

T = TypeVar("T")

PATIENCE = 60.0  # seconds that all retries of a run may take together
TIMEOUT = (5.0, 20.0)  # seconds to connect, and between two bytes
MOST_PAGES = 1000
_RETRIED = frozenset({429, 500, 502, 503, 504})
_JSON = "application/vnd.github+json"
RAW = "application/vnd.github.raw+json"


class ApiError(UnreadableError):
    """GitHub said no: `status` is the HTTP status, `reason` GitHub's own words."""

    def __init__(self, status: int, reason: str, what: str) -> None:
        super().__init__(f"GitHub: {what}: {status} {reason}"[:300])
        self.status = status
        self.reason = reason


class UnsureError(UnreadableError):
    """The connection was cut, or the server failed, after a request that may have been carried out."""


class _Bearer(requests.auth.AuthBase):
    """The token, as an object of its own: `~/.netrc` cannot replace it, and it has no repr that shows it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def make_session(token: str) -> requests.Session:
    """Return the session of a run; proxies and REQUESTS_CA_BUNDLE of the environment are honoured."""
    session = requests.Session()
    session.auth = _Bearer(token)
    session.headers.update(
        {
            "Accept": _JSON,
            "User-Agent": f"expflow-action/{__version__}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
    )
    return session


class GitHub:
    """The API of one server. `requests` counts what was asked."""

    def __init__(
        self,
        session: requests.Session,
        api: str,
        graphql: str = "",
        *,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.api = api.rstrip("/")
        self.graphql_url = graphql or f"{self.api.removesuffix('/v3')}/graphql"
        self.requests = 0
        self._session = session
        self._patience = patience
        self._sleep = sleep

    def get(self, path: str, kind: type[T], **params: Any) -> T:
        """Return one answer, as the type of `answers` that it should be."""
        return _read(self.request("GET", path, params=params), kind)

    def raw(self, path: str, **params: Any) -> bytes:
        """Return the bytes of a file or a blob."""
        return self.request("GET", path, params=params, headers={"Accept": RAW}).content

    def pages(self, path: str, kind: type[T], **params: Any) -> Iterator[T]:
        """Yield every page, a hundred entries each; raise UnreadableError if the pages lead elsewhere."""
        answer = self.request("GET", path, params={"per_page": 100, **params})
        for _ in range(MOST_PAGES):
            yield _read(answer, kind)
            following = answer.links.get("next", {}).get("url")
            if following is None:
                return
            answer = self.request("GET", self._own(following))
        raise UnreadableError(f"GitHub: {path} has more than {MOST_PAGES} pages")

    def graphql(self, query: str) -> ViewerData:
        """Return the data that a GraphQL query asks for."""
        answer = _read(self.request("POST", self.graphql_url, json={"query": query}, repeatable=True), GraphQL)
        if answer.errors or not answer.data:
            raise UnreadableError("GitHub: the GraphQL query was refused")
        return answer.data

    def write(self, method: str, path: str, body: Mapping[str, Any], kind: type[T]) -> T:
        """Return the answer to a write; raise UnsureError where it does not say what became of it."""
        answer = self.request(method, path, json=body)
        try:
            return _read(answer, kind)
        except UnreadableError as error:
            raise UnsureError(str(error)) from None

    def request(self, method: str, path: str, *, repeatable: bool | None = None, **options: Any) -> requests.Response:
        """Return a successful answer; what is worth a second try gets one while the run's patience lasts.

        A POST is tried again only where it surely was not carried out, unless it is `repeatable`. Raises ApiError,
        UnsureError, or UnreadableError for a server that cannot be reached.
        """
        safe = method != "POST" if repeatable is None else repeatable
        url = path if path.startswith("http") else f"{self.api}{path}"
        what = f"{method} {urlsplit(url).path}"
        for tries in range(20):
            started = time.monotonic()
            answer = self._try(method, url, what, safe, options)
            if answer is not None and answer.ok:
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
            raise UnreadableError(f"GitHub: {what}: the connection was cut, again and again")
        raise ApiError(answer.status_code, _reason(answer), what)

    def _try(self, method: str, url: str, what: str, safe: bool, options: Any) -> requests.Response | None:
        """Return the answer, or None for a connection that broke and may hold next time."""
        self.requests += 1
        try:
            # Redirects are for reading only: one that turned a write into a GET would look like a success.
            return self._session.request(method, url, timeout=TIMEOUT, allow_redirects=method == "GET", **options)
        except requests.exceptions.SSLError:
            raise UnreadableError(
                f"GitHub: {what}: the server's certificate is not trusted; REQUESTS_CA_BUNDLE names the file of your CA"
            ) from None
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout):
            return None
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
            return None
        except (requests.exceptions.RequestException, ValueError) as error:  # a redirect may lead to no address at all
            raise UnreadableError(f"GitHub: {what}: {type(error).__name__}; GITHUB_API_URL must be its URL") from None

    def _own(self, url: str) -> str:
        """Return the address of a following page if it is on the same server, which alone may see the token."""
        url = urljoin(self.api, url)
        if urlsplit(url)[:2] != urlsplit(self.api)[:2]:
            raise UnreadableError("GitHub: the next page is on another server; GITHUB_API_URL must be the server's own")
        return url


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
    after, reset = headers.get("Retry-After", ""), headers.get("X-RateLimit-Reset", "")
    if after.isdecimal():
        return float(after)
    if headers.get("X-RateLimit-Remaining") == "0" and reset.isdecimal():
        return max(float(reset) - time.time(), 1.0)
    return None


def _reason(answer: requests.Response) -> str:
    try:
        found = answer.json()
        return str(found["message"])[:160]
    except (ValueError, KeyError, TypeError):
        return answer.reason or "no reason given"
