"""The registry's heads: what a comment attests, and which of it is missing from the registry of a later run.

A changed last line or a cut tail cannot be told from the file alone; with the heads that an earlier run noted it can.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeGuard

from expflow_hooks.core.registry.append_only import Where
from expflow_hooks.core.registry.chain import MOST_NAMED, digest_of
from expflow_hooks.core.registry.location import is_folder
from expflow_hooks.core.registry.reader import Registry
from expflow_hooks.core.registry.verify import Read, Verification, verify

_LONGEST_NAME = 400  # characters
_MOST_LINES = 10**12
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PLACE = re.compile(r"[^\n/]{1,400}:[0-9]{1,12}")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Chain:
    """A registry's history as a run finds it: its path, what `verify` found, and its lines, if they are asked for.

    `where` gives the file and the line in it of a line that was found; `was` is where the base has the registry.
    """

    name: str
    found: Verification
    read: Read = field(repr=False)
    where: Where = field(default=lambda number: ("", number), repr=False)
    was: str = ""

    def lacks(self, heads: Collection[str]) -> set[str]:
        """Return the hashes that belong to no line; the file is read only if one of them is no longer a head."""
        sought = {bytes.fromhex(head) for head in heads if head not in self.found.heads}
        for line in self.read() if sought else ():
            sought.discard(digest_of(line))
            if not sought:
                break
        return {digest.hex() for digest in sought}


def chain_of(registry: Registry, name: str, read: Read, was: str = "") -> Chain:
    """Return the chain of a registry."""
    return Chain(name, verify(registry.lines, line=registry.line, where=registry.where), read, registry.where, was)


class Attested(NamedTuple):
    """What a comment vouches for: a registry's path, its number of lines, its heads, at a commit.

    A head's hash leads to its line's number; in a folder to its file and number, as `main.jsonl:3`.
    """

    name: str
    lines: int
    heads: Mapping[str, int | str]
    commit: str


def read_attested(state: Mapping[str, Any]) -> Attested | None:
    """Return what a comment's state vouches for; nothing for an older version's, and of a damaged one what is sound."""
    kept = state.get("registry")
    if not isinstance(kept, dict):
        return None
    name, lines, heads, commit = map(kept.get, Attested._fields)
    if not (isinstance(name, str) and _is_count(lines) and isinstance(heads, dict) and isinstance(commit, str)):
        return None
    sound = {head: line for head, line in heads.items() if _DIGEST.fullmatch(head) and _is_place(line)}
    return Attested(name[:_LONGEST_NAME], lines, _newest(sound), commit if _COMMIT.fullmatch(commit) else "")


def missed(chain: Chain | None, before: Attested | None) -> Attested | None:
    """Return what was vouched for with only the heads that are gone; nothing where all are there, or for another
    registry."""
    if chain is None or before is None or before.name not in (chain.name[:_LONGEST_NAME], chain.was[:_LONGEST_NAME]):
        return None
    gone = chain.lacks(before.heads)
    return before._replace(heads={head: line for head, line in before.heads.items() if head in gone}) if gone else None


def attest(chain: Chain | None, commit: str, before: Attested | None, missing: Attested | None) -> Attested | None:
    """Return what a comment vouches for from now on.

    While a line is missed, and where no registry could be read, that is what it vouched for before: else writing on, or
    a run that fails, would end the alarm.
    """
    if chain is None or missing is not None:
        return before
    heads = {head: _place(chain, number) for head, number in chain.found.heads.items()}
    return Attested(chain.name[:_LONGEST_NAME], chain.found.lines, _newest(heads), commit)


def _place(chain: Chain, number: int) -> int | str:
    file, line = chain.where(number)
    return f"{posixpath.basename(file)}:{line}" if is_folder(chain.name) else line


def _newest(heads: Mapping[str, int | str]) -> dict[str, int | str]:
    """Return the last heads; they come in the registry's order."""
    return dict(list(heads.items())[-MOST_NAMED:])


def _is_place(value: Any) -> bool:
    return _is_count(value) or (isinstance(value, str) and _PLACE.fullmatch(value) is not None)


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_LINES
