"""Whether new lines fit the history, told by the ends of a registry's files: what is usual, without reading the rest.

A yes is the answer that `verify` would give; everything else is for `verify` to say.
"""

from __future__ import annotations

from expflow_hooks.core.registry.append_only import Growth, Start
from expflow_hooks.core.registry.chain import Heads, digest_of, read_link
from expflow_hooks.core.registry.stored import Files, Stored, opened, some_lines

_WINDOW = 1 << 18
"""Bytes before the new lines of a file, so that both ends of an ordinary merge are seen."""


def fits_at_the_ends(files: Files, growth: Growth) -> bool:
    """Return whether the new lines stand at the ends of their files and name what nothing before them named.

    That is one of the last lines of their own file, or of another which their own never named.
    """
    changed = {path: growth.starts[path] for path in growth.added}
    if not all(start.only_new for start in changed.values()):
        return False
    elsewhere = _Elsewhere(files)
    return all(_fits(path, files[path], start, elsewhere) for path, start in changed.items())


def _fits(path: str, stored: Stored, start: Start, elsewhere: _Elsewhere) -> bool:
    heads, asked = Heads(), set[bytes]()
    place = _line_start(stored, start.place)
    for line in some_lines(stored, place):
        if line.strip():
            prev = read_link(line).prev
            fed = heads.feed(line, prev, place + 1)
            if place >= start.place and prev is not None:
                missed = {named for named, found in zip(fed.named, fed.places, strict=True) if found is None}
                begins = not prev and (place > 0 or elsewhere.any_but(path))
                if begins or missed & asked or not elsewhere.have(path, missed):
                    return False
                asked |= missed
        place += len(line)
    return not asked or not _names_before(stored, start.place, asked)


def _line_start(stored: Stored, place: int) -> int:
    """Return where a line begins, so far before a byte as is looked at."""
    begin = max(0, place - _WINDOW)
    if not begin:
        return 0
    with opened(stored) as file:
        file.seek(begin - 1)
        return begin - 1 + len(file.readline())


def _names_before(stored: Stored, end: int, digests: set[bytes]) -> bool:
    """Return whether a line before a byte names one of the digests."""
    names, place = [digest.hex().encode() for digest in digests], 0
    for line in some_lines(stored, 0):
        if place >= end:
            break
        if any(name in line for name in names):
            return True
        place += len(line)
    return False


class _Elsewhere:
    """The last lines of all files, by their digests."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._known: dict[str, set[bytes]] = {}

    def any_but(self, path: str) -> bool:
        """Return whether there is another file than that one."""
        return any(other != path for other in self._files)

    def have(self, path: str, digests: set[bytes]) -> bool:
        """Return whether other files than that one have all of these lines near their ends."""
        left = set(digests)
        for other in self._files:
            if left and other != path:
                left -= self._last_lines(other)
        return not left

    def _last_lines(self, path: str) -> set[bytes]:
        if path not in self._known:
            with opened(self._files[path]) as file:
                size = file.seek(0, 2)
            begin = _line_start(self._files[path], size)
            self._known[path] = {digest_of(line) for line in some_lines(self._files[path], begin) if line.strip()}
        return self._known[path]
