"""The types of what training code gives: states, numbers, and what a record may hold besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

State = Literal["created", "dispatched", "queued", "running", "completed", "failed", "stopped", "cancelled", "deleted"]


class Scalar(Protocol):
    """A number of NumPy's or torch's: `item()` is Python's."""

    def item(self) -> Any:
        """Return the Python number."""


Number: TypeAlias = "float | Scalar | None"
"""What may stand where a metric's value does; one that is no finite number is kept, and does not count."""
Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
