"""GitHub's own description of its API, as githubkit's models: what a fake gives and takes must be of their form."""

from __future__ import annotations

import types
import typing
from datetime import date, datetime
from functools import cache
from typing import Any

from githubkit_schemas.latest import models
from pydantic import BaseModel


def check(model: str, body: Any) -> None:
    """Raise pydantic's ValidationError if a body is not of the model's form."""
    getattr(models, model).model_validate(body)


def filled(model: str, **known: Any) -> dict[str, Any]:
    """Return a body of the model's form: what is known, and harmless values for the rest that it must have."""
    body = {**_template(getattr(models, model)), **known}
    check(model, body)
    return body


@cache
def _template(model: type[BaseModel]) -> dict[str, Any]:
    fields = model.model_fields.items()
    return {field.alias or name: _value(field.annotation) for name, field in fields if field.is_required()}


def _value(kind: Any) -> Any:
    """Return some value of a type, the simplest that it allows."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if type(None) in arguments else _value(arguments[0])
    if origin is typing.Annotated:
        return _value(arguments[0])
    if origin is typing.Literal:
        return arguments[0]
    if origin in (list, tuple):
        return []
    if origin is dict:
        return {}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return dict(_template(kind))
    simple = {str: "text", int: 1, float: 1.0, bool: False, datetime: "2026-11-23T00:00:00Z", date: "2026-11-23"}
    return simple.get(kind)
