"""Small DER, written (X.690): what envelopes and signatures are put together from."""

from collections.abc import Iterable

from rmp_milter.cms.oids import encoded
from rmp_milter.cms.tlv import INTEGER, OCTET_STRING, OID, SEQUENCE, SET, framed

NULL = b"\x05\0"


def oid(numbers: str) -> bytes:
    """Return an identifier that is given with dots."""
    return framed(OID, encoded(numbers))


def integer(value: int) -> bytes:
    """Return a number, negative ones too."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return framed(INTEGER, value.to_bytes(size, signed=True))


def octets(content: bytes) -> bytes:
    """Return an octet string."""
    return framed(OCTET_STRING, content)


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of what is DER already."""
    return framed(SEQUENCE, b"".join(parts))


def set_of(parts: Iterable[bytes], tag: int = SET) -> bytes:
    """Return a SET OF, in the order that DER wants (X.690, 11.6)."""
    return framed(tag, b"".join(sorted(parts)))


def algorithm(numbers: str, *parameters: bytes) -> bytes:
    """Return an AlgorithmIdentifier."""
    return sequence(oid(numbers), *parameters)
