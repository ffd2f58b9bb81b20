"""How results look: text for a terminal, Markdown, CSV and JSON, from the same table."""

from __future__ import annotations

FORMATS = ("text", "json", "markdown", "csv")
