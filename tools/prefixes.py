#!/usr/bin/env python3
"""Write expflow_hooks/scan/prefixes.bin: the first four bytes of the digest of every PIN, sorted, little endian.

With them the scan says no to nearly every checksum without making the 30,000 digests. The file holds no digest and no
order of PINs; a test holds it to this script.
"""

from array import array
from hashlib import sha256
from pathlib import Path

TARGET = Path(__file__).parent.parent / "expflow_hooks/scan/prefixes.bin"


def prefixes() -> bytes:
    """Return the file's contents."""
    texts = [b"%04d" % pin + end for pin in range(10_000) for end in (b"", b"\n", b"\r\n")]
    table = array("I", sorted(int(sha256(text).hexdigest()[:8], 16) for text in texts))
    return b"".join(number.to_bytes(4, "little") for number in table)


if __name__ == "__main__":
    TARGET.write_bytes(prefixes())
