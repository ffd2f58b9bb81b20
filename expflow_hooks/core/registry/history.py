"""The history of one experiment: its lines, and what later ones changed of what a completed one stated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from expflow_hooks.core.metrics.values import same_value


class Revision(NamedTuple):
    """A later line that revised a completed experiment: `field` was `old`, is `new` since `line`.

    `file` is the file that the line is in, where the registry is a folder.
    """

    line: int
    field: str
    old: Any
    new: Any
    file: str = ""


class HistoryLine(NamedTuple):
    """One line of one experiment: its number, from 1, its record with every field, and in a folder its file."""

    line: int
    record: dict[str, Any]
    file: str = ""


def revisions(history: list[HistoryLine]) -> list[Revision]:
    """Return what later lines changed of a completed experiment: metrics, parameters, code and commit, old -> new.

    Each line is compared with what completed lines said last, whatever came in between: the experiment running again,
    deleted, or a line that says less. What a line leaves out is a change where that line is a completed one.
    """
    found: list[Revision] = []
    known: dict[str, Any] = {}  # what completed lines said last, each field
    last: dict[str, Any] | None = None  # what the last completed line said
    for line in history:
        stated, completed = _stated(line.record), line.record.get("status") in ("completed", None)
        if last is not None:
            left_out = last.keys() - stated.keys() if completed else ()
            found += [
                Revision(line.line, field, known.get(field), stated.get(field), line.file)
                for field in sorted({*stated, *left_out})
                if field in left_out
                or (not same_value(known.get(field), stated[field]) and (completed or stated[field] is not None))
            ]
        if completed:
            last = stated
            known.update(stated)
    return found


def repeated(history: list[HistoryLine]) -> Iterator[tuple[HistoryLine, HistoryLine]]:
    """Yield the lines that no chain covers and that an earlier line has said already, each with that line."""
    seen: dict[str, HistoryLine] = {}
    for line in history:
        text = repr(sorted(line.record.items()))
        if "prev" not in line.record and text in seen:
            yield line, seen[text]
        seen.setdefault(text, line)


def _stated(record: dict[str, Any]) -> dict[str, Any]:
    """Return what a record states, flat: `metrics.pde_mean`, `params.Args/lr`, `commit`, `code`."""
    flat = {
        f"{part}.{name}": value
        for part in ("metrics", "params")
        if isinstance(record.get(part), dict)
        for name, value in record[part].items()
    }
    commit = record.get("commit") or record.get("commit_hash")
    code = record.get("code")
    named = code.get("id") if isinstance(code, dict) else None
    return flat | ({"commit": commit} if commit else {}) | ({"code": named} if named else {})
