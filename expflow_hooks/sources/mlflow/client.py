"""The thin client of an MLflow tracking server: one call, its JSON, and the server's refusals."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from expflow_hooks.core.errors import UndecidedError, UnreadableError
from expflow_hooks.core.suggest import did_you_mean
from expflow_hooks.network import server as network
from expflow_hooks.network.failures import Settings
from expflow_hooks.network.server import Server, SlowError

URI = "MLFLOW_TRACKING_URI"
USER, PASSWORD, TOKEN = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"
CERTIFICATE, INSECURE = "MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_INSECURE_TLS"
PAGE = 2000  # runs a request: the server allows 50,000, and a page of these is some megabytes
_LEAST = 50  # runs of a page that is asked for, however slow the server
_MISSING = "RESOURCE_DOES_NOT_EXIST"

# HTTP status -> what is wrong; what the server said stands behind it
_WHY = {
    401: f"it wants a login; set {USER} and {PASSWORD}, or {TOKEN}",
    403: "this user may not do that; ask the server's administrator",
    404: f"no such address; {URI} must be the tracking server's own",
    429: "too many requests",
}


class ServerError(UnreadableError):
    """The server refused: HTTP status and MLflow's own error code."""

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Keys(NamedTuple):
    """How to authorise at a server, and how its certificate is checked; the secrets are in no repr."""

    authorization: str = ""
    verify: bool | str = True

    def __repr__(self) -> str:
        return "Keys(***)"


def find_keys(environment: Mapping[str, str] | None = None) -> Keys:
    """Return the keys that the environment gives, by the variables that MLflow's own client reads."""
    from expflow_hooks.network.session import basic, bearer

    given = os.environ if environment is None else environment
    certificate = given.get(CERTIFICATE, "")
    if certificate and not os.path.exists(certificate):
        raise UnreadableError(f"{CERTIFICATE} is {certificate[:120]!r}: no such CA file")
    insecure = given.get(INSECURE, "").lower() in ("true", "1")
    user = given.get(USER, "")
    own = basic(user, given.get(PASSWORD, "")) if user else bearer(given.get(TOKEN, ""))
    return Keys(own, False if insecure else certificate or True)


class Client:
    """Calls one server. `timeouts` are (connect, read) seconds; `sleep` waits between tries."""

    def __init__(
        self,
        address: str,
        keys: Keys | None = None,
        timeouts: tuple[float, float] = (network.CONNECT, network.READ),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        from expflow_hooks.network.session import basic, open_session, shown

        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UnreadableError(f"{address[:120]!r} is no address of an MLflow server, such as http://localhost:5000")
        keys = find_keys() if keys is None else keys
        if parts.username and not keys.authorization:
            keys = keys._replace(authorization=basic(parts.username, parts.password or ""))
        self.host = shown(address).rstrip("/")
        self.server = Server(
            open_session(keys.authorization, verify=keys.verify),
            self.host,
            Settings(URI, CERTIFICATE),
            verify=keys.verify,
            timeouts=timeouts,
            sleep=sleep,
        )

    def call(self, method: str, endpoint: str, *, tries: int = network.TRIES, **given: Any) -> dict[str, Any]:
        """Return the answer to a call such as `runs/search`.

        Raises ServerError where the server says no, UnreadableError where it cannot be reached or understood.
        """
        import msgspec

        options = {"params": given} if method == "GET" else {"json": given}
        answer = self.server.ask(method, f"{self.host}/api/2.0/mlflow/{endpoint}", endpoint, tries=tries, **options)
        try:
            found = msgspec.json.decode(answer.content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            found = None
        if answer.status == 200 and isinstance(found, dict):
            return found
        said = found if isinstance(found, dict) else {}
        code, words = str(said.get("error_code") or ""), " ".join(str(said.get("message") or "").split())[:200]
        if answer.status == 200:
            why = f"the answer is not JSON; {URI} must name the tracking server"
        else:
            why = (
                f"{answer.status}: {words}"
                if words
                else _WHY.get(answer.status, f"the server answered {answer.status}")
            )
        raise ServerError(f"{self.host}: {endpoint}: {why}{answer.patience}", answer.status, code)

    def experiments(self, project: str | None) -> dict[str, str]:
        """Return the experiments by id, each with its name: the one of exactly this name, or all that are active.

        Raises UndecidedError, with the nearest names, where there is none of this name.
        """
        if project is None:
            return {str(one["experiment_id"]): str(one.get("name")) for one in self._all_experiments()}
        try:
            found = self.call("GET", "experiments/get-by-name", experiment_name=project).get("experiment")
        except ServerError as error:
            if error.code != _MISSING:
                raise
            found = None
        if not isinstance(found, dict) or found.get("lifecycle_stage") == "deleted":
            names = [str(one.get("name")) for one in self._all_experiments()]
            raise UndecidedError(f"no experiment {project[:120]!r} on {self.host}{did_you_mean(project, names)}")
        return {str(found["experiment_id"]): project}

    def _all_experiments(self) -> list[dict[str, Any]]:
        query = {"max_results": 1000, "view_type": "ACTIVE_ONLY"}
        return [one for one in self._pages("experiments/search", "experiments", query) if "experiment_id" in one]

    def runs(self, experiments: list[str], conditions: str = "") -> Iterator[dict[str, Any]]:
        """Yield every run of the experiments, deleted ones too, oldest first.

        So a run that is deleted or begins meanwhile moves no other from one page to the next.
        """
        query = {
            "experiment_ids": experiments,
            "filter": conditions,
            "run_view_type": "ALL",
            "order_by": ["attributes.start_time ASC"],
            "max_results": PAGE,
        }
        yield from self._pages("runs/search", "runs", query)

    def history(self, run_id: str, name: str) -> list[dict[str, Any]]:
        """Return every value of a metric over a training: its `value`, `step` and `timestamp`."""
        query = {"run_id": run_id, "metric_key": name, "max_results": 25_000}
        return list(self._pages("metrics/get-history", "metrics", query, method="GET"))

    def _pages(self, endpoint: str, what: str, query: dict[str, Any], method: str = "POST") -> Iterator[dict[str, Any]]:
        """Yield the entries of all pages; a server that is too slow for one is asked for half of it."""
        token: str | None = None
        while True:
            try:
                answer = self.call(method, endpoint, **({**query, "page_token": token} if token else query))
            except SlowError:
                query = {**query, "max_results": query["max_results"] // 2}
                if query["max_results"] < _LEAST:
                    raise
                continue
            entries = answer.get(what, [])  # a server leaves out an empty list
            if not isinstance(entries, list):
                raise UnreadableError(f"{self.host}: an answer without {what}")
            yield from (entry for entry in entries if isinstance(entry, dict))
            following = answer.get("next_page_token")
            if not following or following == token:
                return
            token = str(following)
