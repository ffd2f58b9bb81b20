"""Holds the stand-in of a ClearML server to the SDK's own JSON Schemas of what is asked and what is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

_FEW = 5  # entries of a list that are looked at: all are made by one function


def violations(exchanges: list[tuple[str, Any, dict[str, Any]]]) -> list[str]:
    """Return what the exchanges have that the SDK's schemas do not, each once."""
    jsonschema = pytest.importorskip("jsonschema", reason="the ClearML SDK's schemas are checked with it")
    found = dict.fromkeys(
        f"{endpoint} {side}: {error.json_path}: {error.message}"[:200]
        for endpoint, body, data in exchanges
        for side, value in (("Request", body), ("Response", data))
        if (schema := _schemas().get((endpoint.replace("_ex", ""), side))) is not None
        for error in jsonschema.Draft7Validator(schema).iter_errors(_few(endpoint, value))
    )
    return list(found)


def shape(exchanges: list[tuple[str, Any, dict[str, Any]]]) -> dict[str, dict[str, list[str]]]:
    """Return which keys were sent to each endpoint and which were answered: no value, so no key and no name."""
    found: dict[str, dict[str, set[str]]] = {}
    for endpoint, body, data in exchanges:
        entry = found.setdefault(endpoint, {"sent": set(), "answered": set()})
        entry["sent"].update(_keys(body))
        entry["answered"].update(data)
    return {endpoint: {side: sorted(keys) for side, keys in found[endpoint].items()} for endpoint in sorted(found)}


def _keys(body: Any) -> Iterator[str]:
    lines = body.get("lines")
    for one in [body] if lines is None else lines:
        yield from one


def _few(endpoint: str, value: Any) -> Any:
    """Return JSON as a server would have sent it, with long lists cut, and references as ids in place of objects."""
    if isinstance(value.get("parent"), list):  # the SDK knows one parent only; the server takes a list, as for tags
        value = {**value, "parent": value["parent"][0]}
    cut = json.loads(json.dumps({key: each[:_FEW] if isinstance(each, list) else each for key, each in value.items()}))
    for one in cut.get("tasks", ()) if endpoint.endswith("_ex") else ():
        for key in ("project", "user", "parent"):  # what `_ex` adds to a call: these come as {"id", "name"}
            if isinstance(one.get(key), dict):
                one[key] = one[key].get("id")
    return cut


@cache
def _schemas() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the SDK's schema of each call's request and answer, by the newest version of the API that it knows."""
    from clearml.backend_api.services.v2_23 import auth, events, projects, queues, tasks

    found = {}
    for service in (auth, events, projects, queues, tasks):
        for name in dir(service):
            kind = getattr(service, name)
            if getattr(kind, "_action", None) and name.endswith(("Request", "Response")):
                side = "Request" if name.endswith("Request") else "Response"
                found[f"{kind._service}.{kind._action}", side] = kind._schema
    return found
