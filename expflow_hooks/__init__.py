"""Expflow hooks: governance for machine-learning experiments, in git and in pull requests.

The public API, each name loaded when it is first used:

- PIN: `init_pin`, `verify_pin`, `pin_is_set`, `clear_pin`, `guard`
- metrics: `STANDARD_METRICS`, `report_standard`
- experiments: `track`, `record`, `experiments`, `compare_scores`, `validate_competition_rules`; `Gate`, `parse_gate`,
  `GroupBy`; `definition_of`
"""

__version__ = "0.1.0"

_HOMES = {
    "ExpflowWarning": "core.errors",
    "STANDARD_METRICS": "core.metrics.standard",
    "Gate": "core.metrics.gates",
    "GroupBy": "core.ranking.query",
    "clear_pin": "core.pin.store",
    "compare_scores": "api",
    "definition_of": "core.metrics.definition",
    "experiments": "api",
    "guard": "operations.prompt",
    "init_pin": "core.pin.store",
    "parse_gate": "core.metrics.gates",
    "pin_is_set": "core.pin.places",
    "record": "api",
    "report_standard": "api",
    "track": "api",
    "validate_competition_rules": "core.audit.validate",
    "verify_pin": "core.pin.guard",
}

TYPE_CHECKING = False  # `typing` costs as much as a bare Python's start, and a hook imports this package
if TYPE_CHECKING:
    from expflow_hooks.api import compare_scores, experiments, record, report_standard, track
    from expflow_hooks.core.audit.validate import validate_competition_rules
    from expflow_hooks.core.errors import ExpflowWarning
    from expflow_hooks.core.metrics.definition import definition_of
    from expflow_hooks.core.metrics.gates import Gate, parse_gate
    from expflow_hooks.core.metrics.standard import STANDARD_METRICS
    from expflow_hooks.core.pin.guard import verify_pin
    from expflow_hooks.core.pin.places import pin_is_set
    from expflow_hooks.core.pin.store import clear_pin, init_pin
    from expflow_hooks.core.ranking.query import GroupBy
    from expflow_hooks.operations.prompt import guard

__all__ = [
    "STANDARD_METRICS",
    "ExpflowWarning",
    "Gate",
    "GroupBy",
    "clear_pin",
    "compare_scores",
    "definition_of",
    "experiments",
    "guard",
    "init_pin",
    "parse_gate",
    "pin_is_set",
    "record",
    "report_standard",
    "track",
    "validate_competition_rules",
    "verify_pin",
]


# Lazy, since a hook imports this package on every commit and needs none of it; a type checker reads the imports above.
if not TYPE_CHECKING:

    def __getattr__(name):
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return value

    def __dir__():
        return sorted([*globals(), *_HOMES])
