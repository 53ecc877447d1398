"""One signature over everything (RFC 5652, 5), read strictly.

Exactly one SignerInfo, with signed attributes (without them a signature can be read in two
ways: draft-ietf-lamps-cms-euf-cma-signeddata) and a signing time. Whether the certificate may
be trusted is not said here.
"""

import hmac
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rmp_milter.cms.enclosed import SignedParts, signed_parts
from rmp_milter.cms.errors import CmsError, CmsFault, unreadable
from rmp_milter.cms.oids import DATA
from rmp_milter.cms.recipients import RecipientId, issuer_and_serial, key_identifier
from rmp_milter.cms.small import definite, node, nodes
from rmp_milter.cms.tlv import (
    CONSTRUCTED,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    ReadAt,
    Tlv,
    Walker,
    framed,
)
from rmp_milter.keeper.cms.attributes import Attributes, read_attributes
from rmp_milter.keeper.cms.keys import PublicKey, certificate_names, is_named, public_key
from rmp_milter.keeper.cms.schemes import Scheme, read_digest, read_scheme

MAX_CERTIFICATES = 16
LEAST_RSA = 2048
_ATTRIBUTES, _UNSIGNED, _KEY_ID = 0xA0, 0xA1, 0x80


class CmsSigned(NamedTuple):
    """What somebody signed, whose signature has still to be verified (:func:`verify`).

    ``content`` is what the digest was made of. ``certificate`` (DER) is the one in the message
    that ``signer`` names, or None; ``others`` are those beside it. ``signing_time`` is in seconds
    since 1970. ``signed_bytes`` (DER of signedAttrs) identify the mail: the signature's own
    octets do not, since of ECDSA anybody can make a second one.
    """

    content: bytes
    signer: RecipientId
    certificate: bytes | None
    others: tuple[bytes, ...]
    signing_time: int
    signed_bytes: bytes
    capabilities: tuple[str, ...]
    preference: RecipientId | None
    digest: str
    scheme: Scheme
    signature: bytes

    def __repr__(self) -> str:
        return f"CmsSigned({len(self.content)} bytes)"


class _Signer(NamedTuple):
    name: RecipientId
    digest: hashes.HashAlgorithm
    attributes: Attributes
    signed_bytes: bytes
    scheme: Scheme
    signature: bytes


def read_signed(
    read: ReadAt, start: int, length: int, content: bytes | None = None
) -> CmsSigned:
    """Read the SignedData that fills ``length`` octets from ``start``.

    ``content`` is what is signed where it stands elsewhere; then none may be inside. Raises
    :class:`CmsError`: ``NOT_ONE_SIGNATURE``, ``WEAK_SIGNATURE`` for SHA-1 and MD5,
    ``WRONG_SIGNATURE`` where the digest is not that of the content, ``UNSUPPORTED``,
    ``TOO_LARGE`` for too many certificates or pieces, else ``UNREADABLE``.
    """
    signed, fits = parsed_signed(read, start, length, content)
    if not fits:
        raise CmsError(CmsFault.WRONG_SIGNATURE, "the digest does not fit the content")
    return signed


def parsed_signed(
    read: ReadAt, start: int, length: int, content: bytes | None = None
) -> tuple[CmsSigned, bool]:
    """Read as :func:`read_signed`; return as well whether the digest is that of the content.

    For whoever verifies in any case, so that his time does not tell.
    """
    walker = Walker(read, start, length)
    parts = signed_parts(walker)
    signer = _signer(_one_signer(walker, parts, detached=content is not None))
    if DATA not in {parts.content_type} & {signer.attributes.content_type}:
        raise CmsError(CmsFault.UNSUPPORTED, "signed content that is no data")
    if parts.content is not None:
        content = _joined(walker, parts.content)
    certificate, others = _certificates(walker, parts.certificates, signer.name)
    said = signer.attributes
    signed = CmsSigned(
        content or b"",
        signer.name,
        certificate,
        others,
        said.signing_time,
        signer.signed_bytes,
        said.capabilities,
        said.preference,
        signer.digest.name,
        signer.scheme,
        signer.signature,
    )
    return signed, _fits(signer, signed.content)


def is_one_signature(read: ReadAt, start: int, length: int) -> bool:
    """Whether these octets look like one signature, with attributes, over what they enclose.

    Nothing is verified and the content is not read.
    """
    walker = Walker(read, start, length)
    try:
        parts = signed_parts(walker)
        signer = nodes(node(_one_signer(walker, parts, detached=False)).content)
    except CmsError:
        return False
    return parts.content_type == DATA and [each.tag for each in signer[3:4]] == [_ATTRIBUTES]


