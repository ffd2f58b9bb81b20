"""The thin HTTP client for a ClearML server: one session, bounded timeouts and tries, one-line errors without keys.

What is asked of the server is in `clearml_query` and `clearml_control`; this module knows no task.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from expflow_hooks.core.errors import UnreadableError
from expflow_hooks.sources.clearml.credentials import ACCESS, HOST, SECRET, TOKEN, VERIFY, Credentials

if TYPE_CHECKING:
    import requests

CONNECT = 5.0  # seconds
READ = 30.0  # seconds without a byte
WHOLE = 120.0  # seconds for one answer, however slowly it drips
TRIES = 3
LONGEST_WAIT = 60.0  # seconds of `Retry-After` that are waited for
_RETRIED = frozenset({429, 502, 503, 504})
_LARGEST = 1 << 28  # bytes of one answer; 500 tasks are some megabytes


class ServerError(UnreadableError):
    """The server answered and said no: HTTP status, ClearML's own sub-code and its words."""

    def __init__(self, message: str, code: int, subcode: int = 0, said: str = "") -> None:
        super().__init__(message)
        self.code, self.subcode, self.said = code, subcode, said


class SlowError(UnreadableError):
    """The server took too long for one answer, or gave too much: less may be asked of it."""


class _Again(Exception):
    """A try that may be made again: the wait that the server asked for (None: ours), and the error to give up with."""

    def __init__(self, error: UnreadableError, wait: float | None = None) -> None:
        self.error, self.wait = error, wait


