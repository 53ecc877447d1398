"""What a certificate may hold before a library sees it: counted, in one pass over its tags.

asn1crypto takes 6 s for an object identifier of 200 KB, and seconds for a name of ten thousand
parts. An honest certificate is far below all of these bounds.
"""

from typing import NamedTuple

from rmp_milter.x509.tlv import (
    BIT_STRING,
    CONSTRUCTED,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    TRUE,
    DerElement,
    DerError,
    children,
    content,
    element,
    elements,
    encoding,
    whole,
)

MAX_FILE = 64 * 1024  # bytes
MAX_DEPTH = 16
MAX_OID = 64  # octets
MAX_NAME = 4096  # octets of issuer or subject; comparing two takes time with their length
MAX_RDNS = 64  # in a name
MAX_PARTS = 16  # of one RDN
MAX_SETS = 192  # RDNs of all names in a certificate
MAX_ELEMENTS = 4096
MAX_EXTENSIONS = 64
MAX_SERIAL = 32  # octets; RFC 5280, 4.1.2.2 has 20
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_STRINGS = frozenset({OCTET_STRING, BIT_STRING})
_OIDS = frozenset({OID, 0x88})
"""An object identifier by its own tag, and as a GeneralName (registeredID, [8])."""


class Layout(NamedTuple):
    """A certificate cut by its tags: the octets of what is compared as it stands."""

    serial: bytes
    issuer: bytes
    subject: bytes
    key: bytes
    extensions: dict[bytes, bytes]


def layout(der: bytes) -> Layout:
    """Return the parts of a certificate in DER, all of which are within the bounds.

    Raises :class:`DerError` where one is not, for what is laid out otherwise (RFC 5280, 4.1),
    for an extension given twice (4.2), and where the algorithm inside the signature is not the
    one outside (4.1.1.2).
    """
    if len(der) > MAX_FILE:
        raise DerError(f"the certificate is larger than {MAX_FILE} bytes")
    top = whole(der)
    count_all(der, top)
    try:
        tbs, algorithm, signature = children(der, top)
        fields = children(der, tbs)
        fields = fields[fields[0].tag == _VERSION :]
        serial, inner, issuer, _validity, subject, key, *more = fields
    except (ValueError, IndexError):
        raise DerError("this is not an X.509 certificate") from None
    if content(der, signature)[:1] != b"\0":
        raise DerError("the signature of the certificate is none")
    if encoding(der, algorithm) != encoding(der, inner):
        raise DerError("the certificate names two different signature algorithms")
    _check_names(der, issuer, subject)
    return Layout(
        _serial(content(der, serial)),
        encoding(der, issuer),
        encoding(der, subject),
        encoding(der, key),
        _extensions(der, more),
    )


def count_all(data: bytes, top: DerElement) -> None:
    """Count what lies in an element at any depth; raise :class:`DerError` above a bound."""
    counted = sets = 0
    waiting = [(top, 1, False)]
    while waiting:
        each, depth, in_string = waiting.pop()
        counted += 1
        sets += each.tag == SET
        if depth > MAX_DEPTH:
            raise DerError(f"the DER is nested deeper than {MAX_DEPTH}")
        if each.tag in _OIDS and each.end - each.body > MAX_OID:
            raise DerError(f"an object identifier has more than {MAX_OID} octets")
        in_string = in_string or each.tag in _STRINGS
        inside = _inside(data, each, in_string=in_string)
        if counted + len(waiting) + len(inside) > MAX_ELEMENTS or sets > MAX_SETS:
            raise DerError(f"the DER has more than {MAX_ELEMENTS} elements or {MAX_SETS} sets")
        waiting += [(child, depth + 1, in_string) for child in inside]


def _inside(data: bytes, of: DerElement, *, in_string: bool) -> list[DerElement]:
    """Return the children of an element, also of what DER lies in a string as an extension's.

    In a string, or in what looks like DER inside of one, there may be none: a digest or a
    signature is octets and no more, however far they look like DER by chance.
    """
    if not of.tag & CONSTRUCTED and of.tag not in _STRINGS:
        return []
    try:
        return _few(data, of.body + (of.tag == BIT_STRING), of.end)
    except DerError as error:
        if in_string and not isinstance(error, _TooManyError):
            return []
        raise


class _TooManyError(DerError):
    """Too many elements side by side."""


def _few(data: bytes, at: int, end: int) -> list[DerElement]:
    found: list[DerElement] = []
    for each in elements(data, at, end):
        found.append(each)
        if len(found) > MAX_ELEMENTS:
            raise _TooManyError(f"the DER has more than {MAX_ELEMENTS} elements")
    return found


def _check_names(der: bytes, *names: DerElement) -> None:
    for name in names:
        if name.end - name.start > MAX_NAME:
            raise DerError(f"a name of the certificate is longer than {MAX_NAME} octets")
        rdns = children(der, name)
        if name.tag != SEQUENCE or any(rdn.tag != SET for rdn in rdns):
            raise DerError("a name of the certificate is none")
        if len(rdns) > MAX_RDNS or any(len(children(der, rdn)) > MAX_PARTS for rdn in rdns):
            raise DerError(f"a name has more than {MAX_RDNS} parts, or {MAX_PARTS} in one")


def _serial(octets: bytes) -> bytes:
    if not 0 < len(octets) <= MAX_SERIAL:
        raise DerError(f"the serial number has more than {MAX_SERIAL} octets, or none")
    return octets


def _extensions(der: bytes, fields: list[DerElement]) -> dict[bytes, bytes]:
    """Return the extensions: by the octets of their identifier, what each holds."""
    held: dict[bytes, bytes] = {}
    for field in fields:
        if field.tag == _EXTENSIONS:
            for each in children(der, element(der, field.body, field.end)):
                identifier, value, _ = extension(der, each)
                if identifier in held:
                    raise DerError("the certificate has an extension twice (RFC 5280, 4.2)")
                held[identifier] = value
    if len(held) > MAX_EXTENSIONS:
        raise DerError(f"the certificate has more than {MAX_EXTENSIONS} extensions")
    return held


def extension(data: bytes, of: DerElement) -> tuple[bytes, bytes, bool]:
    """Return an extension's identifier, its value and whether it is critical.

    The value must be DER (RFC 5280, 4.2), so that what was counted is what a library reads.
    Raises :class:`DerError`.
    """
    parts = children(data, of)
    if len(parts) not in (2, 3) or (parts[0].tag, parts[-1].tag) != (OID, OCTET_STRING):
        raise DerError("an extension is none")
    value = content(data, parts[-1])
    for each in elements(value, 0, len(value)):
        count_all(value, each)
    critical = len(parts) == 3 and content(data, parts[1]) == TRUE  # noqa: PLR2004 -- with the flag
    return content(data, parts[0]), value, critical
