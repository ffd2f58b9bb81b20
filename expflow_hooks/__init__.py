"""Expflow hooks: governance for machine-learning experiments, in git and in pull requests.

The public API, each name loaded when it is first used:

- PIN: `init_pin`, `verify_pin`, `pin_is_set`, `clear_pin`, `guard`
- metrics: `STANDARD_METRICS`, `report_standard`
- experiments: `record`, `compare_scores`, `validate_competition_rules`
"""

__version__ = "0.1.0"

_HOMES = {
    "STANDARD_METRICS": "core.metrics.standard",
    "clear_pin": "core.pin.store",
    "compare_scores": "api",
    "guard": "operations.prompt",
    "init_pin": "core.pin.store",
    "pin_is_set": "core.pin.store",
    "record": "api",
    "report_standard": "api",
    "validate_competition_rules": "core.audit.validate",
    "verify_pin": "core.pin.store",
}

__all__ = [
    "STANDARD_METRICS",
    "clear_pin",
    "compare_scores",
    "guard",
    "init_pin",
    "pin_is_set",
    "record",
    "report_standard",
    "validate_competition_rules",
    "verify_pin",
]


# Lazy, since a hook imports this package on every commit and needs none of it.
def __getattr__(name):  # type: ignore[no-untyped-def]
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value


def __dir__():  # type: ignore[no-untyped-def]
    return sorted([*globals(), *_HOMES])
