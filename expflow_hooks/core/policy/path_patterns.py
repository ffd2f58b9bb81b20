"""Which paths a list of patterns means, as in GitHub's own `paths:` filters.

`*` stops at a slash, `**` does not, `?` is one character; a pattern that starts with `!` takes back what came before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

_TOKENS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


_MOST_FOR_RE = 2  # wildcards: `re` tries every way to share a path among them, which grows with their power
_REST = "**"


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a predicate for paths relative to the repository's root, separated by `/`.

    It takes time that grows with the path's length, whatever the patterns: they may be a stranger's.
    """
    rules = [(not pattern.startswith("!"), _compile(pattern.removeprefix("!"))) for pattern in patterns]

    def matches(path: str) -> bool:
        meant = False
        for include, rule in rules:
            if meant is not include and rule(path):
                meant = include
        return meant

    return matches


def any_match(patterns: Sequence[str], paths: Iterable[str]) -> bool:
    """Return whether one of the paths is meant."""
    return any(map(matcher(patterns), paths))


def _compile(pattern: str) -> Callable[[str], object]:
    tokens = _TOKENS.findall(pattern.removeprefix("/"))
    if pattern.endswith("/"):
        tokens.append(_REST)
    if sum(token in _MEANING and token != "?" for token in tokens) > _MOST_FOR_RE:
        return _Automaton(tokens).matches
    return re.compile("".join(_MEANING.get(token) or re.escape(token) for token in tokens), re.DOTALL).fullmatch


class _Automaton:
    """A pattern as states, of which a path is in several at once, as the bits of a number: one step a character."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._read: dict[str, int] = {}  # character -> the states that it leads out of
        self._read_any = self._stay = self._stay_within = 0  # ?, `**` and `*`
        self._jumps: list[tuple[int, int]] = []  # state -> the states that need no character; they lead forward only
        self._count = 0
        for token in tokens:
            self._add(token)

    def _add(self, token: str) -> None:
        here = 1 << self._count
        if token == "**/":  # nothing, or anything that ends in a slash
            self._jumps.append((here, here << 1 | here << 3))
            self._count += 1
            self._add("**")
            self._add("/")
        elif token in ("**", "*"):
            self._jumps.append((here, here << 1))
            if token == "**":
                self._stay |= here
            else:
                self._stay_within |= here
            self._count += 1
        else:
            for character in token:
                if token == "?":
                    self._read_any |= 1 << self._count
                else:
                    self._read[character] = self._read.get(character, 0) | 1 << self._count
                self._count += 1

    def matches(self, path: str) -> bool:
        """Return whether the whole path is meant."""
        states = self._jumped(1)
        for character in path:
            read, stay = self._read.get(character, 0), self._stay
            if character != "/":
                read, stay = read | self._read_any, stay | self._stay_within
            states = self._jumped((states & read) << 1 | states & stay)
            if not states:
                return False
        return bool(states >> self._count & 1)

    def _jumped(self, states: int) -> int:
        for here, targets in self._jumps:
            if states & here:
                states |= targets
        return states
