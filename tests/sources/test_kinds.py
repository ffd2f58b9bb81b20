"""The table of sources: each entry can be opened, and a SPEC that is none is refused with the right spelling."""

from __future__ import annotations

from importlib import import_module

import pytest

from expflow_hooks.core.errors import UsageError
from expflow_hooks.core.policy.load import load_policy
from expflow_hooks.core.policy.policy import Policy
from expflow_hooks.core.registry.location import SERVERS, is_elsewhere
from expflow_hooks.sources.kinds import KINDS, find_kind
from expflow_hooks.sources.open import is_registry


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_has_a_function_that_opens_it(kind):
    module, _, function = kind.opens.partition(":")
    assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_names_a_kind_is_taken_for_no_registry(kind):
    spec = kind.name if kind.alone else f"{kind.name}:x"
    assert is_elsewhere(spec) and not is_registry(spec, Policy())
    assert kind.alone == (kind.name in SERVERS)
    assert find_kind(spec)[0] == kind


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("clearml:http://server", "a right one is clearml"),
        ("clearlm:x", "did you mean clearml"),
        ("nowhere:x", "a source is a .jsonl file or a folder of them"),
    ],
)
def test_a_spec_that_is_none_is_refused_with_a_right_one(spec, told):
    with pytest.raises(UsageError) as caught:
        is_registry(spec, Policy())
    assert told in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("source", ["mlflow:http://127.0.0.1:9", "csv:runs.csv", "optuna:x.db"])
def test_a_policy_names_no_address_to_which_keys_would_be_sent(tmp_path, monkeypatch, source):
    (tmp_path / "expflow.yaml").write_text(f"version: 1\nleaderboard: {{source: '{source}'}}\n")
    policy = load_policy(tmp_path)
    with pytest.raises(UsageError, match="a policy names a registry, or a server by clearml or mlflow alone"):
        is_registry(None, policy)
    assert not is_registry(source, policy)
