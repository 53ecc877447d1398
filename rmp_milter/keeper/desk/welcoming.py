"""*Welcome*: the one clear text that the service signs, so that a doctor's program knows it.

What is signed in clear the service is believed to have said, whoever sends it. So no caller has a
word in it: the text is the catalogue's, with the service's own address, and it is signed for root
alone, who could sign anything with the key files.
"""

import base64
import quopri

from rmp_milter.calls.protocol.answering import Welcome, Welcomed
from rmp_milter.calls.protocol.message import Why
from rmp_milter.keeper.authority.refusals import Unentitled
from rmp_milter.keeper.cms.capabilities import capabilities
from rmp_milter.keeper.cms.signing import digest_name, signed_beside
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.keys.service_certificates import answering
from rmp_milter.mail.catalogue.texts import text

_BOUNDARY = "=-rmp-bienvenue"
_CRLF = b"\r\n"


def welcome(desk: Desk, request: Welcome, now: int) -> Welcomed:
    """Return the welcome as ``multipart/signed`` (RFC 8551, 3.5.3), which every client shows.

    Its signature says what the service opens, and by which certificate it is written to. Raises
    :class:`Unentitled` for an address that is not the service's, :class:`CallFailed` ``NO_SMIME``.
    """
    if request.service not in desk.services:
        raise Unentitled("not an address of the service")
    own = answering(desk.keys.smime, now)
    if own is None:
        raise CallFailed(
            Why.NO_SMIME, "the service has no certificate for S/MIME that is valid"
        )
    words = text("smime-welcome", request.language, service=request.service)
    part = _part(words)
    signature = signed_beside(
        part,
        own.certificate,
        own.chain,
        own.key.private,
        now,
        capabilities(),
        own.certificate,
    )
    return Welcomed(_around(part, signature, digest_name(own.key.private)))


def _part(words: str) -> bytes:
    """Return the text as a part that no server on its way rewrites: seven bits, short lines."""
    encoded = quopri.encodestring(words.encode()).replace(b"\n", _CRLF)
    head = (
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head + encoded


def _around(part: bytes, signature: bytes, micalg: str) -> bytes:
    kind = 'multipart/signed; protocol="application/pkcs7-signature"'
    start = f'Content-Type: {kind}; micalg={micalg};\r\n boundary="{_BOUNDARY}"\r\n\r\n'
    beside = (
        b'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\n'
        b"Content-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n'
    )
    lines = base64.encodebytes(signature).replace(b"\n", _CRLF)
    line = b"--" + _BOUNDARY.encode()
    return b"".join(
        [
            start.encode(),
            *(line, _CRLF, part, _CRLF),
            *(line, _CRLF, beside, lines, line, b"--", _CRLF),
        ]
    )
