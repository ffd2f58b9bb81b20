"""The budget of the fuzz tests: 200 inputs a target, or what `EXPFLOW_FUZZ` says (`make fuzz`: 100,000)."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "fuzz",
    max_examples=int(os.environ.get("EXPFLOW_FUZZ", "200")),
    deadline=None,  # a busy machine is no finding
    database=None,
    suppress_health_check=list(HealthCheck),
)
FUZZ = settings.get_profile("fuzz")


def pytest_collection_modifyitems(items):
    """Give every test of this folder the profile."""
    for item in items:
        inner = getattr(item.obj, "hypothesis", None)
        if inner is not None and "fuzz" in item.path.parts:
            item.obj._hypothesis_internal_use_settings = FUZZ
