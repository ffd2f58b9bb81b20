"""Tables of values for other tools: a pandas data frame, Parquet (both with the extra `data`), CSV in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from expflow_hooks.core.errors import UsageError
from expflow_hooks.render.table import to_csv

if TYPE_CHECKING:
    import pandas

_EXTRA = "pip install 'expflow-action[data] @ git+https://github.com/org/expflow-action'"
_INT64 = range(-(2**63), 2**63)


class Frame(NamedTuple):
    """Named columns and rows of unrounded values; None where a row has none."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def by_column(self) -> dict[str, list[Any]]:
        """Return the values of each column, of which lists and mappings become their JSON."""
        return {name: [_plain(row[at]) for row in self.rows] for at, name in enumerate(self.columns)}

    def to_csv(self) -> str:
        """Return the rows as CSV with a heading line."""
        return to_csv(self.columns, self.rows)

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame: whole numbers, truth values and text keep their types beside missing ones."""
        try:
            import pandas
        except ImportError:
            raise UsageError(f"pandas is needed for a data frame: {_EXTRA}") from None
        columns = {name: pandas.array(values, dtype=_dtype(values)) for name, values in self.by_column().items()}
        return pandas.DataFrame(columns)

    def to_parquet(self) -> bytes:
        """Return the rows as Parquet; a column that mixes types is text."""
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise UsageError(f"pyarrow is needed for Parquet: {_EXTRA}") from None
        columns = {
            name: pyarrow.array(values if _dtype(values) != "object" else [_text(value) for value in values])
            for name, values in self.by_column().items()
        }
        out = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table(columns), out)
        return out.getvalue()


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, tuple, dict)) else value


def _text(value: Any) -> str | None:
    return None if value is None else _utf8(value) if isinstance(value, str) else json.dumps(value, default=str)


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()  # a lone surrogate cannot be written


def _dtype(values: Sequence[Any]) -> str:
    """Return the narrowest type of a data frame that keeps every value as it is."""
    kinds = {type(value) for value in values if value is not None}
    whole = all(value in _INT64 for value in values if type(value) is int)
    if kinds == {bool}:
        return "boolean"
    if kinds == {int} and whole:
        return "Int64"
    if kinds and kinds <= {int, float} and whole:
        return "float64"
    return "string" if kinds == {str} and all(_is_utf8(value) for value in values) else "object"


def _is_utf8(text: str | None) -> bool:
    return text is None or text == _utf8(text)
