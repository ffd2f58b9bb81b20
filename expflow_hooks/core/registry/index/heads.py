"""The heads of a registry that no line of ours covers, as of another tool: else each append would read all of it."""

from __future__ import annotations

import json
from itertools import islice
from typing import NamedTuple

from expflow_hooks.core.registry.chain import MOST_NAMED, Heads, read_link
from expflow_hooks.core.registry.index.cache import Unusable
from expflow_hooks.core.registry.index.index import Index
from expflow_hooks.core.registry.tail import Start, find_start, lines_between

HEADS = 1 << 43
"""The number of the blob with the heads."""

_KEPT = 1 << 12  # of the lines that no line names, the oldest: each append names some of them


def heads_up_to(fd: int, old: Index | None, end: int) -> bytes | None:
    """Return the heads of the lines up to a place; None where the end of the file says which they are."""
    if find_start(fd).place:
        return None
    known = _known(old) if old is not None else None
    if known is not None and not known.whole and len(known.start.heads.bare) < _KEPT // 4:
        known = None  # the others are needed soon
    start = known.start if known else Start(0, Heads())
    heads, place = start.heads, start.place
    for line in lines_between(fd, place, end):
        if line.strip():
            heads.feed(line, read_link(line).prev, place + 1)
        place += len(line)
    kept = [[digest.hex() for digest in list(some)[-_KEPT:]] for some in (heads.chained,)]
    kept.append([digest.hex() for digest in islice(heads.bare, _KEPT)])
    whole = len(heads.chained) + len(heads.bare) == sum(map(len, kept)) and (known is None or known.whole)
    return json.dumps([end, whole, *kept]).encode()


class _Known(NamedTuple):
    """Where reading may go on, and whether no other line is unnamed."""

    start: Start
    whole: bool


def start_in(index: Index) -> Start | None:
    """Return where a writer may begin to read, by an index; None where it has to find that itself."""
    known = _known(index)
    return known.start if known and (known.whole or len(known.start.heads.bare) > MOST_NAMED) else None


def _known(index: Index) -> _Known | None:
    if not index.container.meta.get("heads"):
        return None
    try:
        end, whole, chained, bare = json.loads(index.container.blob(HEADS))
    except Unusable:
        return None
    heads = Heads()
    heads.chained = {bytes.fromhex(digest): end for digest in chained}
    heads.bare = {bytes.fromhex(digest): end for digest in bare}
    return _Known(Start(end, heads), whole)
