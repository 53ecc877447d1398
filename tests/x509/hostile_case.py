"""Certificates as an intruder would build them: DER put together by hand around an honest one."""

from collections.abc import Callable

from rmp_milter.x509.tlv import children, encoding, whole

SEQUENCE, SET, OID, UTF8, OCTETS = 0x30, 0x31, 0x06, 0x0C, 0x04


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return an element with its length in the shortest form."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + body


def changed(der: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """Return a certificate whose fields inside the signature are changed."""
    tbs, algorithm, signature = children(der, whole(der))
    fields = [encoding(der, each) for each in children(der, tbs)]
    rest = (encoding(der, algorithm), encoding(der, signature))
    return tlv(SEQUENCE, tlv(SEQUENCE, *change(fields)), *rest)


def with_subject(der: bytes, subject: bytes) -> bytes:
    return changed(der, lambda fields: [*fields[:5], subject, *fields[6:]])


def with_extensions(der: bytes, *extensions: bytes) -> bytes:
    return changed(der, lambda fields: [*fields[:7], tlv(0xA3, tlv(SEQUENCE, *extensions))])


def extension(value: bytes, identifier: bytes = b"\x55\x1d\x11", *flag: bytes) -> bytes:
    return tlv(SEQUENCE, tlv(OID, identifier), *flag, tlv(OCTETS, value))


def rdn(kind: bytes = b"\x55\x04\x03", value: bytes = b"a") -> bytes:
    return tlv(SET, tlv(SEQUENCE, tlv(OID, kind), tlv(UTF8, value)))


def nested(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = tlv(SEQUENCE, inner)
    return inner


GIANT = b"\xff" * 40_000 + b"\x01"
SAN = b"\x55\x1d\x11"


def hostile(der: bytes) -> dict[str, tuple[bytes, str]]:
    """Return certificates by what is wrong with them, and the words of the refusal."""
    oid = "object identifier"
    many = tlv(SEQUENCE, *[tlv(0x82, b"a.example")] * 5000)
    return {
        "giant identifier in the subject": (
            with_subject(der, tlv(SEQUENCE, rdn(GIANT))),
            oid,
        ),
        "giant identifier of an extension": (
            with_extensions(der, extension(b"\x05\0", GIANT)),
            oid,
        ),
        "giant identifier inside an extension": (
            with_extensions(der, extension(tlv(SEQUENCE, tlv(OID, GIANT)), b"\x55\x1d\x25")),
            oid,
        ),
        "giant registeredID": (
            with_extensions(der, extension(tlv(SEQUENCE, tlv(0x88, GIANT)))),
            oid,
        ),
        "giant identifier in an octet string in an extension": (
            with_extensions(der, extension(tlv(OCTETS, tlv(SEQUENCE, tlv(OID, GIANT))))),
            oid,
        ),
        "a name of 1000 parts": (with_subject(der, tlv(SEQUENCE, *[rdn()] * 1000)), "192 sets"),
        "a long name": (
            with_subject(der, tlv(SEQUENCE, rdn(value=b"x " * 2100))),
            "4096 octets",
        ),
        "a name of 100 parts": (
            with_subject(der, tlv(SEQUENCE, *[rdn()] * 100)),
            "more than 64 parts",
        ),
        "one part of 100": (
            with_subject(
                der,
                tlv(SEQUENCE, tlv(SET, *[tlv(SEQUENCE, tlv(OID, b"\x55\x04\x03"))] * 100)),
            ),
            "or 16 in one",
        ),
        "names of 300 parts in an extension": (
            with_extensions(
                der, extension(tlv(SEQUENCE, tlv(0xA4, tlv(SEQUENCE, *[rdn()] * 300))))
            ),
            "192 sets",
        ),
        "an extension of 5000 names": (with_extensions(der, extension(many)), "4096 elements"),
        "an extension of 30,000 elements": (
            with_extensions(der, extension(b"\x05\0" * 30_000)),
            "4096 elements",
        ),
        "a huge extension": (
            with_extensions(der, extension(tlv(OCTETS, bytes(70_000)))),
            "larger than",
        ),
        "100 extensions": (
            with_extensions(
                der, *(extension(b"\x05\0", b"\x2a" + bytes((n,))) for n in range(100))
            ),
            "64 extensions",
        ),
        "an extension twice": (
            with_extensions(der, extension(b"\x30\0"), extension(b"\x30\0")),
            "twice",
        ),
        "deep nesting": (with_extensions(der, extension(nested(2000))), "nested deeper"),
        "deep nesting of the subject": (with_subject(der, nested(40)), "nested deeper"),
        "an extension that is no DER": (
            with_extensions(der, extension(b"\x30\x80\0\0")),
            "length",
        ),
        "an indefinite length": (b"\x30\x80" + der[4:] + b"\0\0", "length"),
        "a length in a long form": (b"\x30\x84\0\0" + der[2:], "shortest|cut off"),
        "a tag of many octets": (with_subject(der, b"\x3f\x81\x01\0"), "a tag"),
        "a serial number of 100 octets": (
            changed(der, lambda fields: [fields[0], tlv(2, b"\x01" * 100), *fields[2:]]),
            "serial number",
        ),
        "another algorithm inside": (
            changed(
                der,
                lambda fields: [
                    *fields[:2],
                    tlv(SEQUENCE, tlv(OID, b"\x2a\x86\x48\xce\x3d\x04\x03\x03")),
                    *fields[3:],
                ],
            ),
            "two different",
        ),
        "100 mail addresses": (
            with_extensions(
                der, extension(tlv(SEQUENCE, *[tlv(0x81, b"a@b.example")] * 100), SAN)
            ),
            "64 mail addresses",
        ),
        "a mail address that is no text": (
            with_extensions(
                der,
                extension(
                    tlv(
                        SEQUENCE,
                        tlv(
                            0xA0,
                            tlv(OID, b"\x2b\x06\x01\x05\x05\x07\x08\x09"),
                            tlv(0xA0, tlv(UTF8, b"\xff\xfe")),
                        ),
                    ),
                    SAN,
                ),
            ),
            "no|none|cannot",
        ),
        "a subject that is none": (with_subject(der, tlv(SEQUENCE, b"\x05\0")), "name"),
        "nothing inside": (tlv(SEQUENCE), "not an X.509"),
        "empty parts": (tlv(SEQUENCE, tlv(SEQUENCE), tlv(SEQUENCE), tlv(SEQUENCE)), "not an"),
    }
