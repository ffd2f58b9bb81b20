"""The page's part on the registry's history: lost lines, lines that break the chain, and the heads. Pure."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence

from expflow_hooks.action.evidence.evidence import Evidence, Fragments
from expflow_hooks.action.evidence.heads import Attested, Chain
from expflow_hooks.action.page.leaderboard import folded
from expflow_hooks.action.page.sizing import Detail
from expflow_hooks.action.page.words import markdown
from expflow_hooks.core.registry.chain import MOST_NAMED
from expflow_hooks.core.registry.location import is_folder
from expflow_hooks.core.wording import counted
from expflow_hooks.render.escape import code_span
from expflow_hooks.render.table import Data

_RANGES = 3
_LONGEST = 300  # characters of a message


def lost(evidence: Evidence, detail: Detail) -> str:
    """Return the list of the base's lines that are lost, or nothing."""
    lines = [f"- {_at(evidence.chain, one.file, one.line)}: {one.why}" for one in evidence.lost]
    return _listed("### Lines of the base's registry that are lost", lines, detail)


def broken(evidence: Evidence, detail: Detail) -> str:
    """Return the list of the places where new lines do not fit the history, or nothing."""
    # Of a folder a message names files, and those whoever made them named.
    folder = evidence.chain is not None and is_folder(evidence.chain.name)
    said = [code_span(one.message, _LONGEST) if folder else one.message for one in evidence.broken]
    lines = [f"- {one.kind}: {words}" for one, words in zip(evidence.broken, said, strict=True)]
    return _listed("### New lines of the registry whose history does not hold", lines, detail)


def _at(chain: Chain | None, file: str, line: int) -> str:
    """Return a line's position as Markdown, with its file where that is not the registry itself."""
    return f"line {line}" if chain is None or file in ("", chain.name) else f"line {line} of {code_span(file)}"


def _listed(heading: str, lines: Sequence[str], detail: Detail) -> str:
    more = [f"- {len(lines) - detail.entries} more"] if len(lines) > detail.entries else []
    return "\n".join([heading, "", *lines[: detail.entries], *more]) if lines else ""


def missing_lines(missing: Attested) -> Fragments:
    """Return which lines are gone that the comment vouched for, in words."""
    numbers = ", ".join(map(str, sorted(missing.heads.values(), key=lambda place: (str(type(place)), place))))
    at: Fragments = (" at ", Data(missing.commit[:7])) if missing.commit else ()
    one = len(missing.heads) == 1
    which, fate = (f"line {numbers}", "is gone: it was") if one else (f"lines {numbers}", "are gone: they were")
    if is_folder(missing.name):
        of: Fragments = ("line " if one else "lines ", Data(numbers), " of ", Data(missing.name))
        return (*of, *at, f" {fate} edited, or a tail was cut")
    return (f"{which} of ", Data(missing.name), *at, f" {fate} edited, or the tail was cut")


def warning(missing: Attested | None) -> str:
    """Return the warning of lines that this comment vouched for and that are gone, or nothing."""
    if missing is None:
        return ""
    them, had = "it" if len(missing.heads) == 1 else "them", ""
    if missing.commit and not os.path.isabs(missing.name):
        file = str(next(iter(missing.heads.values()))).rpartition(":")[0]  # of a folder's registry
        command = f"git show {shlex.quote(f'{missing.commit[:12]}:{missing.name}{file}')}"
        had = f" ({code_span(command, 500)} has {them})"
    return (
        f"> [!WARNING]\n> **The registry is not what this comment vouched for**: {markdown(missing_lines(missing))}. "
        f"Bring {them} back{had}; to accept the loss, delete this comment."
    )


def registry(evidence: Evidence, detail: Detail) -> Iterator[str]:
    """Yield the registry's lines and heads, folded: what to note, and how to check it later."""
    chain = evidence.chain
    if chain is None or not chain.found.lines:
        return
    committed = "" if os.path.isabs(chain.name) else " as committed"  # the workspace's may have more
    told = f"Registry{committed}: {', '.join(_facts(chain))}"
    heads = list(chain.found.heads.items())[-min(MOST_NAMED, detail.entries) :]
    if heads and detail.lists:
        yield folded(told, "\n".join(_heads(chain, heads)))
    else:
        yield f"<sub>{told}</sub>"


def _facts(chain: Chain) -> Iterator[str]:
    found = chain.found
    yield counted(found.lines, "line")
    if len(found.heads) == 1:
        yield f"head <code>{next(iter(found.heads))[:12]}</code>"
    elif found.heads:
        yield counted(len(found.heads), "head")
    if len(found.uncovered) == found.lines:
        yield "covered by no chain"
    elif found.uncovered and is_folder(chain.name):
        yield f"{counted(len(found.uncovered), 'line')} covered by no chain"
    elif found.uncovered:
        yield f"line{'s' * (len(found.uncovered) > 1)} {ranges(found.uncovered)} covered by no chain"
    if found.problems:
        yield f"{counted(len(found.problems), 'place')} where the history does not hold"


def _heads(chain: Chain, heads: Sequence[tuple[str, int]]) -> Iterator[str]:
    yield from (f"- {_at(chain, *chain.where(number))}: `{head}`" for head, number in heads)
    if len(chain.found.heads) > len(heads):
        yield f"- {len(chain.found.heads) - len(heads)} more"
    command = f"expflow-hooks run verify --source {shlex.quote(chain.name)} --expect-head {heads[-1][0]}"
    yield f"\nWhether such a line is there still: {code_span(command, 600)}"


def ranges(numbers: Sequence[int], most: int = _RANGES) -> str:
    """Return ascending numbers in words: `2, 5 to 9`."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    shown = [str(low) if low == high else f"{low} to {high}" for low, high in found[:most]]
    return ", ".join([*shown, *(["…"] if len(found) > most else [])])
