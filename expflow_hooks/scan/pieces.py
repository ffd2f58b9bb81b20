"""The rule for a hash that a key file holds in base64 or in pieces: split over lines, quoted, joined by operators."""

from expflow_hooks.scan.exact import hash_spans, runs, without_nuls
from expflow_hooks.scan.prefilter import MARK

_BETWEEN_PIECES = b" \t\r\n\"'`\\+,|>-#&()[];"
_BETWEEN_BASE64 = b" \t\r\n\"'`\\,#"
_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_BASE64_MARKS = bytes(MARK if byte in _DIGITS else 0 for byte in range(256))
_SHORTEST = 43  # digits of base64 that 32 raw bytes take
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def present(data: bytes) -> bool:
    """Return whether `data` spells a PIN hash once what may stand between its pieces is gone, or in base64.

    Base64 of the hex digits and of the 32 raw bytes, in either alphabet. Only exact digests count, so text that happens
    to be glued together here never reads as one.
    """
    if _has_hash(data.translate(None, _BETWEEN_PIECES)):
        return True
    joined = data.translate(None, _BETWEEN_BASE64)
    spans = runs(joined, _BASE64_MARKS, _SHORTEST)
    return any(_spells(joined[begin + skip : end]) for begin, end in spans for skip in range(4))


def _spells(base64: bytes) -> bool:
    """Return whether `base64`, which starts at a group of four, decodes to a PIN hash, as text or raw."""
    from binascii import a2b_base64

    base64 = base64.translate(_URL_SAFE)
    if len(base64) % 4 == 1:
        base64 = base64[:-1]
    decoded = a2b_base64(base64 + b"=" * (-len(base64) % 4))
    return _has_hash(without_nuls(decoded)) or _has_hash(decoded.hex().encode())


def _has_hash(data: bytes) -> bool:
    return next(hash_spans(data), None) is not None
