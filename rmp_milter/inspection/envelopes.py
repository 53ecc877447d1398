"""What an S/MIME envelope shows without any key: cipher, readers, how it was written.

A reader is named by his certificate's issuer and serial number, or by a key identifier. Which of
them is the service's is told where its certificates are at hand.
"""

from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum

from rmp_milter.calls.protocol.message import Span
from rmp_milter.cms import CmsEnvelope, CmsError, RecipientId, read_envelope
from rmp_milter.cms.body import read_body
from rmp_milter.cms.envelope import ORIGINATOR, Parts, content_info
from rmp_milter.cms.oids import dotted
from rmp_milter.cms.small import definite, node, nodes
from rmp_milter.cms.tlv import INTEGER, OCTET_STRING, OID, SEQUENCE, SET, ReadAt, Tlv, Walker
from rmp_milter.dossier.model import Value
from rmp_milter.keeper.cms.keys import may_be_for, names_meant
from rmp_milter.keeper.keys.service_certificates import InUse, PublicCertificate, in_use

MAX_WORDS = 200  # characters of an issuer's name that are shown
MAX_ATTRIBUTES = 32
_INDEFINITE = 0x80
_NAMES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.97": "organizationIdentifier",
    "1.2.840.113549.1.9.1": "emailAddress",
    "0.9.2342.19200300.100.1.25": "DC",
}
_UTF16_STRING = 0x1E  # BMPString
_AUTHENTICATED, _UNPROTECTED = 0xA1, 0xA2


class Encoding(StrEnum):
    """How lengths are written (X.690, 8.1.3): BER where one of the outermost is left open."""

    DER = "DER"
    BER = "BER"


class EnvelopeReader(Value, frozen=True):
    """Whom the content key is for: ``issuer`` and ``serial``, or ``key_id`` (hex).

    ``way`` is how the key reaches him (``transport``, ``agreement``, ``other``); ``ours`` whether
    he is the service: None where he is not, or it cannot be told.
    """

    way: str
    issuer: str = ""
    serial: str = ""
    key_id: str = ""
    ours: InUse | None = None


class EnvelopeSeen(Value, frozen=True):
    """``content`` is how long the ciphertext is in bytes, 0 where that cannot be told.

    ``authenticated`` and ``unprotected`` are the identifiers of attributes outside the content;
    ``originator`` says that certificates of the sender's stand there too.
    """

    encoding: Encoding
    cipher: str = ""
    content: int = 0
    readers: tuple[EnvelopeReader, ...] = ()
    originator: bool = False
    authenticated: tuple[str, ...] = ()
    unprotected: tuple[str, ...] = ()


class OwnCertificates(Value, frozen=True):
    """The service's certificates as they are known here, at a time in epoch seconds."""

    certificates: tuple[PublicCertificate, ...]
    now: int

    def use_of(self, name: RecipientId) -> InUse | None:
        """Return what the certificate is good for that a recipient's name may be of."""
        for each in self.certificates:
            with suppress(CmsError):
                if may_be_for(names_meant(each.certificate), name):
                    return in_use(each, self.certificates, self.now)
        return None


def envelope_seen(read: ReadAt, span: Span, ours: OwnCertificates | None) -> EnvelopeSeen:
    """Return what the envelope at ``span`` shows; never raises on what a mail may hold."""
    seen = EnvelopeSeen(_encoding(read, span))
    try:
        envelope = read_envelope(read, span.offset, span.length)
        beside = _beside(Walker(read, span.offset, span.length))
    except CmsError:
        return seen
    return EnvelopeSeen(
        encoding=seen.encoding,
        cipher=envelope.cipher.name,
        content=_content(read, envelope),
        readers=tuple(_readers(envelope, ours)),
        originator=beside.originator,
        authenticated=beside.authenticated,
        unprotected=beside.unprotected,
    )


def _encoding(read: ReadAt, span: Span) -> Encoding:
    """Tell by the two outermost lengths, and by the ones in front of the recipients."""
    walker = Walker(read, span.offset, span.length)
    starts = [span.offset]
    with suppress(CmsError):
        _, content = content_info(walker)
        starts += [content.start, *(each.start for each in walker.children(content))]
    is_open = any(read(at + 1, 1) == bytes((_INDEFINITE,)) for at in starts)
    return Encoding.BER if is_open else Encoding.DER


def _content(read: ReadAt, envelope: CmsEnvelope) -> int:
    try:
        return read_body(read, *envelope.body, envelope.kind).length
    except CmsError:
        return 0


def _readers(envelope: CmsEnvelope, ours: OwnCertificates | None) -> Iterator[EnvelopeReader]:
    for each in envelope.recipients:
        if not each.names:
            yield EnvelopeReader(each.way.value)
        for name in each.names:
            yield EnvelopeReader(
                way=each.way.value,
                issuer=issuer_words(name.issuer) if name.issuer else "",
                serial=f"{name.serial:x}" if name.issuer else "",
                key_id=name.key_id.hex(),
                ours=ours.use_of(name) if ours else None,
            )


class _Beside(Value, frozen=True):
    originator: bool
    authenticated: tuple[str, ...]
    unprotected: tuple[str, ...]


def _beside(walker: Walker) -> _Beside:
    """Read what stands around recipients and content (RFC 5652, 6.1; RFC 5083, 2.1)."""
    _, content = content_info(walker)
    parts = Parts(walker, content)
    parts.take(INTEGER)
    originator = parts.pass_over(ORIGINATOR) is not None
    parts.take(SET)
    parts.take(SEQUENCE)
    first = parts.pass_over(_AUTHENTICATED)
    is_authenticated = parts.pass_over(OCTET_STRING) is not None
    second = parts.pass_over(_UNPROTECTED)
    authenticated = first if is_authenticated else None
    return _Beside(
        originator,
        _attributes(walker, authenticated),
        _attributes(walker, second if is_authenticated else first),
    )


def _attributes(walker: Walker, element: Tlv | None) -> tuple[str, ...]:
    if element is None:
        return ()
    found = nodes(node(definite(walker, element)).content)[:MAX_ATTRIBUTES]
    named = (nodes(each.content) for each in found if each.tag == SEQUENCE)
    return tuple(dotted(each[0].content) for each in named if each and each[0].tag == OID)


def issuer_words(der: bytes) -> str:
    """Return a name (RFC 5280, 4.1.2.4) that went through the bounded reader, in one line."""
    said: list[str] = []
    with suppress(CmsError):
        for rdn in nodes(node(der).content):
            said += (_attribute(each.content) for each in nodes(rdn.content))
    words = ", ".join(said)
    return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…"


def _attribute(content: bytes) -> str:
    parts = nodes(content)
    if [each.tag for each in parts[:1]] != [OID] or len(parts) != 2:  # noqa: PLR2004 -- which, and its value
        return "?"
    oid = dotted(parts[0].content)
    coding = "utf-16-be" if parts[1].tag == _UTF16_STRING else "utf-8"
    return f"{_NAMES.get(oid, oid)}={parts[1].content[:MAX_WORDS].decode(coding, 'replace')}"
