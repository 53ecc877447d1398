"""Mails put together byte by byte, so that a test knows exactly what was sent."""

import base64
import secrets
from collections.abc import Mapping
from email.header import Header
from email.utils import encode_rfc2231, formatdate, make_msgid

CRLF = b"\r\n"

MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "jpg": "image/jpeg",
    "pgp": "application/octet-stream",
}


def entity(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return header lines, an empty line and the body, all with CRLF."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return lines.encode() + CRLF + body


def crlf(text: bytes) -> bytes:
    """Return ``text`` with every line end as CRLF."""
    return CRLF.join(text.replace(CRLF, b"\n").split(b"\n"))


def multipart(subtype: str, parts: list[bytes], parameters: str = "") -> bytes:
    """Return a multipart entity (RFC 2046, 5.1) of ready-made parts."""
    mark = secrets.token_hex(12)
    content_type = f'multipart/{subtype}; boundary="{mark}"{parameters}'
    opening = b"--" + mark.encode() + CRLF
    body = b"".join(opening + part + CRLF for part in parts)
    return entity({"Content-Type": content_type}, body + b"--" + mark.encode() + b"--" + CRLF)


def text_part(text: str, charset: str = "utf-8", subtype: str = "plain") -> bytes:
    """Return a text part in base64."""
    headers = {
        "Content-Type": f"text/{subtype}; charset={charset}",
        "Content-Transfer-Encoding": "base64",
    }
    return entity(headers, _base64(crlf(text.encode(charset))))


def ascii_part(body: bytes, subtype: str = "plain", charset: str = "utf-8") -> bytes:
    """Return a text part whose bytes stand as they are."""
    headers = {
        "Content-Type": f"text/{subtype}; charset={charset}",
        "Content-Transfer-Encoding": "7bit",
    }
    return entity(headers, crlf(body))


def file_part(name: str, data: bytes, media_type: str = "") -> bytes:
    """Return an attachment in base64, its name by RFC 2231 where it is not ASCII."""
    kind = media_type or MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    headers = {
        "Content-Type": f"{kind}; {_parameter('name', name)}",
        "Content-Disposition": f"attachment; {_parameter('filename', name)}",
        "Content-Transfer-Encoding": "base64",
    }
    return entity(headers, _base64(data))


def top(sender: str, recipient: str, subject: str) -> dict[str, str]:
    """Return the headers that every mail opens with (RFC 5322, 3.6)."""
    return {
        "From": sender,
        "To": recipient,
        "Subject": Header(subject, "utf-8", maxlinelen=10_000).encode(),
        "Date": formatdate(localtime=False),
        "Message-ID": make_msgid(domain="cabinet.test"),
        "MIME-Version": "1.0",
    }


def _parameter(name: str, value: str) -> str:
    if value.isascii():
        return f'{name}="{value}"'
    return f"{name}*={encode_rfc2231(value, 'utf-8')}"


def _base64(data: bytes) -> bytes:
    return crlf(base64.encodebytes(data))
