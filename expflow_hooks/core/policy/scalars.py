"""The checks of single values that several keys of the policy share."""

from __future__ import annotations

from expflow_hooks.core.policy import strict_yaml as schema

TEXT = schema.scalar((str,), "text", "task1")
COUNT = schema.scalar((int,), "a whole number", "20")
BOOL = schema.scalar((bool,), "true or false", "true")
NUMBER = schema.scalar((int, float), "a number", "18.09")
TEXTS = schema.list_of(TEXT)


def _positive(value: int) -> str | None:
    return None if value >= 1 else f"must be 1 or more, not {value}"


POSITIVE = schema.refined(COUNT, _positive, minimum=1)
