"""The rule for a hash that a key file holds in base64 or in pieces: split over lines, quoted, joined by operators."""

import binascii
import re

from expflow_hooks.scan.exact import hash_spans

_BETWEEN_PIECES = b" \t\r\n\"'`\\+,|>-#&()[];"
_BETWEEN_BASE64 = b" \t\r\n\"'`\\,#"
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{40,}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def present(data: bytes) -> bool:
    """Return whether `data` spells a PIN hash once what may stand between its pieces is gone, or in base64.

    Base64 of the hex digits and of the 32 raw bytes, in either alphabet. Only exact digests count, so text that happens
    to be glued together here never reads as one.
    """
    if next(hash_spans(data.translate(None, _BETWEEN_PIECES)), None):
        return True
    runs = _BASE64.findall(data.translate(None, _BETWEEN_BASE64))
    return any(_spells(run[skip:]) for run in runs for skip in range(4))


def _spells(base64: bytes) -> bool:
    """Return whether `base64`, which starts at a group of four, decodes to a PIN hash, as text or raw."""
    base64 = base64.translate(_URL_SAFE)
    if len(base64) % 4 == 1:
        base64 = base64[:-1]
    decoded = binascii.a2b_base64(base64 + b"=" * (-len(base64) % 4)).translate(None)
    text = decoded.translate(None, b"\0")
    return any(next(hash_spans(form), None) for form in (text, binascii.hexlify(decoded)))
