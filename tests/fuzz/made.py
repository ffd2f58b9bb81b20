"""What the fuzz tests are fed: hostile text, any JSON, records that are nearly right, and bytes."""

from __future__ import annotations

import copy
import functools
import json
import operator
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st

HOSTILE = (
    "@everyone", "#1", "![x](http://evil.example/x.png)", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>",
    "</code></td>", "`", "``", "\\|", "|", "\n\n# big", "\u202e", "\x1b[2J", "<!-- expflow", "https://evil.example",
    "www.evil.example", "a@b.example", "GH-1", ":tada:", "&lt;", "~~x~~", "::error::x", "${{ x }}", "\ud800", "\0",
    "<details>", "\r", "- [ ] x", "$x$", "org/repo#1", "abcdef0123456789abcdef0123456789abcdef01",
)  # fmt: skip
hostile = st.sampled_from(HOSTILE)
text = st.text(max_size=12) | hostile | st.builds("{}{}{}".format, hostile, st.text(max_size=6), hostile)
numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from([0, 0.0, -0.0, 18.09, 60, 10**308, 10**400, -(10**400), 5e-324, 1.7976931348623157e308])
)
scalars = st.none() | st.booleans() | numbers | text
flat = scalars | st.lists(scalars, max_size=3) | st.dictionaries(text, scalars, max_size=3)
anything = flat | st.lists(flat, max_size=2) | st.dictionaries(text, flat, max_size=2)  # half the time of st.recursive
metric_names = st.sampled_from(["pde_mean", "seg_total", "train_time_min"]) | text
metrics = st.dictionaries(metric_names, numbers | anything, max_size=3)
states = st.sampled_from(["completed", "running", "failed", "deleted", "done"]) | anything
fields = st.one_of(*(
    st.tuples(st.just(name), values)
    for name, values in {
        "status": states, "name": text | anything, "tags": st.lists(text, max_size=3) | anything,
        "params": st.dictionaries(text, anything, max_size=3) | anything,
        "timestamp": st.datetimes().map(str) | anything, "commit": text | anything, "prev": st.lists(text) | anything,
        "project": text | anything, "dirty": anything, "clearml_task_id": anything, "event": anything,
    }.items()
))  # fmt: skip
records: st.SearchStrategy[dict[str, Any]] = st.builds(
    lambda name, metrics, others: {"experiment_id": name, **dict(others), **metrics},
    text.filter(bool) | st.sampled_from("abc"),
    st.fixed_dictionaries({}, optional={"metrics": metrics | anything}),
    st.lists(fields, max_size=3),
)


def _line(record: dict[str, Any], ascii_only: bool) -> bytes:
    return json.dumps(record, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


record_lines = st.builds(_line, records, st.booleans())
broken_lines = st.builds(
    lambda line, at, more: line[: at % len(line)] + more + line[at % len(line) :],
    record_lines,
    st.integers(0, 1 << 16),
    st.binary(max_size=2) | st.sampled_from([b"\xff", b"\\", b'"', b"0", b"}", b"\0", b"NaN"]),
)
lines = st.lists(
    record_lines | broken_lines | st.binary(max_size=40) | record_lines.map(lambda line: line[: len(line) // 2]),
    max_size=4,
)
registries = st.builds(
    lambda parts, end: b"\n".join(parts) + end, lines, st.sampled_from([b"", b"\n", b"\r\n", b"\n\n"])
)


_GONE = object()


def spoiled(document: Any) -> st.SearchStrategy[Any]:
    """Return documents like this one, with a part here and there replaced or left out."""
    change = st.tuples(st.sampled_from(list(_paths(document))), anything | st.just(_GONE))
    return st.lists(change, max_size=4).map(lambda changes: _spoil(document, changes))


def _paths(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if not isinstance(document, (dict, list)):
        return
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield from _paths(value, (*path, key))


def _spoil(document: Any, changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    whole = copy.deepcopy([document])
    for path, value in changes:
        *parents, last = (0, *path)
        with suppress(LookupError, TypeError):  # an earlier change took the place away
            parent = functools.reduce(operator.getitem, parents, whole)
            if value is _GONE:
                del parent[last]
            else:
                parent[last] = value
    return whole[0] if whole else None
