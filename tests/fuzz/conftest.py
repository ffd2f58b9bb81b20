"""The budget of the fuzz tests: 200 inputs a target, or what `EXPFLOW_FUZZ` says (`make fuzz`: 100,000)."""

import os

import pytest
from hypothesis import HealthCheck, settings

from expflow_hooks.core.registry import known_file, live_file, writer

BUDGET = int(os.environ.get("EXPFLOW_FUZZ", "200"))
ROUND = 2000  # inputs: all that were tried are kept until a test ends, at 25 KB each

settings.register_profile(
    "fuzz",
    max_examples=min(BUDGET, ROUND),
    deadline=None,  # a busy machine is no finding
    database=None,
    derandomize="EXPFLOW_FUZZ" not in os.environ and "CI" in os.environ,  # else each round would be the first again
    suppress_health_check=list(HealthCheck),
)
FUZZ = settings.get_profile("fuzz")


def pytest_generate_tests(metafunc):
    """Repeat a target until its budget is used up; the rounds also share the work out among processes."""
    if BUDGET > ROUND and hasattr(metafunc.function, "hypothesis"):
        metafunc.fixturenames.append("fuzz_round")
        metafunc.parametrize("fuzz_round", range(-(-BUDGET // ROUND)))


def pytest_collection_modifyitems(items):
    """Give every test of this folder the profile."""
    for item in items:
        inner = getattr(item.obj, "hypothesis", None)
        if inner is not None and "fuzz" in item.path.parts:
            item.obj._hypothesis_internal_use_settings = FUZZ


@pytest.fixture(autouse=True)
def nobody_else_writes(monkeypatch):
    """Wait for no other writer at a torn line: half of the time would go by so."""
    monkeypatch.setattr(live_file, "_PATIENCE", 0)
    monkeypatch.setattr(known_file, "PATIENCE", 0)
    monkeypatch.setattr(writer, "PATIENCE", 0)
