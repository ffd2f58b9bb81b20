"""Kubernetes' manifests: the values of a Secret whose base64 is a PIN's hash, or a file that gives one away."""

from binascii import Error, a2b_base64

from expflow_hooks.scan.prefilter import MARK, runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_MARKS = bytes(MARK if byte in _DIGITS else 0 for byte in range(256))
_SHORTEST = 22  # digits of base64 that `EXPFLOW_PIN=` and four digits take


def values(data: bytes) -> "Iterator[tuple[int, bytes]]":
    """Yield (place, decoded text) of the base64 in a file that has a Secret; of other manifests nothing."""
    if b"Secret" in data:
        for begin, end in runs(data, _MARKS, _SHORTEST):
            yield begin, _decoded(data[begin:end])


def _decoded(base64: bytes) -> bytes:
    try:
        return a2b_base64(base64 + b"=" * (-len(base64) % 4))
    except Error:
        return b""