def verify(signed: CmsSigned, certificate: bytes) -> None:
    """Verify the signature with the public key of a certificate (DER).

    Raises :class:`CmsError`: ``WRONG_SIGNATURE``, ``WEAK_SIGNATURE`` for RSA under 2048 bits,
    what :func:`.keys.public_key` raises.
    """
    key = public_key(certificate)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA:
        name = f"RSA-{key.key_size}"
        raise CmsError(CmsFault.WEAK_SIGNATURE, f"signed with {name}", name)
    try:
        _verify(key, signed)
    except (InvalidSignature, ValueError) as error:
        raise CmsError(CmsFault.WRONG_SIGNATURE, "the signature does not fit") from error


def _verify(key: PublicKey, signed: CmsSigned) -> None:
    digest, padding = signed.scheme
    if isinstance(key, rsa.RSAPublicKey) and padding is not None:
        key.verify(signed.signature, signed.signed_bytes, padding, digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and padding is None:
        key.verify(signed.signature, signed.signed_bytes, ec.ECDSA(digest))
    else:
        raise InvalidSignature


def _one_signer(walker: Walker, parts: SignedParts, *, detached: bool) -> bytes:
    """Return the one SignerInfo (DER)."""
    if (parts.content is None) is not detached:
        raise CmsError(CmsFault.NOT_ONE_SIGNATURE, "what is signed is not where it should be")
    signers = walker.children(parts.signers)
    first = next(signers, None)
    if first is None or next(signers, None) is not None:
        raise CmsError(CmsFault.NOT_ONE_SIGNATURE, "not exactly one signer")
    return definite(walker, first)


def _signer(der: bytes) -> _Signer:
    """Read a SignerInfo (RFC 5652, 5.3)."""
    whole = node(der)
    parts = nodes(whole.content)
    tags = [part.tag for part in parts]
    if whole.tag != SEQUENCE or tags[:1] + tags[2:3] != [INTEGER, SEQUENCE]:
        raise unreadable("no signer")
    if tags[3:4] != [_ATTRIBUTES]:
        raise CmsError(CmsFault.NOT_ONE_SIGNATURE, "no signed attributes")
    if tags[4:] not in ([SEQUENCE, OCTET_STRING], [SEQUENCE, OCTET_STRING, _UNSIGNED]):
        raise unreadable("no signer")
    digest = read_digest(parts[2])
    scheme = read_scheme(parts[4], digest)
    attributes = parts[3].content
    name = _name(tags[1], parts[1].content)
    signed_bytes = framed(SET, attributes)
    return _Signer(
        name, digest, read_attributes(attributes), signed_bytes, scheme, parts[5].content
    )


def _name(tag: int, content: bytes) -> RecipientId:
    if tag == SEQUENCE:
        return issuer_and_serial(content)
    if tag != _KEY_ID:
        raise unreadable("a signer without a name")
    return key_identifier(content)


def _joined(walker: Walker, content: Tlv) -> bytes:
    """Return the octets of a string, however many pieces it has, copied once."""
    if not content.tag & CONSTRUCTED:
        return walker.slice(content.content, content.end, content.size)
    joined = BytesIO()
    for offset, size in walker.chunks(content):
        joined.write(walker.slice(offset, offset + size, size))
    return joined.getvalue()


def _fits(signer: _Signer, content: bytes) -> bool:
    digest = hashes.Hash(signer.digest)
    digest.update(content)
    return hmac.compare_digest(digest.finalize(), signer.attributes.digest)


def _certificates(
    walker: Walker, parent: Tlv | None, signer: RecipientId
) -> tuple[bytes | None, tuple[bytes, ...]]:
    """Return the signer's certificate and the others; what is no certificate is left out."""
    found: bytes | None = None
    others = []
    for der in _bounded(walker, parent):
        if found is None and _is_named(der, signer):
            found = der
        else:
            others.append(der)
    return found, tuple(others)


def certificates_beside(data: bytes) -> list[bytes]:
    """Return the certificates (DER) in SignedData, whoever signed or nobody.

    So authorities send a chain (RFC 8551, 3.8). Raises :class:`CmsError`.
    """
    walker = Walker(lambda at, size: data[at : at + size], 0, len(data))
    return list(_bounded(walker, signed_parts(walker).certificates))


def _bounded(walker: Walker, parent: Tlv | None) -> Iterator[bytes]:
    if parent is None:
        return
    for place, element in enumerate(walker.children(parent)):
        if place == MAX_CERTIFICATES:
            raise CmsError(CmsFault.TOO_LARGE, "too many certificates")
        if element.tag == SEQUENCE:
            yield definite(walker, element)


def _is_named(certificate: bytes, name: RecipientId) -> bool:
    try:
        return is_named(certificate_names(certificate), name)
    except CmsError:
        return False
