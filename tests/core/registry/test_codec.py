"""What a line cannot hold is refused in our own words, whatever the library says of it."""

from __future__ import annotations

import pytest

from expflow_hooks import record
from expflow_hooks.core.registry.codec import encode_record


def itself():
    value = {}
    value["a"] = value
    return value


def deep():
    value = []
    for _ in range(200_000):
        value = [value]
    return value


@pytest.mark.parametrize("value", [10**5000, itself(), deep(), object()], ids=["number", "itself", "deep", "object"])
def test_what_json_cannot_hold(value):
    with pytest.raises(ValueError, match="what JSON cannot"):
        encode_record({"experiment_id": "a", "params": {"x": value}})


def test_a_parameter_of_five_thousand_digits_is_an_error_with_its_experiment(tmp_path):
    path = tmp_path / "r.jsonl"
    with pytest.raises(ValueError, match=r"^a: "):
        record("a", params={"x": 10**5000}, registry=str(path))
    assert not path.exists() or path.read_bytes() == b""
