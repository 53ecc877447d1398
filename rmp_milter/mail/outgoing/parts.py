"""The parts of a multipart mail: words, stored bodies, small files of the service's own.

Each stands behind a boundary of its parent; what closes it is :func:`boundary_end`.
"""

import base64
from email.header import Header

from rmp_milter.dossier.model import BodySlice, Slice
from rmp_milter.mail.outgoing.letter import Enclosure

_CRLF = "\r\n"
Pieces = tuple[Slice | BodySlice, ...]
PART_BOUNDARY = "=-rmp-parts-="
"""Boundary of our multiparts: base64 and armor never hold a line that begins with ``--=``,
and in our own words no line begins with what a user wrote."""
KEYS_NAME = "cles-des-auteurs.asc"


def words_part(words: str) -> bytes:
    """Return the words that a client shows."""
    head = header_block(
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: 8bit",
    )
    return boundary_line(PART_BOUNDARY) + head + crlf_lines(words).encode() + b"\r\n"


def file_part(name: str, each: Enclosure) -> Pieces:
    """Return an attachment (a MIME part behind a boundary of its mixed parent)."""
    head = header_block(
        f"Content-Type: application/octet-stream; name={quoted_name(name)}",
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: attachment; filename={quoted_name(name)}",
    )
    start = boundary_line(PART_BOUNDARY) + head
    return (
        Slice(start),
        BodySlice(
            each.packets, each.document.document_id, armor=False, digest=each.document.digest
        ),
        Slice(b"\r\n"),
    )


def keys_part(certificates: bytes) -> bytes:
    """Return armored certificates as one attachment."""
    keys = header_block(
        f'Content-Type: application/pgp-keys; name="{KEYS_NAME}"',
        f'Content-Disposition: attachment; filename="{KEYS_NAME}"',
    )
    return boundary_line(PART_BOUNDARY) + keys + certificates


def data_part(name: str, data: bytes) -> bytes:
    """Return a small file of the service's own as an attachment, which no client shows."""
    head = header_block(
        f'Content-Type: application/octet-stream; name="{name}"',
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{name}"',
    )
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return boundary_line(PART_BOUNDARY) + head + encoded


def quoted_name(name: str) -> str:
    """Return a file name as a MIME parameter value: quoted, RFC 2047 where not ASCII.

    Strictly RFC 2231 would be right; RFC 2047 inside quotes is what every mail client of
    twenty years reads.
    """
    clean = "".join(char for char in name if char.isprintable() and char not in '"\\')[:120]
    return f'"{clean if clean.isascii() else Header(clean, "utf-8", maxlinelen=9999).encode()}"'


def crlf_lines(words: str) -> str:
    """Return the words with the line ends of mail."""
    return _CRLF.join(words.splitlines()) + _CRLF


def header_block(*lines: str) -> bytes:
    """Return a header of these lines and the empty line behind it."""
    return (_CRLF.join(lines) + _CRLF + _CRLF).encode()


def boundary_line(boundary: str) -> bytes:
    """Return the line before each part."""
    return f"--{boundary}{_CRLF}".encode()


def boundary_end(boundary: str) -> bytes:
    """Return the line behind the last part."""
    return f"--{boundary}--{_CRLF}".encode()
