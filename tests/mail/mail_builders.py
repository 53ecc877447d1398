"""Mails for the tests of the incoming side, built from plain octets."""

import base64

# A v3 key packet header (old format, two-octet length) and noise: enough to be recognised.
MESSAGE = b"\x85\x01\x0c\x03\x0c\xceCZ\xa7\xcc\xda;\x01" + bytes(range(256)) * 4
OTHER_MESSAGE = b"\xc1\x5e\x03" + bytes(range(255, -1, -1)) * 2
COMPRESSED = b"\xa3\x01" + bytes(200)
SIGNATURE = b"\x89\x01\x33\x04\x00\x01" + bytes(200)
CERTIFICATE = b"\x99\x01\x0d\x04" + bytes(200)
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 3


def crc24(data: bytes) -> bytes:
    """RFC 9580, 6.1."""
    crc = 0xB704CE
    for octet in data:
        crc ^= octet << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    return base64.b64encode((crc & 0xFFFFFF).to_bytes(3, "big"))


def armored(
    data: bytes, label: str = "MESSAGE", headers: str = "Version: 1\n", eol: str = "\n"
) -> bytes:
    text = base64.b64encode(data).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    body = "\n".join(lines)
    checksum = crc24(data).decode()
    begin, end = f"-----BEGIN PGP {label}-----", f"-----END PGP {label}-----"
    whole = f"{begin}\n{headers}\n{body}\n={checksum}\n{end}\n"
    return whole.replace("\n", eol).encode()


# What Outlook packs a mail into (MS-OXTNEF 2.1.3.1), here an armored text and a file.
TNEF = b'\x78\x9f>"\x01\x00' + armored(MESSAGE) + PDF


def part(headers: str, body: bytes) -> bytes:
    return headers.strip().replace("\n", "\r\n").encode("utf-8") + b"\r\n\r\n" + body


def multipart(kind: str, *parts: bytes, boundary: str = "frontier", extra: str = "") -> bytes:
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{extra}\r\n\r\n'.encode()
    delimiter = f"\r\n--{boundary}\r\n".encode()
    joined = b"".join(delimiter + one for one in parts)
    return head + joined + f"\r\n--{boundary}--\r\n".encode()


def mail(content: bytes) -> bytes:
    return b"From: a@example.test\r\nTo: rmp@example.test\r\nSubject: ...\r\n" + content


def text_part(text: bytes, extra: str = "") -> bytes:
    return part(f"Content-Type: text/plain; charset=utf-8{extra}", text)


def file_part(name: str, data: bytes, kind: str = "application/octet-stream") -> bytes:
    return part(
        f'Content-Type: {kind}; name="{name}"\n'
        f'Content-Disposition: attachment; filename="{name}"\n'
        "Content-Transfer-Encoding: base64",
        base64.encodebytes(data),
    )


CONTROL = part("Content-Type: application/pgp-encrypted", b"Version: 1\r\n")


def pgp_mime(payload: bytes) -> bytes:
    return multipart(
        "encrypted",
        CONTROL,
        part('Content-Type: application/octet-stream; name="encrypted.asc"', payload),
        boundary="enc",
        extra='; protocol="application/pgp-encrypted"',
    )


def der(tag: int, content: bytes) -> bytes:
    """X.690, 8.1, a definite length."""
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


DATA_OID = bytes.fromhex("06092a864886f70d010701")
SIGNED_OID = bytes.fromhex("06092a864886f70d010702")


def cms_signed(content: bytes | None, *, ber: bool = False) -> bytes:
    """SignedData (RFC 5652, 5.1) without signers; ``ber`` as Outlook and OpenSSL stream it."""
    if ber and content is not None:
        chunks = [content[at : at + 1000] for at in range(0, len(content), 1000)]
        octets = b"\x24\x80" + b"".join(der(0x04, chunk) for chunk in chunks) + b"\0\0"
        inner = b"\x30\x80" + DATA_OID + b"\xa0\x80" + octets + b"\0\0" * 2
        signed = b"\x02\x01\x01" + b"\x31\x80\x30\x00\0\0" + inner + der(0x31, b"")
        return b"\x30\x80" + SIGNED_OID + b"\xa0\x80\x30\x80" + signed + b"\0\0" * 3
    enclosed = b"" if content is None else der(0xA0, der(0x04, content))
    inner = der(0x30, DATA_OID + enclosed)
    signed = der(0x30, b"\x02\x01\x01" + der(0x31, b"") + inner + der(0x31, b""))
    return der(0x30, SIGNED_OID + der(0xA0, signed))


def cms_enveloped() -> bytes:
    """What EnvelopedData begin with."""
    return bytes.fromhex("308006092a864886f70d010703a080") + bytes(60)
