"""One request and its answer: the session, a deadline for the whole of it, and which redirects are followed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import requests

from expflow_hooks import __version__
from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.network.failures import Settings, explain_tls
from expflow_hooks.network.session import bearer, open_session, same_server
from expflow_hooks.network.waiting import within

SETTINGS = Settings("GITHUB_API_URL")
TIMEOUT = (5.0, 20.0)  # seconds to connect, and between two bytes
_REPEATED_AS_IT_IS = (307, 308)
_MOST_REDIRECTS = 5


_HEADERS = {
    "Accept": "application/vnd.github+json",
    "User-Agent": f"expflow-action/{__version__}",
    "X-GitHub-Api-Version": "2022-11-28",
}


def make_session(token: str) -> requests.Session:
    """Return the session of a run."""
    return open_session(bearer(token), _HEADERS)


class Transport:
    """Sends requests of one session; none takes longer than `deadline` seconds, however slowly a server answers."""

    def __init__(self, session: requests.Session, deadline: float) -> None:
        self._session = session
        self.deadline = deadline

    def send(self, method: str, url: str, what: str, deadline: float = 0, **options: Any) -> requests.Response | None:
        """Return the answer, or None for a connection that broke, or an answer that took too long."""
        try:
            return within(deadline or self.deadline, lambda: self._follow(method, url, what, options))
        except requests.exceptions.SSLError as error:
            raise UnreadableError(f"GitHub: {what}: {explain_tls(error, SETTINGS)}") from None
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
