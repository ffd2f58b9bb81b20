"""What `run verify` found, as text and JSON."""

from __future__ import annotations

import os
from typing import Any

from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import Verification
from expflow_hooks.core.wording import counted
from expflow_hooks.render.escape import terminal
from expflow_hooks.render.jsontext import located, to_json

_MOST_SHOWN = 10


def render_verification(result: Verification, registry: Registry, form: str) -> str:
    """Return the verification: problems, lines that no chain covers, unreadable lines, and the heads."""
    return to_json(_json(result, registry)) if form == "json" else _text(result, registry)


def _json(result: Verification, registry: Registry) -> dict[str, Any]:
    def at(number: int) -> dict[str, Any]:
        file, line = registry.where(number)
        return {"file": file, "line": line} if registry.is_folder else {"line": line}

    def problem(found: Any) -> dict[str, Any]:
        by = at(found.by)
        more = {"by_file": by["file"]} if registry.is_folder else {}
        return {**found._asdict(), **at(found.line), "by": by["line"], **more}

    uncovered = [at(number) for number in result.uncovered]
    return {
        "source": registry.path,
        "lines": result.lines,
        "problems": [problem(found) for found in result.problems],
        "unexpected": [{**at(found.line), "message": found.message} for found in result.unexpected],
        "uncovered": uncovered if registry.is_folder else [place["line"] for place in uncovered],
        "unreadable": [located(line) for line in registry.unreadable],
        "heads": [{"hash": digest, **at(number)} for digest, number in result.heads.items()],
    }


def _text(result: Verification, registry: Registry) -> str:
    path = registry.path
    lines = ["{}:{}: ".format(*registry.where(one.line)) + f"{one.kind}: {one.message}" for one in result.problems]
    lines += ["{}:{}: ".format(*registry.where(one.line)) + f"unexpected: {one.message}" for one in result.unexpected]
    lines += [f"{bad.file or path}:{bad.line}: unreadable: {bad.why}" for bad in registry.unreadable]
    if result.uncovered:
        shown = ", ".join(_short(registry, number) for number in result.uncovered[:_MOST_SHOWN])
        more = ", …" if len(result.uncovered) > _MOST_SHOWN else ""
        lines.append(f"{counted(len(result.uncovered), 'line')} that no chain covers: {shown}{more}")
    lines += [f"head {digest} ({registry.line(number)})" for digest, number in result.heads.items()]
    holds = not (result.problems or result.unexpected or registry.unreadable or result.uncovered)
    lines.append(f"{path}: {counted(result.lines, 'line')}, " + ("the history holds" if holds else "see above"))
    return "".join(f"{terminal(line)}\n" for line in lines)


def _short(registry: Registry, number: int) -> str:
    file, line = registry.where(number)
    return f"{os.path.basename(file)}:{line}" if registry.is_folder else str(line)
