"""The session that a server is asked with: proxies and CA files of the environment are honoured, keys never shown."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

import requests


class _Authorization(requests.auth.AuthBase):
    """A header's value, as an object of its own: `~/.netrc` cannot replace it, and it has no repr that shows it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value:
            request.headers["Authorization"] = self._value
        return request


def open_session(
    authorization: str, headers: Mapping[str, str] | None = None, *, verify: bool | str = True
) -> requests.Session:
    """Return a session; `authorization` is the header's value, empty for a server that asks for none.

    With `verify=False` certificates are not checked, which whoever set it knows: no request warns of it again.
    """
    if verify is False:
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    session = requests.Session()
    session.auth = _Authorization(authorization)
    session.headers.update({"Accept": "application/json", "User-Agent": "expflow-hooks"})
    session.headers.update(headers or {})
    return session


def bearer(token: str) -> str:
    """Return the header's value for a token; none for an empty one."""
    return f"Bearer {token}" if token else ""


def basic(user: str, password: str) -> str:
    """Return the header's value for a user and a password, or a pair of keys."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def same_server(one: str, other: str) -> bool:
    """Return whether two addresses are on one server, which alone may see the keys."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def shown(address: str) -> str:
    """Return an address without what may be secret in it: user, password, query."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
