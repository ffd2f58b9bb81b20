"""JSON that other programs can read, of whatever was read."""

from __future__ import annotations

import json

from expflow_hooks.render.jsontext import to_json


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_deep_value_beside_a_number_that_json_has_not():
    shown = to_json([{"a": float("nan")}, nested(900)])
    assert json.loads(shown)[0] == {"a": None}


def test_a_deep_value_alone():
    assert to_json(nested(900)).count("[") == 901