class Client:
    """Calls endpoints of one server. `timeouts` are (connect, read) seconds; `sleep` waits between tries."""

    def __init__(
        self,
        credentials: Credentials,
        timeouts: tuple[float, float] = (CONNECT, READ),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.credentials = credentials
        self.requests_made = 0
        self._timeouts, self._sleep = timeouts, sleep
        self._session = _open_session(credentials)

    def __repr__(self) -> str:
        return f"Client({self.credentials.shown_host!r})"

    def call(self, endpoint: str, body: Mapping[str, Any], *, tries: int = TRIES) -> dict[str, Any]:
        """Return the `data` of the answer to one call, such as `tasks.get_all_ex`.

        Raises ServerError where the server says no, UnreadableError where it cannot be reached or understood. A call
        that changes something is made with one try: what became of a lost answer is for the caller to look up.
        """
        for attempt in range(1, tries + 1):
            try:
                return self._once(endpoint, body)
            except _Again as again:
                if attempt == tries:
                    raise again.error from None
                self._sleep(2.0 ** (attempt - 1) if again.wait is None else again.wait)
        raise AssertionError("unreachable: the last try returns or raises")

    def _once(self, endpoint: str, body: Mapping[str, Any]) -> dict[str, Any]:
        import requests

        self.requests_made += 1
        try:
            with self._session.post(
                f"{self.credentials.host}/{endpoint}",
                json=body,
                timeout=self._timeouts,
                verify=self.credentials.verify,
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = _read(answer, self.credentials.shown_host)
        except (requests.RequestException, ValueError, OSError) as error:
            raise self._explain(endpoint, error) from None
        return self._judge(endpoint, answer, content)

    def _explain(self, endpoint: str, error: Exception) -> Exception:
        """Return the one-line error for what the network did, as one to try again or as a final one."""
        kind = next((cls.__name__ for cls in type(error).__mro__ if cls.__name__ in _NETWORK), "")
        again, words = _NETWORK[kind]
        if kind == "ConnectionError" and "read timed out" in str(error).lower():
            again, words = _NETWORK["ReadTimeout"]  # in the middle of an answer, requests has no error of its own
        connect, read = self._timeouts
        told = words.format(endpoint=endpoint, connect=connect, read=read, cause=_cause(error), tls=_tls(error))
        slow = words == _NETWORK["ReadTimeout"][1]
        final = (SlowError if slow else UnreadableError)(f"{self.credentials.shown_host}: {told}")
        return _Again(final) if again else final

    def _judge(self, endpoint: str, answer: requests.Response, content: bytes) -> dict[str, Any]:
        host, code = self.credentials.shown_host, answer.status_code
        envelope = _decode(content)
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
        error = ServerError(f"{host}: {endpoint}: {told}", code, subcode, said)
        if code in _RETRIED:
            raise _Again(error, _wait_asked(answer.headers.get("Retry-After"), error))
        raise error


# the name of what requests raises, the most special first -> whether to try again, and the words
_NETWORK = {
    "SSLError": (False, "{tls}"),
    "ProxyError": (True, "the proxy does not answer; see HTTPS_PROXY and NO_PROXY"),
    "ConnectTimeout": (True, "cannot be reached within {connect:g} s"),
    "ReadTimeout": (False, "no more answer to {endpoint} for {read:g} s"),
    "ChunkedEncodingError": (True, "its answer to {endpoint} broke off"),
    "ContentDecodingError": (True, "its answer to {endpoint} broke off"),
    "ConnectionError": (True, f"cannot be reached ({{cause}}); see {HOST}"),
    "": (False, f"cannot be asked ({{cause}}); see {HOST} and {VERIFY}"),
}

# HTTP status and ClearML's sub-code (None: any) -> what is wrong; what the server said stands behind it
_WHY: dict[tuple[int, int | None], str] = {
    (401, 20): f"no credentials came along; check {ACCESS} and {SECRET}",
    (401, 22): f"the credentials are not known there; check {ACCESS} and {SECRET}",
    (401, 30): f"the token in {TOKEN} is not valid, or not any more; make a new one",
    (401, None): f"the credentials were refused; check {ACCESS} and {SECRET}",
    (403, None): "these credentials may not do that; ask the server's administrator",
    (429, None): "too many requests",
}

# part of what OpenSSL says -> what is wrong
_TLS = {
    "wrong version number": f"it does not speak TLS on this port; {HOST} begins with http:// there, or ends otherwise",
    "certificate has expired": "its TLS certificate has expired; whoever runs the server renews it",
    "not yet valid": "its TLS certificate is not valid yet; look at this machine's clock",
    "mismatch": f"its TLS certificate is for another host name; {HOST} must have the name that it is for",
    "not valid for": f"its TLS certificate is for another host name; {HOST} must have the name that it is for",
    "": f"its TLS certificate cannot be trusted; for a private authority set {VERIFY} to its CA file",
}


def _tls(error: BaseException) -> str:
    text = str(error).lower()
    return next(words for part, words in _TLS.items() if part in text)


def _open_session(credentials: Credentials) -> requests.Session:
    """Return the one session that every call goes through: proxies and CA files of the environment are honoured."""
    import requests

    if credentials.token:
        value = f"Bearer {credentials.token}"
    else:
        pair = f"{credentials.access_key}:{credentials.secret_key}".encode()
        value = "Basic " + base64.b64encode(pair).decode("ascii")

    def authorise(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = value
        return request

    if credentials.verify is False:  # said once, by whoever set it; not on every request
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    session = requests.Session()
    session.auth = authorise  # as auth, not as a header: a ~/.netrc would replace the header
    session.headers.update({"Accept": "application/json", "User-Agent": "expflow-hooks"})
    return session


def _read(answer: requests.Response, host: str) -> bytes:
    deadline, parts, size = time.monotonic() + WHOLE, [], 0
    for part in answer.iter_content(1 << 18):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise SlowError(f"{host}: its answer took longer than {WHOLE:g} s")
        if size > _LARGEST:
            raise SlowError(f"{host}: its answer is larger than {_LARGEST >> 20} MB")
    return b"".join(parts)


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


def _wait_asked(header: str | None, error: UnreadableError) -> float | None:
    """Return the seconds of a `Retry-After`, given as seconds or as a date; None where there is none."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _until(header)
    if seconds != seconds or seconds > LONGEST_WAIT:
        raise UnreadableError(f"{error}, and asks to wait {seconds:.0f} s; try again then") from None
    return max(0.0, seconds)


def _until(date: str) -> float:
    from datetime import datetime, timezone
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return 1.0
    return (
        (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)) - datetime.now(timezone.utc)
    ).total_seconds()


def _cause(error: BaseException) -> str:
    text = str(error).lower()
    known = {
        "refused": "connection refused",
        "resol": "unknown host name",
        "name or service": "unknown host name",
        "connection aborted": "closed without an answer, as a TLS port does that is called with http://",
    }
    return next((words for part, words in known.items() if part in text), type(error).__name__)
