"""Finding what gives a PIN away: its hash, the key that holds it, or the PIN itself, in files and in git objects.

`command.main` is the whole scan; `files`, `objects` and `pushes` are its three ways to look; the rest decides what a
finding is. Standard library only, and nothing but `os` and `sys` until bytes look suspect (PyYAML is asked only about
key files that need a parser). Here lives the account that every way to look keeps.
"""

TYPE_CHECKING = False  # `typing` costs a bare Python's whole start-up again (29 ms against 15), so no hot module has it
if TYPE_CHECKING:
    from expflow_hooks.scan.findings import Finding

CHUNK = 1 << 20
"""Bytes read at a time: a small file is one chunk, and a file of any size needs no more memory than a few."""


class Report:
    """What a scan found, what it could not read, and how much it read."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.problems: list[str] = []
        self.items = 0
        self.bytes = 0
