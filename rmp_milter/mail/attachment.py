"""Files of the service's own making beside its words, as parts of the encrypted entity."""

from collections.abc import Iterator

import msgspec

from rmp_milter.keeper.protocol import CODE_FIELD

KEYS_NAME = "cles-des-auteurs.asc"
_LINE = 75  # characters, and the ``=`` of a soft break: RFC 2045, 6.7
_LITERAL = frozenset(range(0x20, 0x7F)) - {ord("=")}


class Attachment(msgspec.Struct, frozen=True):
    """A file to go with a letter; ``name`` is ASCII, for use inside the encryption only.

    ``data`` may hold :data:`keeper.protocol.CODE_FIELD`, which stays literal in the mail.
    """

    name: str
    media_type: str
    data: bytes


def attached(file: Attachment) -> bytes:
    """Return the MIME part of a file, headers and all, without the boundary before it."""
    head = _headers(
        f'Content-Type: {file.media_type}; name="{file.name}"',
        "Content-Transfer-Encoding: quoted-printable",
        f'Content-Disposition: attachment; filename="{file.name}"',
    )
    return head + quoted_printable(file.data) + b"\r\n"


def attached_keys(armored: bytes) -> bytes:
    """Return the MIME part of the authors' certificates (RFC 3156, 7)."""
    head = _headers(
        f'Content-Type: application/pgp-keys; name="{KEYS_NAME}"',
        f'Content-Disposition: attachment; filename="{KEYS_NAME}"',
    )
    return head + armored


def quoted_printable(data: bytes) -> bytes:
    """Return any bytes in quoted-printable, the field for the code on a line of its own.

    So the keeper finds it, and whatever it puts in its place leaves the lines short enough.
    """
    pieces = data.split(CODE_FIELD.encode())
    return f"=\r\n{CODE_FIELD}=\r\n".encode().join(
        b"=\r\n".join(_quoted(each)) for each in pieces
    )


def _quoted(data: bytes) -> Iterator[bytes]:
    line = b""
    for octet in data:
        sign = bytes((octet,)) if octet in _LITERAL else b"=%02X" % octet
        if len(line) + len(sign) > _LINE:
            yield line
            line = b""
        line += sign
    yield line


def _headers(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode()
