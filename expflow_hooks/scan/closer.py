"""The closer look, which picks the rules that a file's name calls for. Loaded for suspect bytes and key files only."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from expflow_hooks.scan.exact import Hit


def hits(chunks: "Iterable[bytes]", kind: str, excusable: bool = True) -> "list[Hit]":
    """Return (line, column, code) of what is found in one file's or object's bytes."""
    if kind:
        from expflow_hooks.scan import keyfiles

        return keyfiles.scan(chunks, kind)
    from expflow_hooks.scan import exact

    return exact.scan(chunks, excusable)
