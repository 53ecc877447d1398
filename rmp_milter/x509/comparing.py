"""Names of two certificates compared as RFC 5280, 7.1 wants it: case, blanks, kinds of string."""

import functools
import hashlib


@functools.lru_cache(maxsize=1024)
def comparable(name: bytes) -> bytes:
    """Return SHA-256 of a name in DER, the same for all encodings of the same name.

    For a name within the bounds (:mod:`.bounds`).
    """
    from asn1crypto.x509 import Name  # noqa: PLC0415 -- the milter, who judges no path, has none

    try:
        text = str(Name.load(name, strict=True).hashable).encode("utf-8", "surrogatepass")
    except (ValueError, TypeError, KeyError):
        text = name
    return hashlib.sha256(text).digest()
