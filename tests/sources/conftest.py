"""Fixtures for the sources: a ClearML server on loopback, and a client that does not wait long."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fakes.clearml_schema import violations
from fakes.clearml_server import Server

from expflow_hooks.sources.clearml.client import Client
from expflow_hooks.sources.clearml.credentials import find_credentials


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Give a running server, with the environment that leads to it; what it answered is as the SDK knows it."""
    with Server() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running
        if not running.malformed:
            assert violations(running.exchanges) == []


@pytest.fixture
def waits() -> list[float]:
    """Give the list of the waits that the client made."""
    return []


@pytest.fixture
def client(server: Server, waits: list[float]) -> Callable[..., Client]:
    """Return a function that makes a client, whose waits take no time."""
    return lambda **kwargs: Client(find_credentials(), **{"timeouts": (2.0, 20.0), "sleep": waits.append, **kwargs})
