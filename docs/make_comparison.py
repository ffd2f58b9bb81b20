"""Put the answers in docs/conformance into the tables of docs/comparison.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE / "comparison.md"
NAMES = {
    "expflow": "Expflow hooks",
    "mlflow": "MLflow, search_runs",
    "mlflow_validation": "MLflow, model validation",
    "dvc": "DVC, exp show",
    "optuna": "Optuna, study",
    "jq": "jq",
    "sqlite": "SQLite",
    "duckdb": "DuckDB",
    "pandas": "pandas",
    "polars": "polars",
}
"""The tools in the order of the page."""


def page() -> str:
    """Return the page with its tables made anew: the places in each order, and what passes each gate."""
    answers = {tool: _read(HERE / "conformance" / f"{tool}.json") for tool in NAMES}
    places = {tool: _places(one["order"]) for tool, one in answers.items() if one["order"]}
    passes = {tool: dict.fromkeys(one["passes"], "passes") for tool, one in answers.items() if one["passes"]}
    text = PAGE.read_text(encoding="utf-8")
    for name, table in (("order", _table(places, answers, "–")), ("gate", _table(passes, answers, "no"))):
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)",
            lambda found, table=table: f"{found[1]}{table}{found[2]}",
            text,
            flags=re.DOTALL,
        )
    return text


def _read(path: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return answer


def _places(order: list[str]) -> dict[str, str]:
    return {name: str(place) for place, name in enumerate(order, 1)}


def _table(cells: Mapping[str, Mapping[str, str]], answers: Mapping[str, Any], other: str) -> str:
    lines = (HERE / "conformance" / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    heads = {case["id"]: _head(case) for case in map(json.loads, lines)}
    rows = ["| | " + " | ".join(heads.values()) + " |", "|---|" + ":-:|" * len(heads)]
    for tool, row in cells.items():
        shown = ["refused" if name in answers[tool]["refused"] else row.get(name, other) for name in heads]
        rows.append(f"| {NAMES[tool]} {answers[tool]['version']} | " + " | ".join(shown) + " |")
    return "\n".join(rows) + "\n"


def _head(case: Mapping[str, str]) -> str:
    if case["type"] == "text":
        return f'text "{case["value"]}"'
    return {"": "missing", "nan": "NaN"}.get(case["value"], case["value"])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
