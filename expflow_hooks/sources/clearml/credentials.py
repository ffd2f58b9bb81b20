"""Where a ClearML server and its keys are found: the environment first, then `clearml.conf`. Nothing is guessed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from expflow_hooks.core.errors import UnreadableError

HOST = "CLEARML_API_HOST"
ACCESS = "CLEARML_API_ACCESS_KEY"
SECRET = "CLEARML_API_SECRET_KEY"
TOKEN = "CLEARML_AUTH_TOKEN"
VERIFY = "CLEARML_API_HOST_VERIFY_CERT"
CONFIG_FILE = "CLEARML_CONFIG_FILE"

# setting -> its path in clearml.conf
_IN_FILE = {
    HOST: ("api", "api_server"),
    ACCESS: ("api", "credentials", "access_key"),
    SECRET: ("api", "credentials", "secret_key"),
    VERIFY: ("api", "verify_certificate"),
}

_WORDS = {"true": True, "yes": True, "1": True, "": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Credentials:
    """A server's address, how to authorise there, and how its certificate is checked; the keys are never shown."""

    host: str
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    verify: bool | str = True  # True, False, or the path of a CA file

    @property
    def shown_host(self) -> str:
        """Return the address without what may be secret in it: user, password, query."""
        from expflow_hooks.network.session import shown

        return shown(self.host)

    def hide(self, text: str) -> str:
        """Return text in which every key is replaced by stars."""
        for secret in (self.access_key, self.secret_key, self.token):
            text = text.replace(secret, "***") if secret else text
        return text


def find_credentials(environment: Mapping[str, str] | None = None) -> Credentials:
    """Return the credentials, each setting from the environment or else from `clearml.conf`.

    Raises UnreadableError, naming the variables to set, where any is missing: never a public server instead.
    """
    given = os.environ if environment is None else environment
    lookup: Callable[[str], Any] = lambda name: given.get(name) or _from_file(given).get(name)  # noqa: E731
    host, token = lookup(HOST), given.get(TOKEN, "")
    access, secret = ("", "") if token else (lookup(ACCESS), lookup(SECRET))
    if not host or not (token or (access and secret)):
        raise UnreadableError(
            f"no ClearML credentials: set {HOST} (such as https://api.example.org), {ACCESS} and {SECRET}"
            " in the environment, or the same in ~/clearml.conf"
        )
    return Credentials(_address(str(host)), str(access), str(secret), token, _verify(lookup(VERIFY)))


def _address(host: str) -> str:
    address = host.strip().rstrip("/")
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).netloc:
        raise UnreadableError(f"{HOST} is no address; a right one is https://api.example.org")
    return address


def _verify(value: Any) -> bool | str:
    if value is None or isinstance(value, bool):
        return value is not False
    text = str(value).strip()
    known = _WORDS.get(text.lower())
    if known is None and not os.path.exists(text):
        raise UnreadableError(f"{VERIFY} is {text[:120]!r}: no such CA file; it is true, false or a file's path")
    return text if known is None else known


def _from_file(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of `clearml.conf`, read by the SDK's own parser; nothing where there is no such file."""
    path = os.path.expanduser(environment.get(CONFIG_FILE) or "~/clearml.conf")
    if not os.path.isfile(path):
        return {}
    if path not in _files:
        _files[path] = _parse(path)
    return _files[path]


_files: dict[str, dict[str, Any]] = {}


def _parse(path: str) -> dict[str, Any]:
    try:
        from clearml.utilities.pyhocon import ConfigFactory
    except ImportError:
        raise UnreadableError(
            f"{path} cannot be read without the ClearML SDK: install the extra `clearml`, or set {HOST}, {ACCESS} and"
            f" {SECRET}"
        ) from None
    try:
        tree = ConfigFactory.parse_file(path)  # type: ignore[no-untyped-call]
    except Exception as error:  # the parser's own errors have no common base, and may quote a line with a key
        raise UnreadableError(f"{path} is not a ClearML configuration ({type(error).__name__})") from None
    return {name: _at(tree, keys) for name, keys in _IN_FILE.items()}


def _at(tree: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        tree = tree.get(key, None) if hasattr(tree, "get") else None
    return tree
