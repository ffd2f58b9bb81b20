"""What `run verify` found, as text and JSON."""

from __future__ import annotations

from collections.abc import Sequence

from expflow_hooks.core.registry.reader import Unreadable
from expflow_hooks.core.registry.verify import Verification
from expflow_hooks.core.wording import counted
from expflow_hooks.render.escape import terminal
from expflow_hooks.render.jsontext import to_json


def render_verification(result: Verification, unreadable: Sequence[Unreadable], path: str, form: str) -> str:
    """Return the verification: problems, lines that no chain covers, unreadable lines, and the heads."""
    if form == "json":
        return to_json(
            {
                "source": path,
                "lines": result.lines,
                "problems": [problem._asdict() for problem in result.problems],
                "uncovered": result.uncovered,
                "unreadable": [line._asdict() for line in unreadable],
                "heads": [{"hash": digest, "line": line} for digest, line in result.heads.items()],
            }
        )
    lines = [f"{path}:{problem.line}: {problem.kind}: {problem.message}" for problem in result.problems]
    lines += [f"{path}:{bad.line}: unreadable: {bad.why}" for bad in unreadable]
    if result.uncovered:
        shown = ", ".join(map(str, result.uncovered[:10])) + (", …" if len(result.uncovered) > 10 else "")
        lines.append(f"{counted(len(result.uncovered), 'line')} that no chain covers: {shown}")
    lines += [f"head {digest} (line {line})" for digest, line in result.heads.items()]
    holds = not (result.problems or unreadable or result.uncovered)
    lines.append(f"{path}: {counted(result.lines, 'line')}, " + ("the history holds" if holds else "see above"))
    return "".join(f"{terminal(line)}\n" for line in lines)
