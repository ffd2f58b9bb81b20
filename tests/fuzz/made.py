"""What the fuzz tests are fed: hostile text, any JSON, records that are nearly right, and bytes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

HOSTILE = (
    "@everyone", "#1", "![x](http://evil.example/x.png)", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>",
    "</code></td>", "`", "``", "\\|", "|", "\n\n# big", "\u202e", "\x1b[2J", "<!-- expflow", "https://evil.example",
    "www.evil.example", "a@b.example", "GH-1", ":tada:", "&lt;", "~~x~~", "::error::x", "${{ x }}", "\ud800", "\0",
    "<details>", "\r", "- [ ] x", "$x$", "org/repo#1", "abcdef0123456789abcdef0123456789abcdef01",
)  # fmt: skip
text = st.lists(st.text(max_size=12) | st.sampled_from(HOSTILE), max_size=4).map("".join)
numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, 0.0, -0.0, 18.09, 60, 10**308, 10**400, -(10**400), 5e-324, 1.7976931348623157e308])
)
scalars = st.none() | st.booleans() | numbers | text
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12
)
metric_names = st.sampled_from(["pde_mean", "seg_total", "train_time_min"]) | text
metrics = st.dictionaries(metric_names, numbers | anything, max_size=5)
states = st.sampled_from(["completed", "running", "failed", "deleted", "done"]) | anything
records: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"experiment_id": text.filter(bool) | st.sampled_from("abc")},
    optional={
        "status": states, "name": text | anything, "tags": st.lists(text, max_size=3) | anything,
        "metrics": metrics | anything, "params": st.dictionaries(text, anything, max_size=3) | anything,
        "timestamp": st.datetimes().map(str) | anything, "commit": text | anything, "prev": st.lists(text) | anything,
        "project": text | anything, "dirty": anything, "clearml_task_id": anything, "event": anything,
    },
)  # fmt: skip


def _line(record: dict[str, Any], ascii_only: bool) -> bytes:
    return json.dumps(record, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


record_lines = st.builds(_line, records, st.booleans())
lines = st.lists(
    record_lines | st.binary(max_size=40) | record_lines.map(lambda line: line[: len(line) // 2]), max_size=6
)
registries = st.builds(
    lambda parts, end: b"\n".join(parts) + end, lines, st.sampled_from([b"", b"\n", b"\r\n", b"\n\n"])
)


def spoiled(document: Any) -> st.SearchStrategy[Any]:
    """Return documents like this one, with a part here and there replaced, renamed or left out."""
    if isinstance(document, dict):
        whole = st.fixed_dictionaries({key: spoiled(value) for key, value in document.items()})
        return whole | st.builds(_without, whole, st.sampled_from(sorted(document) or [""])) | anything
    if isinstance(document, list) and document:
        return st.tuples(*map(spoiled, document)).map(list) | anything
    # mostly as it was, so that what is deeper down is reached
    return st.sampled_from([document] * 9 + [None]) | anything if document is not None else anything


def _without(document: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != key}
