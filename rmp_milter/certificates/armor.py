"""The ASCII armor of a key file (RFC 9580, 6.2), read as generously as gpg does.

Blanks at line ends, text before and behind, a checksum that is missing or wrong do no harm.
What else is armored in the file is not passed over: it may be somebody else's key.
"""

import binascii
import re
from collections.abc import Iterator

PUBLIC, PRIVATE = b"PUBLIC KEY BLOCK", b"PRIVATE KEY BLOCK"
_BEGIN = re.compile(rb"-----BEGIN PGP ([A-Z][A-Z ,/0-9]{0,40})-----")


def kinds(data: bytes) -> list[bytes]:
    """Return what armored blocks begin in the data, such as :data:`PUBLIC`, in their order."""
    return _BEGIN.findall(data)


def content(data: bytes) -> bytes:
    """Return the octets of the first public block; raise ValueError where it is damaged."""
    head = b"-----BEGIN PGP " + PUBLIC + b"-----"
    _, begun, behind = data.partition(head)
    block, ended, _ = behind.partition(b"-----END PGP " + PUBLIC + b"-----")
    if not (begun and ended):
        raise ValueError("the armor has no end")
    return binascii.a2b_base64(b"".join(_encoded(block)), strict_mode=True)


def _encoded(block: bytes) -> Iterator[bytes]:
    """Yield the lines of base64: without the headers, and the checksum below."""
    for line in map(bytes.strip, block.splitlines()):
        if line.startswith(b"="):
            return
        if line and b":" not in line:
            yield line
