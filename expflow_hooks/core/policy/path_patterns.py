"""Which paths a list of patterns means, as in GitHub's own `paths:` filters.

`*` stops at a slash, `**` does not, `?` is one character; a pattern that starts with `!` takes back what came before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

_TOKENS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a function that says whether a path, from the repository's root and with `/`, is meant."""
    rules = [(not pattern.startswith("!"), _compile(pattern.removeprefix("!"))) for pattern in patterns]

    def matches(path: str) -> bool:
        meant = False
        for include, rule in rules:
            if meant is not include and rule.fullmatch(path):
                meant = include
        return meant

    return matches


def any_match(patterns: Sequence[str], paths: Iterable[str]) -> bool:
    """Say whether one of the paths is meant."""
    return any(map(matcher(patterns), paths))


def _compile(pattern: str) -> re.Pattern[str]:
    parts = (_MEANING.get(token) or re.escape(token) for token in _TOKENS.findall(pattern.removeprefix("/")))
    return re.compile("".join(parts) + ("" if not pattern.endswith("/") else ".*"), re.DOTALL)
