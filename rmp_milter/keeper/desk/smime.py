"""S/MIME mail: the envelope opened, the one signature inside verified, what that is worth.

CBC proves nothing of what it holds: whoever has an old message can move its blocks about and have
us read them (EFAIL). So what comes out of it counts only where all of it is one signature that
holds, and everything else that can go wrong is one failure, reached by the same work.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from rmp_milter.calls.containers import CONTAINERS
from rmp_milter.calls.protocol.message import Span, Why
from rmp_milter.calls.protocol.opening import Signature, Trust
from rmp_milter.cms import CmsEnvelope, CmsError, CmsKind, read_envelope
from rmp_milter.dossier.model import Container
from rmp_milter.keeper.authority.ground import Registrant
from rmp_milter.keeper.cms.opening import Random, content_keys, deciphered
from rmp_milter.keeper.desk.desk import CallFailed, Desk
from rmp_milter.keeper.desk.signed_inside import EnvelopeContent, OwnSignature, inside_of
from rmp_milter.keeper.desk.smime_outside import failed, no_smime, not_ours
from rmp_milter.keeper.keys.service_certificates import ServiceCertificate, opening
from rmp_milter.keeper.openpgp.packets import ReadAt
from rmp_milter.keeper.openpgp.sessionkey import SessionKey
from rmp_milter.keeper.openpgp.signatures import CLOCK_SKEW
from rmp_milter.x509 import X509, KeyUse, PathVerdict, Purpose, X509Error, read_x509
from rmp_milter.x509.paths import Judged, World, judge

_ALGORITHMS = {16: 7, 24: 8, 32: 9}  # octets of an AES key → its number in OpenPGP
_TRUST = {
    PathVerdict.GOOD: Trust.GOOD,
    PathVerdict.EXPIRED: Trust.EXPIRED,
    PathVerdict.NOT_YET: Trust.EXPIRED,
    PathVerdict.REVOKED: Trust.REVOKED,
    PathVerdict.WRONG_PURPOSE: Trust.PURPOSE,
    PathVerdict.WEAK: Trust.WEAK,
    PathVerdict.UNKNOWN_ISSUER: Trust.ISSUER,
    PathVerdict.BROKEN: Trust.ISSUER,
}


class EnvelopeMeans(NamedTuple):
    """What envelopes are opened with: the service's certificates, those that are old too.

    ``of_ours`` gives a signature by the first of them, which is verified where a mail has none
    that could be; ``plaintext`` is how many octets may come out.
    """

    certificates: tuple[ServiceCertificate, ...]
    of_ours: Callable[[], bytes]
    random: Random
    plaintext: int

    @property
    def own_signature(self) -> OwnSignature:
        """The signature of our own, with its certificate."""
        return OwnSignature(self.of_ours(), self.certificates[0].certificate)


class OpenedEnvelope(NamedTuple):
    """An envelope, opened: where what is stored of it lies, its key, what it holds."""

    container: Container
    span: Span
    key: SessionKey
    inside: EnvelopeContent

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """The certificates that came with the signature, the signer's first."""
        signed = self.inside.signed
        return (self.inside.certificate, *signed.others) if signed else ()


def means_of(desk: Desk) -> EnvelopeMeans:
    """Return what the keeper opens envelopes with."""
    return EnvelopeMeans(
        desk.keys.smime, lambda: desk.keys.of_ours, desk.random, desk.limits.plaintext
    )


def open_envelope(
    means: EnvelopeMeans, read: ReadAt, span: Span, known: Iterable[bytes], now: int
) -> OpenedEnvelope:
    """Open an envelope for the service and verify the signature inside.

    ``known`` are certificates (DER) by one of which it may be signed where it brings none. Raises
    :class:`CallFailed`: ``NO_SMIME`` where the service has no certificate, ``OLD_CERTIFICATE``,
    ``OLD_CIPHER``, ``UNSUPPORTED``, ``TOO_LARGE``, ``TOO_MANY_RECIPIENTS``, which anybody can
    tell without a key; ``SMIME_UNREADABLE`` for all the rest.
    """
    ours = opening(means.certificates, now)
    if not means.certificates:
        raise no_smime()
    try:
        envelope = read_envelope(read, span.offset, span.length)
        keys = list(content_keys(envelope, [each.key for each in ours], means.random))
    except CmsError as error:
        raise failed(error) from None
    if not keys:
        raise not_ours(means.certificates, envelope)
    found = next(_opened(means, read, envelope, keys, list(known)), None)
    if found is None:
        raise CallFailed(Why.SMIME_UNREADABLE, "the key, the content or its signature is wrong")
    return found


