"""Finding what gives a PIN away: its hash, the key that holds it, or the PIN itself, in files and in git objects.

`command.main` is the whole scan; `files`, `objects` and `pushes` are its three ways to look; the rest decides what a
finding is. Standard library only, and nothing but `os` and `sys` until bytes look suspect (PyYAML is asked only about
key files that need a parser). Here lives the account that every way to look keeps.
"""

TYPE_CHECKING = False  # `typing` costs a bare Python's whole start-up again (29 ms against 15), so no hot module has it
if TYPE_CHECKING:
    from collections.abc import Iterable

    from expflow_hooks.scan.exact import Hit
    from expflow_hooks.scan.findings import Finding

CHUNK = 1 << 20
"""Bytes read at a time: a small file is one chunk, and a file of any size needs no more memory than a few."""


class ScanReport:
    """The result of a scan: findings, what could not be read, notes, and how much was read."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.items = 0
        self.bytes = 0

    def add(self, other: "ScanReport") -> None:
        """Take over what another scan found and read."""
        self.findings += other.findings
        self.problems += other.problems
        self.notes += other.notes
        self.items += other.items
        self.bytes += other.bytes


def hits(chunks: "Iterable[bytes]", kind: str, excusable: bool = True) -> "list[Hit]":
    """Return (line, column, code) of what is found in one file's or object's bytes, by the rules of its kind of name.

    The closer look, loaded for suspect bytes and key files only.
    """
    if kind:
        from expflow_hooks.scan import keyfiles

        return keyfiles.scan(chunks, kind)
    from expflow_hooks.scan import exact

    return exact.scan(chunks, excusable)
