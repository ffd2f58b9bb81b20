"""One request and its answer: the session, a deadline for the whole of it, and which redirects are followed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests

from expflow_hooks import __version__
from expflow_hooks.core.errors import UnreadableError

T = TypeVar("T")

TIMEOUT = (5.0, 20.0)  # seconds to connect, and between two bytes
_REPEATED_AS_IT_IS = (307, 308)
_MOST_REDIRECTS = 5


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
            "Accept": "application/vnd.github+json",
            "User-Agent": f"expflow-action/{__version__}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
    )
    return session


class Transport:
    """Sends requests of one session; none takes longer than `deadline` seconds, however slowly a server answers."""

    def __init__(self, session: requests.Session, deadline: float) -> None:
        self._session = session
        self.deadline = deadline

    def send(self, method: str, url: str, what: str, deadline: float = 0, **options: Any) -> requests.Response | None:
        """Return the answer, or None for a connection that broke, or an answer that took too long."""
        try:
            return _within(deadline or self.deadline, lambda: self._follow(method, url, what, options))
        except requests.exceptions.SSLError:
            raise UnreadableError(
                f"GitHub: {what}: the server's certificate is not trusted; REQUESTS_CA_BUNDLE names the file of your CA"
            ) from None
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout, TimeoutError):
            return None
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
            return None
        except (requests.exceptions.RequestException, ValueError) as error:  # a redirect may lead to no address at all
            raise UnreadableError(f"GitHub: {what}: {type(error).__name__}; GITHUB_API_URL must be its URL") from None

    def _follow(self, method: str, url: str, what: str, options: Any) -> requests.Response:
        """Return the answer behind redirects. A write is repeated as it is, on the same server only.

        One that a redirect turned into a GET would look like a success.
        """
        for _ in range(_MOST_REDIRECTS):
            answer = self._session.request(method, url, timeout=TIMEOUT, allow_redirects=method == "GET", **options)
            following = urljoin(url, answer.headers.get("Location", ""))
            if answer.status_code not in _REPEATED_AS_IT_IS or following == url or not same_server(url, following):
                return answer
            url = following
        raise UnreadableError(f"GitHub: {what}: more than {_MOST_REDIRECTS} redirects")


def same_server(one: str, other: str) -> bool:
    """Say whether two addresses are on one server, which alone may see the token."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def _within(seconds: float, call: Callable[[], T]) -> T:
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
