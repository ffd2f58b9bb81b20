"""How results look: text for a terminal, Markdown, CSV and JSON, from the same table."""

from __future__ import annotations

FORMATS = ("text", "json", "markdown", "csv")
PARQUET = "parquet"
"""Data for other programs, which needs the extra `data`; of lists and rankings."""
