"""New S/MIME mail: signed by the service, then enveloped for its readers, as Outlook opens it.

EnvelopedData with AES-256-CBC around opaque SignedData (RFC 8551, 3.6): the form that every client
reads. The signature says what the service itself opens, so that clients write to it with AES.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from rmp_milter.calls.protocol.message import Why
from rmp_milter.cms import CmsKind, head
from rmp_milter.keeper.cms.capabilities import capabilities
from rmp_milter.keeper.cms.making import envelope_pieces
from rmp_milter.keeper.cms.signing import signed
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.readers import Reader, recipient
from rmp_milter.keeper.keys.service_certificates import answering
from rmp_milter.keeper.openpgp.sessionkey import SessionKey
from rmp_milter.mail.outgoing.encode import Buffer, base64_lines, base64_size

_AES_256 = 9  # RFC 9580, 9.3
_KEY_SIZE = 32
_SIGNED = (
    b'Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\r\n'
    b"Content-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="smime.p7m"\r\n\r\n'
)


def seal_smime(
    desk: Desk, entity: Sequence[Buffer], readers: Sequence[Reader], now: int
) -> Iterator[bytes]:
    """Sign a MIME entity, given in pieces, and envelope it; yield a ContentInfo (DER), in pieces.

    Raises :class:`CallFailed`: ``NO_SMIME`` where the service has no certificate, ``BAD_KEY``.
    """
    own = answering(desk.keys.smime, now)
    if own is None:
        raise CallFailed(
            Why.NO_SMIME, "the service has no certificate for S/MIME that is valid"
        )
    made = signed(
        entity,
        own.certificate,
        own.chain,
        own.key.private,
        now,
        capabilities(),
        own.certificate,
    )
    key = SessionKey(_AES_256, desk.random(_KEY_SIZE))
    names = [recipient(key, reader) for reader in readers]
    size = len(_SIGNED) + base64_size(sum(map(len, made)))
    length, body = envelope_pieces(
        chain([_SIGNED], base64_lines(made)), size, key.key, desk.random
    )
    yield head(CmsKind.ENVELOPED, names, length)
    yield from body