def _opened(
    means: EnvelopeMeans,
    read: ReadAt,
    envelope: CmsEnvelope,
    keys: Iterable[bytes],
    known: list[bytes],
) -> Iterator[OpenedEnvelope]:
    """Yield what the keys open; each that opens nothing costs what one does that does."""
    (offset, length), kind, most = envelope.body, envelope.kind, means.plaintext
    for key in keys:
        try:
            clear, is_sound = deciphered(read, offset, length, kind, key, most)
        except CmsError as error:
            raise failed(error) from None
        inside = inside_of(clear, known, means.own_signature)
        proves = kind is CmsKind.AUTHENTICATED or (inside and inside.signed)
        if inside is None or not (is_sound and proves):
            continue
        session = SessionKey(_ALGORITHMS[len(key)], key)
        yield OpenedEnvelope(CONTAINERS[kind], Span(offset, length), session, inside)


def worth(
    inside: EnvelopeContent, persons: Iterable[Registrant], world: World, now: int
) -> Signature:
    """Return what the signature is worth; ``persons`` are those who may have made it.

    By a certificate that is nobody's it is ``UNKNOWN``, and names the certificate's digest. So it
    is by a CPS card that names another RPPS than its owner's entry: there by a mistake, or put
    there, it was made for somebody else to sign with, and no emergency may rest on it either.
    ``card`` is said of one that holds now as the card of each whose certificate it is.
    """
    signed = inside.signed
    if signed is None:
        return Signature(Trust.NONE)
    digest, created = (
        hashlib.sha256(inside.certificate).hexdigest(),
        max(signed.signing_time, 0),
    )
    owners = [each for each in persons if _is_of(each, inside.certificate)]
    if not owners:
        return Signature(Trust.UNKNOWN, "", (digest,), created)
    judged = judged_signer(inside.certificate, signed.others, world, now)
    trust = _TRUST[judged.verdict]
    if trust is Trust.GOOD and created > now + CLOCK_SKEW:
        trust = Trust.FUTURE
    card = trust is Trust.GOOD and _is_card_of(judged, owners)
    return Signature(trust, digest, (digest,), created, stale=judged.stale, card=card)


def _is_card_of(judged: Judged, owners: Iterable[Registrant]) -> bool:
    """Whether it is a CPS card's, by a path to IGC-Santé's anchor, with the owners' RPPS number."""
    rpps = judged.holder.rpps if judged.holder else ""
    return bool(rpps) and all(each.card.rpps == rpps for each in owners)


def _is_of(person: Registrant, certificate: bytes) -> bool:
    """Whether a certificate is among somebody's, and names no RPPS but his."""
    if certificate not in person.certificates:
        return False
    named = [each.rpps for each in _readable([certificate])]
    return all(rpps in {"", person.card.rpps} for rpps in named)


def judged_signer(
    certificate: bytes, others: Iterable[bytes], world: World, now: int
) -> Judged:
    """Return whether a certificate may sign at ``now``, as a card's or as a public one.

    As a card's first: a host may trust one authority for both.
    """
    try:
        own = read_x509(certificate)
    except X509Error as error:
        return Judged(PathVerdict.BROKEN, why=str(error))
    strangers = tuple(_readable(others))
    told = Judged(PathVerdict.UNKNOWN_ISSUER, why="nobody whom the host trusts has issued it")
    for purpose in (Purpose.IGC_SANTE, Purpose.PUBLIC) if own.holder else (Purpose.PUBLIC,):
        judged = judge(own, world, now, purpose, KeyUse.SIGN, strangers=strangers)
        if judged.verdict is PathVerdict.GOOD:
            return judged
        if told.verdict is PathVerdict.UNKNOWN_ISSUER:
            told = judged
    return told


def _readable(certificates: Iterable[bytes]) -> Iterator[X509]:
    for each in certificates:
        try:
            yield read_x509(each)
        except X509Error:
            continue
