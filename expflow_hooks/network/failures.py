"""What went wrong between here and a server, in one line each, and whether another try may help."""

from __future__ import annotations

from typing import NamedTuple


class Settings(NamedTuple):
    """The settings that a message refers the user to: the address, and the CA file."""

    address: str
    ca: str = "REQUESTS_CA_BUNDLE"


class Failure(NamedTuple):
    """What the network did: the words, whether to try again, and whether the server was merely slow."""

    words: str
    again: bool
    slow: bool = False


_SLOW = "no more answer to {what} for {read:g} s"

# the name of what requests raises, the most special first -> whether to try again, and the words
_KINDS = {
    "SSLError": (False, "{tls}"),
    "ProxyError": (True, "the proxy does not answer; see HTTPS_PROXY and NO_PROXY"),
    "ConnectTimeout": (True, "cannot be reached within {connect:g} s"),
    "ReadTimeout": (False, _SLOW),
    "ChunkedEncodingError": (True, "its answer to {what} broke off"),
    "ContentDecodingError": (True, "its answer to {what} broke off"),
    "ConnectionError": (True, "cannot be reached ({cause}); see {address}"),
    "": (False, "cannot be asked ({cause}); see {address} and {ca}"),
}

# part of what OpenSSL says -> what is wrong
_TLS = {
    "wrong version number": "it does not speak TLS on this port; {address} begins with http:// there, or is wrong",
    "certificate has expired": "its TLS certificate has expired; whoever runs the server renews it",
    "not yet valid": "its TLS certificate is not valid yet; look at this machine's clock",
    "mismatch": "its TLS certificate is for another host name; {address} must have the name that it is for",
    "not valid for": "its TLS certificate is for another host name; {address} must have the name that it is for",
    "": "its TLS certificate cannot be trusted; for a private authority set {ca} to its CA file",
}

# part of what the socket says -> what is wrong
_CAUSES = {
    "refused": "connection refused",
    "resol": "unknown host name",
    "name or service": "unknown host name",
    "connection aborted": "closed without an answer, as a TLS port does that is called with http://",
}


def explain(error: Exception, what: str, timeouts: tuple[float, float], settings: Settings) -> Failure:
    """Return what an error of `requests` means, of a call `what` with (connect, read) seconds."""
    kind = next((cls.__name__ for cls in type(error).__mro__ if cls.__name__ in _KINDS), "")
    if kind == "ConnectionError" and "read timed out" in str(error).lower():
        kind = "ReadTimeout"  # in the middle of an answer, requests has no error of its own
    again, words = _KINDS[kind]
    connect, read = timeouts
    told = words.format(
        what=what,
        connect=connect,
        read=read,
        cause=_cause(error),
        tls=explain_tls(error, settings),
        **settings._asdict(),
    )
    return Failure(told, again, kind == "ReadTimeout")


def explain_tls(error: BaseException, settings: Settings) -> str:
    """Return what is wrong with a server's certificate, or with its port."""
    text = str(error).lower()
    return next(words for part, words in _TLS.items() if part in text).format(**settings._asdict())


def _cause(error: BaseException) -> str:
    text = str(error).lower()
    return next((words for part, words in _CAUSES.items() if part in text), type(error).__name__)
