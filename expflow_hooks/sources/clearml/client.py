"""The thin client of a ClearML server: one call, the data of its answer, and the server's refusals.

What is asked of the server is in `query` and `control`; how it is asked, and asked again, in `network.server`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.network import server as network
from expflow_hooks.network.failures import Settings
from expflow_hooks.network.server import Answer, Server
from expflow_hooks.sources.clearml.credentials import ACCESS, HOST, SECRET, TOKEN, VERIFY, Credentials

if TYPE_CHECKING:
    import requests


class ServerError(UnreadableError):
    """The server refused: HTTP status, ClearML's own sub-code and its words."""

    def __init__(self, message: str, code: int, subcode: int = 0, said: str = "") -> None:
        super().__init__(message)
        self.code, self.subcode, self.said = code, subcode, said


class Client:
    """Calls endpoints of one server. `timeouts` are (connect, read) seconds; `sleep` waits between tries."""

    def __init__(
        self,
        credentials: Credentials,
        timeouts: tuple[float, float] = (network.CONNECT, network.READ),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.credentials = credentials
        self.server = Server(
            _open_session(credentials),
            credentials.shown_host,
            Settings(HOST, VERIFY),
            verify=credentials.verify,
            timeouts=timeouts,
            sleep=sleep,
        )

    def __repr__(self) -> str:
        return f"Client({self.credentials.shown_host!r})"

    @property
    def requests_made(self) -> int:
        """Return how many requests were made, repeated ones too."""
        return self.server.made

    def call(self, endpoint: str, body: Mapping[str, Any], *, tries: int = network.TRIES) -> dict[str, Any]:
        """Return the `data` of the answer to one call, such as `tasks.get_all_ex`.

        Raises ServerError where the server says no, UnreadableError where it cannot be reached or understood. A call
        that changes something is made with one try: what became of a lost answer is for the caller to look up.
        """
        answer = self.server.ask("POST", f"{self.credentials.host}/{endpoint}", endpoint, tries=tries, json=body)
        return self._judge(endpoint, answer)

    def _judge(self, endpoint: str, answer: Answer) -> dict[str, Any]:
        host, code = self.credentials.shown_host, answer.status
        envelope = _decode(answer.content)
        if code == 200 and envelope is not None:
            data = envelope.get("data")
            return data if isinstance(data, dict) else {}
        meta = (envelope or {}).get("meta")
        meta = meta if isinstance(meta, dict) else {}
        said = self.credentials.hide(" ".join(str(meta.get("result_msg") or "").split()))[:200]
        subcode = meta.get("result_subcode")
        subcode = subcode if isinstance(subcode, int) else 0
        why = _WHY.get((code, subcode)) or _WHY.get((code, None)) or ("" if said else _no_envelope(code))
        told = f"{why} ({code}: {said})" if why and said else why or f"{code}: {said}"
        raise ServerError(f"{host}: {endpoint}: {told}{answer.patience}", code, subcode, said)


# HTTP status and ClearML's sub-code (None: any) -> what is wrong; what the server said stands behind it
_WHY: dict[tuple[int, int | None], str] = {
    (401, 20): f"no credentials came along; check {ACCESS} and {SECRET}",
    (401, 22): f"the credentials are not known there; check {ACCESS} and {SECRET}",
    (401, 30): f"the token in {TOKEN} is invalid or expired; make a new one",
    (401, None): f"the credentials were refused; check {ACCESS} and {SECRET}",
    (403, None): "these credentials may not do that; ask the server's administrator",
    (429, None): "too many requests",
}


def _open_session(credentials: Credentials) -> requests.Session:
    from expflow_hooks.network.session import basic, bearer, open_session

    pair = basic(credentials.access_key, credentials.secret_key)
    return open_session(bearer(credentials.token) or pair, verify=credentials.verify)


def _decode(content: bytes) -> dict[str, Any] | None:
    """Return the JSON object, or None where the answer is something else, such as a page of HTML."""
    import msgspec

    try:
        found = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _no_envelope(code: int) -> str:
    if code == 200:
        return f"the answer is not JSON; {HOST} must name the API server, not the web pages"
    if 300 <= code < 400:
        return f"the server sends elsewhere ({code}); {HOST} must name the API server itself"
    return f"the server answered {code}"
